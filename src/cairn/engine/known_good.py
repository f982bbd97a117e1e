"""Read where a rollback may go: the promotions that stand, and what makes them good."""

from collections.abc import Iterator

from cairn.core import known_good as rules
from cairn.core.digest import Digest
from cairn.core.known_good import Ground
from cairn.core.label import Move
from cairn.engine import label_moves, policies
from cairn.engine.context import Context


def ground(context: Context, model: str, label: str) -> Ground:
    """Read what the moves of a label are held against."""
    reviewed = context.tx.all("override_reviewed", model=model)
    return Ground(
        gated=policies.bound(context, model, label) is not None,
        reviewed=frozenset(row[0] for row in reviewed),
        bad=label_moves.bad(context, model),
    )


def of(context: Context, model: str, label: str) -> Iterator[Digest]:
    """Yield the known-good versions behind the live one, the nearest first."""
    past = label_moves.backwards(context, model, label)
    return rules.known_good(past, ground(context, model, label))


def targets(context: Context, model: str, label: str) -> Iterator[Move]:
    """Yield the promotions that a rollback can go back to, known-good or chosen."""
    past = label_moves.backwards(context, model, label)
    return rules.targets(past, ground(context, model, label))
