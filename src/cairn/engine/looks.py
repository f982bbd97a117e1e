"""Count the looks at an evaluation set: equal evidence looks once, however often it is judged.

Decisions of releases that did not count looks by metric are one look each, through every
metric. How many versions were seen beside counts as of the first time that a look was taken.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.gate import Look, Policy, looked_through
from cairn.core.version import Version
from cairn.engine.context import Context
from cairn.engine.seen import unjudged


@dataclass(frozen=True)
class Looked:
    """What is looked at: a candidate, against others, by these evaluations.

    `compared` are the candidate's evaluation and the live version's; without the first there
    is nothing to look at, and no look is counted.
    """

    candidate: Version
    against: tuple[Version, ...]
    compared: tuple[Digest | None, Digest | None]


def at(
    context: Context, policy: Policy, looked: Looked, *, before: int | None, statistics: int
) -> tuple[Look, ...]:
    """Number the looks that a judgement takes; before a ledger entry, if given."""
    evidence = digest_bytes(canonical(list(looked.compared)))
    ways = dict.fromkeys(way for check in policy.checks if (way := looked_through(check)))
    looks: list[Look] = []
    seen: dict[int | None, int] = {}
    for metric, by in (("", ()), *ways):
        look = Look(number=0, evidence=evidence, metric=metric, by=by)
        if looked.compared[0]:
            number, taken = _number(context, policy.evaluation, look, before=before)
            if statistics > 1 and taken not in seen:
                seen[taken] = unjudged(
                    context,
                    policy.evaluation,
                    looked.candidate,
                    against=looked.against,
                    before=taken,
                )
            look = replace(look, number=number, seen=seen.get(taken, 0))
        looks.append(look)
    return tuple(looks)


def _number(
    context: Context, snapshot: Digest, look: Look, *, before: int | None
) -> tuple[int, int | None]:
    """The number that this look has already, or the next one; and when it was taken."""
    kind = {
        "snapshot": snapshot,
        "metric": look.metric,
        "grouping": canonical(look.by).decode(),
        "before": before,
    }
    known = context.tx.one("look_known", **kind, evidence=look.evidence)
    if known is not None:
        return known[0], known[1]
    earlier = context.tx.one("look_count", **kind) or (0,)
    uncounted = context.tx.one("look_uncounted", snapshot=snapshot, before=before) or (0,)
    return earlier[0] + uncounted[0] + 1, before
