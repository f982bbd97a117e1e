"""A store: one folder with the database, the objects and the exported ledger.

store.json      format, id, and the public key that checkpoints are signed with
cairn.db        the ledger and its views
objects/        every byte, by digest, unless they lie in a bucket
ledger/         the ledger again, as text, to rebuild the database from
runs/           locks of running runs
stat/           what snapshots saw, so that the next one reads only what changed
writer.lock     whose turn it is to write
export.lock     who copies new entries of the ledger to text
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Meta

from cairn import config, rights
from cairn.core.digest import canonical
from cairn.core.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from cairn.core.request import Record
from cairn.engine import object_key
from cairn.objects import ObjectStore, open_local
from cairn.objects.address import open_backend, open_objects
from cairn.objects.backends.owners import claim
from cairn.signing import note
from cairn.sql.database import Database

FORMAT = "store/1"
NEXT = "store.next.json"
"""There while a store becomes another one: a new origin, or one under a new key."""
KEY_NAME = r"^[0-9a-f]{32}$(?!\n)"


class StoreFile(Record, frozen=True):
    """The content of `store.json`; `objects_key` names the key of encrypted objects.

    `records` says where the records are, if not in `cairn.db`.
    """

    cairn: str
    id: Annotated[str, Meta(pattern=KEY_NAME)]
    log: str
    objects_key: Annotated[str, Meta(pattern=KEY_NAME)] = ""
    records: Literal["", "postgresql"] = ""

    @property
    def origin(self) -> str:
        """The name of the ledger in its checkpoints."""
        return note.read_verifier(self.log)[0]


class Store:
    """An open store; its bytes lie in it, or at the address `objects`.

    Its records lie in it as well, or in PostgreSQL at the address `database`.
    """

    def __init__(self, folder: Path, *, objects: str = "", database: str = "") -> None:
        self.folder = folder
        self.about = read_about(folder)
        self.objects: ObjectStore = open_bytes(folder, self.about, objects)
        if not self.about.objects_key:  # or names would stand there that are encrypted here
            self.objects.stats = folder / "stat"
        self.database = open_database(folder, self.about, database)

    def key(self) -> note.SigningKey:
        """Return the key that signs checkpoints; raises `NotFound` if it is not here."""
        return ledger_key(self.about)


def create(
    folder: Path,
    *,
    objects: str = "",
    database: str = "",
    encrypt: bool = False,
    group: int | None = None,
) -> Store:
    """Make a new store and its keys, the keys outside of the store; all or nothing.

    Its bytes will lie at the address `objects`, or in it. With `encrypt` they will be
    encrypted, by the key that the environment has or by a new one. The store is the user's
    alone, or a group's; `group` is its number.
    """
    if any((folder / name).exists() for name in ("store.json", "cairn.db")):
        raise Conflict(f"{folder} is a store already, or what is left of one")
    identity = uuid4().hex
    key = note.generate(origin(identity))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rights.close_folder(folder, group)
        for part in ("objects", "ledger", "runs"):
            rights.make_folder(folder / part)
        if objects:
            claim(open_backend(objects), identity)
        rights.write_secret(key_path(identity), key.text)
        name = object_key.choose(identity) if encrypt else ""
        about = StoreFile(
            cairn=FORMAT,
            id=identity,
            log=key.verifier,
            objects_key=name,
            records="postgresql" if database else "",
        )
        replace(folder / "store.json", canonical(about) + b"\n")
    except OSError as error:
        raise Unavailable(f"no store can be made at {folder}: {error.strerror}") from error
    return Store(folder, objects=objects, database=database)


def open_bytes(folder: Path, about: StoreFile, objects: str) -> ObjectStore:
    """Open what holds a store's bytes: its own folder, or the place at an address."""
    hidden = object_key.cipher(about.id, about.objects_key)
    if not objects:
        return open_local(folder / "objects", cipher=hidden)
    return open_objects(objects, caches=config.cache_folder(), cipher=hidden)


def open_database(folder: Path, about: StoreFile, address: str = "") -> Database:
    """Open the database; a missing one beside an exported ledger is not made anew."""
    if address and not about.records:
        raise Invalid(
            f"the records of {folder} are in its own database, not in PostgreSQL: move "
            'it away, or say `store = ".cairn"` in cairn.toml'
        )
    if address:
        return Database(address)
    require_own_records(folder, about)
    path = folder / "cairn.db"
    if not path.exists() and any((folder / "ledger").glob("*.jsonl")):
        raise Corrupt(
            f"{path} is missing but the ledger is there; run `cairn rebuild` to make it again"
        )
    return Database(path)


