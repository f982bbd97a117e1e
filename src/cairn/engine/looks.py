"""Count the looks at an evaluation set: equal evidence looks once, however often it is judged.

Decisions of releases that did not count looks by metric are one look each, through every
metric.
"""

from collections.abc import Sequence

from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.gate import Look, Policy, looked_through
from cairn.engine.context import Context


def at(
    context: Context, policy: Policy, compared: Sequence[Digest | None], *, before: int | None
) -> tuple[Look, ...]:
    """Number the looks that judging these evaluations takes; before a ledger entry, if given.

    `compared` are the candidate's evaluation and the live version's; without the first there
    is nothing to look at, and no look is counted.
    """
    evidence = digest_bytes(canonical(list(compared)))
    ways = dict.fromkeys(way for check in policy.checks if (way := looked_through(check)))
    return tuple(
        Look(
            number=_number(context, policy.evaluation, look, before=before)
            if compared[0]
            else 0,
            evidence=evidence,
            metric=look.metric,
            by=look.by,
        )
        for look in (
            Look(number=0, evidence=evidence, metric=metric, by=by)
            for metric, by in (("", ()), *ways)
        )
    )


def _number(context: Context, snapshot: Digest, look: Look, *, before: int | None) -> int:
    """The number that this look has already, or the next one."""
    kind = {
        "snapshot": snapshot,
        "metric": look.metric,
        "grouping": canonical(look.by).decode(),
        "before": before,
    }
    known = context.tx.one("look_known", **kind, evidence=look.evidence)
    if known is not None:
        return known[0]
    earlier = context.tx.one("look_count", **kind) or (0,)
    uncounted = context.tx.one("look_uncounted", snapshot=snapshot, before=before) or (0,)
    return earlier[0] + uncounted[0] + 1
