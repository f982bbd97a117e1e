"""Known-good versions: where a rollback may go.

1. A rollback walks down the promotions that still stand, from the live one.
2. Known-good is what passed: the gate, or, against it, the review of somebody else. Without a
   gate a move counts for as long as there is none.
3. A version that was rolled back from, or is marked bad, is not a target whoever asks.
4. What stands and is not known-good is a target only for who names it: `rollback --to`.
"""

from collections.abc import Iterable, Iterator

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Refused
from cairn.core.label import ARCHIVED, WORKBENCH, Move, Rollback, expected
from cairn.core.name import shown
from cairn.core.request import Record
from cairn.core.version import Version


class Ground(Record, frozen=True):
    """What moves are held against: whether the label has a gate, reviewed overrides, marks."""

    gated: bool = False
    reviewed: frozenset[int] = frozenset()
    """Ledger entries of overrides that somebody else looked into."""
    bad: frozenset[Digest] = frozenset()


def standing(newest_first: Iterable[Move]) -> Iterator[Move]:
    """Yield the promotions that a rollback may walk down, the live one first.

    Moves are read as far back as is asked for and no further. A rollback hides what lay above
    the promotion that it went back to. A version that was rolled back from is left out until
    it is promoted again. Raises `Corrupt` for a rollback to what the label never held.
    """
    back_to: list[Digest] = []
    left: set[Digest] = set()
    promoted: set[Digest] = set()
    step = None
    for step in newest_first:
        if step.kind == "rollback":
            back_to.append(step.after)
            if step.before is not None and step.before not in promoted:
                left.add(step.before)
            continue
        while back_to and back_to[-1] == step.after:
            back_to.pop()
        if not back_to and step.after not in left:
            yield step
        promoted.add(step.after)
    if step is not None and back_to:
        raise Corrupt(
            f"{step.label} of {shown(step.model)} went back to {back_to[-1][:19]}, "
            "which it did not hold before; run `cairn verify --all`"
        )


def targets(newest_first: Iterable[Move], ground: Ground) -> Iterator[Move]:
    """Yield the promotions that a rollback can go back to, the nearest first."""
    live = None
    for step in standing(newest_first):
        live = live or step.after
        if step.after != live and step.after not in ground.bad:
            yield step


def known_good(newest_first: Iterable[Move], ground: Ground) -> Iterator[Digest]:
    """Yield the known-good versions that a rollback can go back to, the nearest first."""
    found: set[Digest] = set()
    for step in targets(newest_first, ground):
        if doubt(step, ground) is None and step.after not in found:
            yield step.after
            found.add(step.after)


def doubt(step: Move, ground: Ground) -> str | None:
    """Say why a promotion does not make a version known-good; None if it does."""
    if step.kind == "override" and step.decision is not None:
        told = f"{step.actor} moved it there against the gate, and nobody reviewed that"
        return None if step.seq in ground.reviewed else told
    if step.decision is not None or not ground.gated or step.seq in ground.reviewed:
        return None
    return "it was moved there without the gate that the label has now"


def rollback(
    asked: Rollback,
    live: Version | None,
    targets: Iterable[Version],
    *,
    others: Iterable[tuple[Version, str]],
    moves: int,
) -> Version:
    """Pick the version to go back to: the first of `targets`, which are known-good.

    `others` still stand, each with the reason why it is not: the refusal names them.
    """
    expected(asked, live)
    holder = _holder(asked, live)
    for target in targets:
        if not target.archived and target.deleted is None:
            return target
    name = f"{shown(asked.model)}@{asked.label}"
    choices = [
        f"go back to {found.name} on purpose ({why}): "
        f"`cairn rollback {name} --to {found.name} --reason WHY`"
        for found, why in others
        if not found.archived and found.deleted is None
    ]
    better = f"`cairn promote {shown(asked.model)}:N {asked.label}`"
    raise Refused(
        f"{asked.label} of {shown(asked.model)} has no earlier known-good version "
        f"(it moved {moves} time{'s' if moves != 1 else ''}); {holder.name} stays",
        fix="\n".join([*choices, f"promote a good version instead: {better}"]),
    )


def roll_back_to(
    asked: Rollback, live: Version | None, chosen: Version, *, stands: bool
) -> Version:
    """Let a person choose the version to go back to, known-good or not; it must stand."""
    expected(asked, live)
    holder = _holder(asked, live)
    afresh = f"let it pass afresh: `cairn promote {chosen.name} {asked.label}`"
    if not asked.reason:
        raise Refused(
            f"going back to {chosen.name} by choice needs a reason",
            fix=f"`cairn rollback {shown(asked.model)}@{asked.label} --to {chosen.name} "
            "--reason WHY`",
        )
    if chosen.digest == holder.digest:
        raise Refused(f"{asked.label} holds {chosen.name} already")
    if chosen.deleted is not None or chosen.archived:
        gone = chosen.deleted is not None
        raise Refused(f"{chosen.name} {'was deleted' if gone else 'is archived'}")
    if chosen.marked_bad is not None:
        raise Refused(
            f"{chosen.name} is marked bad ({chosen.marked_bad}); no rollback ends at it",
            fix=afresh,
        )
    if not stands:
        raise Refused(
            f"{asked.label} of {shown(asked.model)} cannot go back to {chosen.name}: it never "
            "held it, or went back from it or past it",
            fix=afresh,
        )
    return chosen


def _holder(asked: Rollback, live: Version | None) -> Version:
    if asked.label == ARCHIVED:
        raise Refused(
            f"{ARCHIVED} serves nothing, so there is nothing to roll back",
            fix=f"bring a version back: `cairn promote {shown(asked.model)}:N {WORKBENCH}`",
        )
    if live is None:
        raise Refused(
            f"{asked.label} of {shown(asked.model)} holds nothing, so nothing can roll back"
        )
    return live
