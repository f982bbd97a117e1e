"""Make the database again from the exported ledger and the objects."""

from dataclasses import dataclass
from pathlib import Path

from cairn.core import ledger as rules
from cairn.core.digest import from_canonical
from cairn.core.errors import Conflict, Corrupt, NotFound
from cairn.core.ledger import Actor, Entry
from cairn.engine import ledger, replay, segments, store
from cairn.engine.beside import Beside
from cairn.engine.context import Context
from cairn.objects import ObjectStore
from cairn.signing import note
from cairn.sql.database import Database


@dataclass(frozen=True)
class Rebuilt:
    """How far a rebuild got.

    `unsigned` exported entries after the last signed one were left out: their change was cut
    short by a crash and never answered.
    """

    entries: int
    last: str
    unsigned: int
    kept: Path | None


def rebuild(folder: Path, *, objects: str = "") -> Rebuilt:
    """Replay the segments into a new database and put it in place of the old one.

    `objects` is the address of the bytes if they do not lie in the folder.

    An old database is kept beside it. Raises `Corrupt` if the segments are not what the
    checkpoint beside them signs, and `NotFound` if there are none.
    """
    about = store.read_about(folder)
    store.require_own_records(folder, about)
    entries = [content for _, _, content in segments.entries(folder / "ledger")]
    signed = segments.checkpoint(folder / "ledger")
    if not entries or signed is None:
        raise NotFound(f"{folder / 'ledger'} holds no exported ledger to rebuild from")
    size = _signed_size(entries, signed, about)
    fresh = folder / "cairn.db.rebuilding"
    for leftover in folder.glob("cairn.db.rebuilding*"):
        leftover.unlink()
    decoded = [from_canonical(content, Entry) for content in entries[:size]]
    _replay_into(fresh, store.open_bytes(folder, about, objects), decoded, signed)
    return Rebuilt(size, decoded[-1].time, len(entries) - size, _swap(folder, fresh))


def _signed_size(entries: list[bytes], signed: str, about: store.StoreFile) -> int:
    """Return how many of the entries the checkpoint signs; raises `Corrupt` if others."""
    origin, size, root = rules.read_checkpoint_text(note.verify(signed, about.log))
    if origin != about.origin:
        raise Corrupt(f"the exported checkpoint is of another ledger: {origin}")
    if not 0 < size <= len(entries):
        raise Corrupt(
            f"the exported ledger has {len(entries)} entries, its checkpoint signs {size}; "
            "restore the folder `ledger` from a backup"
        )
    nodes = rules.tree_of(rules.leaf_hash(content) for content in entries[:size])
    if rules.root_hash(size, lambda level, index: nodes[level, index]) != root:
        raise Corrupt("the exported ledger is not what its checkpoint signs; it was changed")
    return size


def _replay_into(fresh: Path, objects: ObjectStore, entries: list[Entry], signed: str) -> None:
    folder = fresh.parent
    about = store.read_about(folder)
    database = Database(fresh)
    try:
        with database.writing() as tx:
            context = Context(
                tx=tx,
                beside=Beside(folder, about),
                about=about,
                objects=objects,
                actor=Actor(id="rebuild", assurance="os-user"),
                team="default",
                now=entries[-1].time,
            )
            replay.apply(context, entries)
            tx.run("ledger_add_checkpoint", size=ledger.size(tx), note=signed)
    finally:
        database.close()


def _swap(folder: Path, fresh: Path) -> Path | None:
    """Move the new database into place; keep the old one under another name."""
    current, kept = folder / "cairn.db", None
    if current.exists():
        kept = folder / "cairn.db.before-rebuild"
        if kept.exists():
            raise Conflict(f"{kept} is there from an earlier rebuild; move it away first")
        current.rename(kept)
    for suffix in ("-wal", "-shm"):
        current.with_name(current.name + suffix).unlink(missing_ok=True)
    fresh.rename(current)
    store.sync_folder(folder)
    return kept
