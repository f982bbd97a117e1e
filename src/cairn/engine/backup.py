"""Copy a store to a folder, so that it can be brought back from there alone.

1. The database first, beside; then the objects that it needs; then all is given its name. So a
   backup that is interrupted leaves the one before it as it was.
2. Made again into the same folder it copies what is new; each blob is verified on its way.
3. Private keys go along sealed under a passphrase, or not at all.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from cairn import rights
from cairn.core.digest import Digest, canonical
from cairn.core.errors import Conflict, Invalid, NotFound, Unavailable
from cairn.core.ledger import Checkpoint
from cairn.core.request import Record
from cairn.engine import ledger, object_key, segments, store
from cairn.objects import open_local
from cairn.objects.transfer import Progress, plan, ship
from cairn.signing import box
from cairn.sql.database import Database

KEYS, HEAD = "keys.json", "backup.json"
NEW, DATABASE = "new", "cairn.db"
FORMAT = "backup/1"


class BackupFile(Record, frozen=True):
    """The content of `backup.json`, written last: which state of which store lies here."""

    cairn: str
    id: str
    checkpoint: Checkpoint


class BackedUp(Record, frozen=True):
    """What lies in a backup now, and what of it was new."""

    folder: str
    entries: int
    objects: int
    new_objects: int
    new_bytes: int
    keys: tuple[str, ...]


def back_up(
    opened: store.Store,
    folder: Path,
    *,
    needed: Callable[[], Iterable[Digest]],
    passphrase: str,
    on_progress: Progress | None = None,
) -> BackedUp:
    """Copy a store to a folder; `needed` lists its objects, no passphrase leaves keys out.

    Raises `Conflict` if something else lies there, `Corrupt` if anything needed is damaged.
    """
    if opened.about.records:
        raise Invalid(
            "the records of this store are in PostgreSQL: use `pg_dump` for them, and copy "
            f"{opened.folder} and its key beside"
        )
    _require_place(opened, folder)
    keys = _keys(opened) if passphrase else {}
    opened.objects.hold()
    fresh = _copied_database(opened, folder)
    hidden = object_key.cipher(opened.about.id, opened.about.objects_key)
    wanted = opened.objects.have(needed())
    shipment = plan(opened.objects, open_local(folder / "objects", cipher=hidden), wanted)
    ship(shipment, check_first=True, on_progress=on_progress)
    store.replace(folder / "store.json", canonical(opened.about) + b"\n")
    if keys:
        store.replace(folder / KEYS, box.seal(keys, passphrase))
    head = _named(folder, fresh, opened.about)
    return BackedUp(
        folder=str(folder),
        entries=head.size,
        objects=len(wanted),
        new_objects=shipment.objects,
        new_bytes=shipment.size_bytes,
        keys=tuple(sorted(keys)),
    )


def found_store(folder: Path) -> Path:
    """Return the store in a folder: a backup, a store, or a project with one."""
    for place in (folder, folder / ".cairn"):
        if (place / "store.json").exists():
            return place
    raise NotFound(f"there is no backup and no store in {folder}")


def _require_place(opened: store.Store, folder: Path) -> None:
    if folder.resolve().is_relative_to(opened.folder.resolve()):
        raise Invalid(f"{folder} is in the store itself: name a folder on another disk")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / HEAD).exists() and not (folder / NEW).exists():
        raise Conflict(f"{folder} holds something else: name a new or empty folder")
    there = folder / "store.json"
    if there.exists() and store.read_about(folder).id != opened.about.id:
        raise Conflict(f"{folder} is a backup of another store: name a folder of its own")


def _copied_database(opened: store.Store, folder: Path) -> Path:
    """Copy the database to a folder of its own, where its locks and logs trouble nobody."""
    fresh = folder / NEW
    try:
        rights.own_folder(folder)
        for part in (fresh, folder / "objects"):
            rights.make_folder(part)
        (fresh / DATABASE).unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}") from error
    opened.database.copy_to(fresh / DATABASE)
    return fresh


def _keys(opened: store.Store) -> dict[str, str]:
    """Read the private keys of a store: of its ledger, and of its objects if it has one."""
    keys = {"ledger": opened.key().text}
    if opened.about.objects_key:
        keys["objects"] = object_key.text(opened.about.id, opened.about.objects_key)
    return keys


def _named(folder: Path, fresh: Path, about: store.StoreFile) -> Checkpoint:
    """Let the copied database be the backup's, with its ledger as text beside it."""
    (fresh / DATABASE).replace(folder / DATABASE)
    database = Database(folder / DATABASE)
    try:
        with database.writing() as tx:
            head = ledger.newest(tx)
            segments.export(tx, folder / "ledger")
    finally:
        database.close()
    written = BackupFile(cairn=FORMAT, id=about.id, checkpoint=head)
    store.replace(folder / HEAD, canonical(written) + b"\n")
    for name in ("writer.lock", f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(fresh)
    return head
