"""Read where labels are and were, straight from ledger entries."""

from collections.abc import Iterator
from typing import Literal

from cairn.core import name
from cairn.core.digest import Digest
from cairn.core.label import ARCHIVED, WORKBENCH, Move
from cairn.core.ledger import Entry, Time
from cairn.core.name import REHEARSAL
from cairn.engine import ledger
from cairn.engine.context import Context

MOVED, OVERRIDDEN, ROLLED_BACK = "label.move", "label.override", "label.rollback"
STRIDE = 32
_KINDS: dict[str, Literal["promote", "override", "rollback"]] = {
    MOVED: "promote",
    OVERRIDDEN: "override",
    ROLLED_BACK: "rollback",
}
NEVER = 2**62


def require_label(context: Context, model: str, label: str, *, new: bool = False) -> None:
    """Raise unless a model may have this label: it has it, or somebody means a `new` one."""
    moved = context.tx.all("label_names", model=model)
    judged = context.tx.all("policy_labels", model=model)
    known = (row[0] for row in (*moved, *judged))
    name.require_label(label, (*context.gated, *known), new=new)


def current(context: Context, model: str, label: str) -> Move | None:
    """Read the move that put a label where it is."""
    row = context.tx.one("label_now", model=model, label=label)
    step = read(context, row[0], model=model, label=label) if row else None
    return None if step is None or left(context, step) else step


def at(context: Context, model: str, label: str, time: Time) -> Move | None:
    """Read the move that put a label where it was at an instant."""
    past = backwards(context, model, label)
    step = next((step for step in past if step.time <= time), None)
    return None if step is None or left(context, step, before=time) else step


def left(context: Context, step: Move, *, before: Time | None = None) -> bool:
    """Tell whether a label holds nothing since: its version came back, or was deleted."""
    if _deleted(context, step, before=before):
        return True
    if step.label != ARCHIVED:
        return False
    row = context.tx.one(
        "label_next_of", model=step.model, label=WORKBENCH, version=step.number, after=step.seq
    )
    return row is not None and (
        before is None or ledger.read(context.tx, row[0]).time <= before
    )


def _deleted(context: Context, step: Move, *, before: Time | None) -> bool:
    row = context.tx.one("version_gone", model=step.model, number=step.number)
    if row is None:
        return False
    return before is None or ledger.read(context.tx, row[0]).time <= before


def history(context: Context, model: str, label: str) -> tuple[Move, ...]:
    """Read every move of a label, oldest first."""
    rows = context.tx.all("label_history", model=model, label=label)
    return tuple(read(context, row[0], model=model, label=label) for row in rows)


def backwards(
    context: Context, model: str, label: str, *, before: int | None = None
) -> Iterator[Move]:
    """Read a label's moves, the newest first, no further back than is asked for."""
    end = NEVER if before is None else before
    while rows := context.tx.all(
        "label_before", model=model, label=label, before=end, limit=STRIDE
    ):
        for (end,) in rows:
            yield read(context, end, model=model, label=label)


def next_after(context: Context, model: str, label: str, *, after: int) -> Move | None:
    """Read the first move of a label after a ledger entry."""
    row = context.tx.one("label_after", model=model, label=label, after=after)
    return read(context, row[0], model=model, label=label) if row else None


def count(context: Context, model: str, label: str) -> int:
    """Count the moves of a label."""
    return (context.tx.one("label_count", model=model, label=label) or (0,))[0]


def last_of_each(context: Context, model: str) -> tuple[Move, ...]:
    """Read the last move of every label of a model that holds a version.

    That of rehearsals is left out: nobody set it.
    """
    rows = context.tx.all("label_all", model=model)
    last = (from_entry(ledger.read(context.tx, row[0])) for row in rows)
    return tuple(step for step in last if step.label != REHEARSAL and not left(context, step))


def bad(context: Context, model: str) -> frozenset[Digest]:
    """List the versions of a model that are marked bad."""
    return frozenset(row[0] for row in context.tx.all("version_bad", model=model))


def read(context: Context, seq: int, *, model: str, label: str) -> Move:
    """Read one move; raises `Corrupt` if the row that led here lies."""
    entry = ledger.read(context.tx, seq)
    action = entry.action if entry.action in _KINDS else MOVED
    ledger.agree(entry, action, model=model, label=label)
    return from_entry(entry)


def from_entry(entry: Entry) -> Move:
    """Build a move from its ledger entry."""
    return Move(
        model=entry.after["model"],
        label=entry.after["label"],
        kind=_KINDS[entry.action],
        after=entry.after["digest"],
        number=entry.after["number"],
        seq=entry.seq,
        actor=entry.actor.id,
        time=entry.time,
        before=entry.before.get("digest"),
        before_number=entry.before.get("number"),
        reason=entry.reason,
        decision=entry.after["decision"],
        waiver=entry.after["waiver"],
        chosen=entry.after.get("chosen", False),
    )
