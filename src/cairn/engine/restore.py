"""Bring a store back from a backup, or let a copy go on by itself: always as a new origin.

The store that it is a copy of may have gone on, or may come back: two stores that both call
themselves by one name would contradict each other. So this one takes a new id and a new key,
and its next entry names the head that it was copied at.
"""

import shutil
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from cairn import rights
from cairn.core.continuation import Continued
from cairn.core.errors import Conflict, Invalid, Unavailable
from cairn.core.ledger import Actor
from cairn.core.name import Team
from cairn.core.words import counted
from cairn.engine import continuation, known, ledger, object_key, rebuild, store
from cairn.engine.backup import DATABASE, KEYS, found_store
from cairn.engine.store import NEXT, StoreFile
from cairn.engine.successor import Successor, carry_on, finish
from cairn.objects.address import open_backend
from cairn.objects.backends.owners import claim
from cairn.objects.transfer import Progress, plan, ship
from cairn.signing import box, note
from cairn.sql.database import Database


class Wanted(NamedTuple):
    """How a store is to go on: by whose word and why, its passphrase, where bytes lie."""

    actor: Actor
    team: Team
    reason: str
    passphrase: str = ""
    objects: str = ""
    on_progress: Progress | None = None


def bring_back(source: Path, target: Path, wanted: Wanted) -> Continued:
    """Make a store at `target` of the backup or copy at `source`: all of it, or nothing.

    Every byte is verified on its way. An empty store that is there is put aside. Raises
    `Conflict` if one is there that has entries.
    """
    source = found_store(source)
    if (source / NEXT).exists():
        raise Conflict(
            f"{source} is half-way to going on under another key: finish that there"
        )
    _require_free(target)
    about, keys = store.read_about(source), _unsealed(source, wanted.passphrase)
    half = target.with_name(f"{target.name}.restoring")
    try:
        shutil.rmtree(half, ignore_errors=True)
        rights.own_folder(half)
        for part in ("ledger", "objects", "runs"):
            rights.make_folder(half / part)
        records = [source / name for name in ("store.json", DATABASE, f"{DATABASE}-wal")]
        for path in (*(source / "ledger").iterdir(), *filter(Path.exists, records)):
            _copy(path, half / path.relative_to(source))
    except OSError as error:
        raise Unavailable(f"{half} cannot be written: {error.strerror}") from error
    after, key = _new_origin(about, keys)
    _copy_objects(source, half, about, after, wanted)
    done = _go_on(half, about, after, _successor(about, keys, key, wanted))
    _take_place(half, target)
    known.remember(target, after)
    return done


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, rights.new_file(target) as written:
        shutil.copyfileobj(read, written)


def go_on(folder: Path, wanted: Wanted) -> Continued:
    """Let the store in a folder go on as a new origin; ends what was interrupted."""
    if (folder / NEXT).exists() and (done := _finished(folder)):
        return done
    about = store.read_store_file(folder, "store.json")
    after, key = _new_origin(about, {})
    if wanted.objects:
        claim(open_backend(wanted.objects), after.id)
    done = _go_on(folder, about, after, _successor(about, {}, key, wanted))
    known.remember(folder, after)
    return done


def rekey(folder: Path, wanted: Wanted) -> Continued:
    """Let the store in a folder go on under a new key, as the store that it is."""
    _require_own_key()
    if (folder / NEXT).exists() and (done := _finished(folder)):
        return done
    about = store.read_store_file(folder, "store.json")
    successor = _successor(about, {}, note.generate(about.origin), wanted)
    place = store.key_path(about.id)
    if place.exists():
        place.rename(place.with_name(f"{place.name}.{uuid4().hex[:8]}.old"))
    rights.write_secret(place, successor.key.text)
    after = StoreFile(
        cairn=about.cairn,
        id=about.id,
        log=successor.key.verifier,
        objects_key=about.objects_key,
        records=about.records,
    )
    done = _go_on(folder, about, after, successor)
    known.remember(folder, after)
    return done


