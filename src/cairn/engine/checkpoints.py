"""Check the ledger against signed checkpoints: the store's own, the pinned, one given.

The newest checkpoint is pinned outside of the store with every change. A pin that the ledger
does not lead to is evidence, and stays.
"""

from collections.abc import Callable
from pathlib import Path

from cairn import rights
from cairn.core import ledger as rules
from cairn.core.continuation import epoch_of
from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Problem
from cairn.engine import ledger, store
from cairn.engine.context import Context
from cairn.engine.continuation import epochs_of
from cairn.engine.store import StoreFile
from cairn.signing import note
from cairn.sql.database import Transaction

PINNED = "pinned checkpoint"
Nodes = Callable[[int, int], bytes]


class _Epochs:
    """The keys of a ledger, read when a checkpoint is not by the one that it has now."""

    def __init__(self, tx: Transaction, about: StoreFile) -> None:
        self._tx = tx
        self._about = about

    def verify(self, signed: str) -> str:
        """Return the text of a checkpoint; `Corrupt` unless its epoch's key signed it."""
        origin, size, _ = _head(signed)
        try:
            text, log = note.verify(signed, self._about.log), self._about.log
        except Corrupt:
            found = epoch_of(epochs_of(self._tx, self._about), size)
            if found.log == self._about.log:
                raise
            text, log = note.verify(signed, found.log), found.log
        if origin != log.partition("+")[0]:
            raise Corrupt(f"it is of another ledger: {origin}")
        return text


def pin(tx: Transaction, about: StoreFile) -> None:
    """Pin the newest checkpoint; raises `Corrupt` if the pinned one is not on its way."""
    path = store.pin_path(about.id)
    if path.exists():
        try:
            _examine(
                _Epochs(tx, about), _read(path), ledger.nodes(tx), entries=ledger.size(tx)
            )
        except CairnError as error:
            raise Corrupt(f"{path} stays as it is: {error}; run `cairn verify`") from error
    rights.own_folder(path.parent)
    store.replace(path, ledger.newest(tx).note.encode())


def check(context: Context, entries: list[bytes], *, against: str) -> list[Problem]:
    """Return a problem for each checkpoint that the entries do not lead to."""
    tree = rules.tree_of(rules.leaf_hash(content) for content in entries)
    log = _Epochs(context.tx, context.about)

    def node(level: int, index: int) -> bytes:
        return tree[level, index]

    def examine(place: str, signed: str, *, covers: int | None = None) -> list[Problem]:
        try:
            _examine(log, signed, node, entries=len(entries), covers=covers)
        except CairnError as error:
            return [Problem(place=place, reason=str(error))]
        return []

    problems: list[Problem] = []
    rows = context.tx.all("ledger_checkpoints")
    for size, signed in rows:
        problems += examine(f"checkpoint {size}", signed, covers=size)
    if entries and (not rows or rows[-1].size != len(entries)):
        problems.append(Problem(place="checkpoint", reason="the last entry is not signed"))
    if pinned := context.beside.pinned():
        place, signed = pinned
        problems += examine(f"{PINNED} {place}", signed)
    if against:
        problems += examine("the checkpoint given", against)
    return problems


def _read(path: Path) -> str:
    """Read a note; what is not text will not be signed either."""
    return path.read_text("utf-8", "replace")


def _examine(
    log: _Epochs, signed: str, nodes: Nodes, *, entries: int, covers: int | None = None
) -> None:
    """Raise `Corrupt` unless the checkpoint is signed and the entries give its root."""
    _, size, root = rules.read_checkpoint_text(log.verify(signed))
    if size > entries:
        raise Corrupt(
            f"it covers {size} entries but the ledger has {entries}: entries were cut off, "
            "or this is an older copy of the store"
        )
    if covers is not None and size != covers:
        raise Corrupt(f"it covers {size} entries, its row says {covers}")
    if rules.root_hash(size, nodes) != root:
        raise Corrupt(
            f"the first {size} entries are not those that were signed: they were changed, or "
            "another copy of this store was written to as well"
        )


def _head(signed: str) -> tuple[str, int, bytes]:
    return rules.read_checkpoint_text(signed.rpartition("\n\n")[0] + "\n")