def require_own_records(folder: Path, about: StoreFile) -> None:
    """Raise `Invalid` for a store whose records are in PostgreSQL."""
    if about.records:
        raise Invalid(
            f"the records of {folder} are in PostgreSQL: say where in cairn.toml by "
            '`store = "postgresql://..."`; if they are gone, `pg_restore` brings them back'
        )


def read_about(folder: Path) -> StoreFile:
    """Read `store.json`; raises `NotFound`, `Corrupt`, and `Invalid` for a newer format.

    Raises `Conflict` while the store is becoming another one.
    """
    _check_plain(folder)
    if (folder / NEXT).exists():
        raise Conflict(
            f"{folder} is half-way to going on under another key; "
            "`cairn restore-store --reason WHY` finishes that"
        )
    return read_store_file(folder, "store.json")


def read_store_file(folder: Path, name: str) -> StoreFile:
    """Read what a store is, or will be, from one of its files; raises as `read_about`."""
    path = folder / name
    try:
        content = path.read_bytes()
        values: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
    except FileNotFoundError as error:
        if (folder / "cairn.db").exists():
            raise Corrupt(f"{path} is missing; bring it back from a backup") from error
        raise NotFound(f"there is no store at {folder}; `cairn init` makes one") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"{path} is damaged: {error}") from error
    if values.get("cairn") != FORMAT:
        raise Invalid(
            f"{folder} has the format {values.get('cairn')!r}, this Cairn reads {FORMAT!r}; "
            "upgrade Cairn to open it"
        )
    try:
        about = msgspec.convert(values, StoreFile)
        whole = about.origin == origin(about.id) and canonical(about) + b"\n" == content
    except (msgspec.ValidationError, Invalid) as error:
        raise Corrupt(f"{path} is damaged: {error}") from error
    if not whole:
        raise Corrupt(f"{path} is damaged: its id and its key do not belong together")
    return about


def _check_plain(folder: Path) -> None:
    """Raise `Corrupt` for a link or a pipe where a store has files and folders of its own."""
    for place in (folder, folder / "objects"):
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as listing:
            for entry in listing:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.is_file(follow_symlinks=False):
                    raise Corrupt(
                        f"{entry.path} is a link or a pipe, and nothing of Cairn's is one: it "
                        "would lead out of the store. Put the real file or folder there"
                    )


def origin(identity: str) -> str:
    """Name the ledger of a store: it is in every checkpoint."""
    return f"cairn.local/{identity}"


def ledger_key(about: StoreFile) -> note.SigningKey:
    """Return the key that signs a store's checkpoints; raises `NotFound` if it is not here."""
    override = config.ledger_key_override()
    if override and "+" in override:
        place, text = "CAIRN_LEDGER_KEY", override
    else:
        path = Path(override) if override else key_path(about.id)
        place, text = str(path), _read_key(path)
    try:
        key = note.read_key(text)
    except Invalid as error:
        raise Invalid(f"{place}: {error}; bring the key back from a copy") from error
    if key.verifier != about.log:
        raise Conflict(
            f"the key at {place} is not the one that signs this store's ledger; bring "
            f"that one back, for {about.origin}"
        )
    return key


def key_path(identity: str) -> Path:
    """Return where the key of a store lies: never inside the store."""
    return config.user_folder() / "keys" / f"{identity}.key"


def pin_path(identity: str) -> Path:
    """Return where the last checkpoint seen of a store is kept: outside of the store."""
    return config.user_folder() / "pins" / f"{identity}.checkpoint"


def _read_key(path: Path) -> str:
    """Read the file of a key; what is not text is not a key either."""
    try:
        return path.read_text("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(
            f"the key that signs this store's ledger is not at {path}; copy it there, or "
            "set CAIRN_LEDGER_KEY to it (reading works without); if it is lost, "
            "`cairn ledger rekey --reason WHY` goes on under a new one"
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the key that signs this store's ledger cannot be read at {path}: "
            f"{error.strerror} (reading the store works without)"
        ) from error


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, durably."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        with rights.new_file(temporary) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new and renamed names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
