"""Check the ledger against signed checkpoints: the store's own, the pinned, one given."""

from cairn.core import ledger as rules
from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Problem
from cairn.engine import store
from cairn.engine.context import Context
from cairn.signing import note


def check(context: Context, entries: list[bytes], *, against: str) -> list[Problem]:
    """Return a problem for each checkpoint that the entries do not lead to."""
    nodes = rules.tree_of(rules.leaf_hash(content) for content in entries)

    def examine(place: str, signed: str, *, covers: int | None = None) -> list[Problem]:
        try:
            _examine(context, signed, nodes, entries=len(entries), covers=covers)
        except CairnError as error:
            return [Problem(place=place, reason=str(error))]
        return []

    problems: list[Problem] = []
    rows = context.tx.all("ledger_checkpoints")
    for size, signed in rows:
        problems += examine(f"checkpoint {size}", signed, covers=size)
    if entries and (not rows or rows[-1][0] != len(entries)):
        problems.append(Problem(place="checkpoint", reason="the last entry is not signed"))
    pin = store.pin_path(context.about.id)
    if pin.is_file():
        problems += examine(f"pinned checkpoint {pin}", pin.read_text("utf-8"))
    if against:
        problems += examine("the checkpoint given", against)
    return problems


def _examine(
    context: Context,
    signed: str,
    nodes: dict[tuple[int, int], bytes],
    *,
    entries: int,
    covers: int | None,
) -> None:
    """Raise `Corrupt` unless the checkpoint is signed and the entries give its root."""
    about = context.about
    text = note.verify(signed, about.log)
    origin, size, root = rules.read_checkpoint_text(text)
    if origin != about.origin:
        raise Corrupt(f"it is of another ledger: {origin}")
    if size > entries:
        raise Corrupt(
            f"it covers {size} entries but the ledger has {entries}: entries were cut off, "
            "or this is an older copy of the store"
        )
    if covers is not None and size != covers:
        raise Corrupt(f"it covers {size} entries, its row says {covers}")
    if rules.root_hash(size, lambda level, index: nodes[level, index]) != root:
        raise Corrupt(f"the first {size} entries are not those that were signed")