def _require_own_key() -> None:
    from cairn import config

    if config.ledger_key_override():
        raise Invalid(
            "CAIRN_LEDGER_KEY is set, and a new key would not be used: unset it, and set it "
            "to the new key afterwards"
        )


def _require_free(target: Path) -> None:
    if not (target / "store.json").exists():
        if target.exists() and any(target.iterdir()):
            raise Conflict(f"{target} holds something else: move it away first")
        return
    database = store.open_database(target, store.read_about(target))
    try:
        with database.reading() as tx:
            entries = ledger.size(tx)
    finally:
        database.close()
    if entries:
        raise Conflict(
            f"{target} is a store with {counted(entries, 'entry', 'entries')}: restore into "
            "another project, then push from one and pull into the other"
        )


def _unsealed(source: Path, passphrase: str) -> dict[str, str]:
    path = source / KEYS
    if not passphrase or not path.exists():
        return {}
    return box.unseal(path.read_bytes(), passphrase, name=str(path))


def _new_origin(about: StoreFile, keys: dict[str, str]) -> tuple[StoreFile, note.SigningKey]:
    """Make id and key of a new origin, and keep its keys where they belong."""
    _require_own_key()
    identity = uuid4().hex
    key = note.generate(store.origin(identity))
    if about.objects_key and not object_key.is_given():
        text = keys.get("objects") or object_key.text(about.id, about.objects_key)
        rights.write_secret(object_key.key_path(identity), text)
    rights.write_secret(store.key_path(identity), key.text)
    after = StoreFile(
        cairn=about.cairn, id=identity, log=key.verifier, objects_key=about.objects_key
    )
    return after, key


def _successor(
    about: StoreFile, keys: dict[str, str], key: note.SigningKey, wanted: Wanted
) -> Successor:
    return Successor(key, _old_key(about, keys), wanted.actor, wanted.team, wanted.reason)


def _old_key(about: StoreFile, keys: dict[str, str]) -> note.SigningKey | None:
    """Return the key that the ledger was signed with, if anybody has it."""
    place = store.key_path(about.id)
    text = keys.get("ledger") or (place.read_text("utf-8") if place.exists() else "")
    if not text:
        return None
    found = note.read_key(text)
    return found if found.verifier == about.log else None


def _copy_objects(
    source: Path, half: Path, about: StoreFile, after: StoreFile, wanted: Wanted
) -> None:
    """Copy every object, verified on its way, to where the new store keeps its bytes."""
    if wanted.objects:
        claim(open_backend(wanted.objects), after.id)
    there = store.open_bytes(source, replace(about, id=after.id), "")
    here = store.open_bytes(half, after, wanted.objects)
    shipment = plan(there, here, list(there.digests()))
    ship(shipment, check_first=True, on_progress=wanted.on_progress)


def _go_on(
    folder: Path, about: StoreFile, after: StoreFile, successor: Successor
) -> Continued:
    if not (folder / DATABASE).exists():
        rebuild.rebuild(folder)
    return carry_on(folder, about, after, successor)


def _finished(folder: Path) -> Continued | None:
    """End what was interrupted, if its entry is there; else there is nothing to end."""
    after = store.read_store_file(folder, NEXT)
    database = Database(folder / DATABASE)
    try:
        with database.reading() as tx:
            done = continuation.last(tx)
    finally:
        database.close()
    if done is None or done.log != after.log:
        (folder / NEXT).unlink()
        return None
    finish(folder)
    known.remember(folder, after)
    return done


def _take_place(half: Path, target: Path) -> None:
    """Give a store its name; an empty one that had it is put aside."""
    aside = target.with_name(f"{target.name}.before-restore")
    try:
        if (target / "store.json").exists():
            target.rename(aside)
        elif target.exists():
            target.rmdir()
        half.rename(target)
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}") from error
    store.sync_folder(target.parent)
