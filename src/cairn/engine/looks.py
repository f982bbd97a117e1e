"""Count the looks at an evaluation set: equal evidence looks once, however often it is judged.

Decisions of releases that did not count looks by metric are one look each, through every
metric. How many versions were seen beside counts as of the first time that a look was taken.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.evaluation import ListLooks, LookAhead
from cairn.core.gate import Look, Policy, PolicyInfo, spends
from cairn.core.need import Grouped, view_of
from cairn.core.version import Version
from cairn.engine import label_moves, policies, version
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


def ahead(context: Context, asked: ListLooks) -> tuple[LookAhead, ...]:
    """Answer `ListLooks`."""
    candidate = version.by_digest(context, asked.model, asked.version)
    return tuple(
        _ahead(context, info, candidate)
        for info in policies.of_model(context, asked.model)
        if info.policy.evaluation == asked.snapshot and any(map(spends, info.policy.checks))
    )


def _ahead(context: Context, info: PolicyInfo, candidate: Version) -> LookAhead:
    from cairn.stats.spending import allowance  # the distributions, which most never ask

    policy, snapshot = info.policy, info.policy.evaluation
    held = label_moves.current(context, info.model, policy.against.removeprefix("@"))
    live = [version.by_digest(context, info.model, held.after)] if held else []
    seen = unjudged(context, snapshot, candidate, against=live, before=None)
    judged = context.tx.all("look_candidates", snapshot=snapshot, before=None)
    each = [
        allowance(
            policy.reuse,
            round(1 - getattr(check, "confidence", 0.95), 12),
            _taken(context, snapshot, *way, before=None) + 1,
            seen=seen,
        )
        for check in policy.checks
        if spends(check) and (way := view_of(check))
    ]
    least = min(each, key=lambda one: one.alpha)
    return LookAhead(
        label=info.label,
        looks=_taken(context, snapshot, "", (), before=None),
        seen=seen,
        counted=policy.reuse is not None,
        stated=least.stated,
        error=least.alpha,
        judged=any(digest == candidate.digest for _, digest in judged),
    )


def at(
    context: Context, policy: Policy, looked: Looked, *, before: int | None, statistics: int
) -> tuple[Look, ...]:
    """Number the looks that a judgement takes; before a ledger entry, if given."""
    evidence = digest_bytes(canonical(list(looked.compared)))
    ways = dict.fromkeys(way for check in policy.checks if (way := view_of(check)))
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
    kind = _kind(snapshot, look.metric, look.by, before=before)
    known = context.tx.one("look_known", **kind, evidence=look.evidence)
    if known is not None:
        return known.number, known.seq
    return _taken(context, snapshot, look.metric, look.by, before=before) + 1, before


def _taken(
    context: Context,
    snapshot: Digest,
    metric: str,
    by: tuple[Grouped, ...],
    *,
    before: int | None,
) -> int:
    """Count the looks through a metric and grouping, with those that were not told apart."""
    kind = _kind(snapshot, metric, by, before=before)
    earlier = context.tx.one("look_count", **kind) or (0,)
    uncounted = context.tx.one("look_uncounted", snapshot=snapshot, before=before) or (0,)
    return earlier[0] + uncounted[0]


def _kind(
    snapshot: Digest, metric: str, by: tuple[Grouped, ...], *, before: int | None
) -> dict[str, str | int | None]:
    return {
        "snapshot": snapshot,
        "metric": metric,
        "grouping": canonical(by).decode(),
        "before": before,
    }
