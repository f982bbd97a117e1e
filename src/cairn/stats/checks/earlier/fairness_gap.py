"""Check `fairness_gap` by the first version of the statistics.

Pass if the upper bound of the largest gap keeps `max`; fail if its lower bound exceeds it;
else inconclusive. Pairs share the error of a failure, groupings and directions do not, and two
units of rows that repeat already have a spread.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from cairn.core.check import FairnessGap
from cairn.core.gate import Finding, GroupFinding
from cairn.core.need import Grouped
from cairn.stats.align import Sample, sample
from cairn.stats.checks.earlier.gaps import Gap, Rates, largest_gap, rates_of
from cairn.stats.checks.evidence import Evidence, Problem, rows_of
from cairn.stats.checks.groups import Group, Least, cut, too_small, unjudged
from cairn.stats.checks.spent import allowed, exhausted, with_look
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, decimals, number, percent, shown
from cairn.stats.scored import Flags, Predictions

Compared = tuple[Gap, Sequence[Group], str]


def judge_fairness_gap(check: FairnessGap, evidence: Evidence) -> Finding:
    """Judge the largest gap of any grouping and rate that the check asks for."""
    candidate = rows_of(evidence).candidate
    if isinstance(candidate, Problem):
        return missing(check, candidate)
    if candidate.task != "binary":
        return missing(check, _NOT_BINARY)
    if stopped := exhausted(check, evidence):
        return stopped
    rows = sample(candidate)
    found = _groups(check, candidate, rows)
    if isinstance(found, Problem):
        return missing(check, found)
    finding = _judged(check, rows, found, alpha=allowed(check, evidence).alpha)
    return with_look(finding, check, evidence)


def _groups(
    check: FairnessGap, candidate: Predictions, rows: Sample
) -> list[tuple[Grouped, list[Group]]] | Problem:
    found: list[tuple[Grouped, list[Group]]] = []
    least = Least(rows=check.min_rows)
    for grouped in check.by:
        groups = cut(candidate.groups, (grouped,), rows.positive, least=least)
        if isinstance(groups, Problem):
            return groups
        found.append((grouped, groups))
    return found


def _judged(
    check: FairnessGap,
    rows: Sample,
    found: Sequence[tuple[Grouped, Sequence[Group]]],
    *,
    alpha: float,
) -> Finding:
    decided = rows.score >= check.threshold
    compared: list[Compared] = []
    findings: list[GroupFinding] = []
    for _, groups in found:
        large = [group for group in groups if group.large]
        for what, counted in _rates_asked(check, rows):
            rates = rates_of(rows, [g.rows for g in large], counted=counted, said=decided)
            findings += [_finding(g, rates, at, what) for at, g in enumerate(large)]
            if len(large) > 1 and np.isfinite(rates.rate).all():
                compared.append((largest_gap(rates, alpha=alpha), large, what))
        small = [too_small(g, Least(rows=check.min_rows)) for g in groups if not g.large]
        findings += small
    return _concluded(check, compared, findings, alpha=alpha)


def _rates_asked(check: FairnessGap, rows: Sample) -> list[tuple[str, Flags]]:
    if check.measure == "demographic_parity":
        return [("selection rate", np.ones(rows.rows, dtype=np.bool_))]
    true = ("true positive rate", rows.positive)
    if check.measure == "equal_opportunity":
        return [true]
    return [true, ("false positive rate", ~rows.positive)]


def _finding(group: Group, rates: Rates, at: int, what: str) -> GroupFinding:
    defined = bool(np.isfinite(rates.rate[at]))
    return GroupFinding(
        group=group.name,
        by=group.by,
        rows=group.rows.size,
        observed=float(rates.rate[at]) if defined else None,
        outcome="pass" if defined else "inconclusive",
        reason=what if defined else f"{what} is undefined: no row with such a label",
        pooled=group.pooled,
    )


def _concluded(
    check: FairnessGap,
    compared: Sequence[Compared],
    groups: Sequence[GroupFinding],
    *,
    alpha: float,
) -> Finding:
    finding = Finding(
        check=check.id,
        type="fairness_gap",
        outcome="inconclusive",
        code="no-group-large-enough",
        reason="; ".join(["there are no two groups to compare", *unjudged(groups)]),
        fix="evaluate on more rows of these groups, or lower min_rows in the policy",
        metric=check.measure,
        threshold=check.max,
        groups=tuple(groups),
        rows=max((group.rows for group in groups), default=None),
    )
    if undefined := [g for g in groups if g.outcome == "inconclusive"]:
        reason = f"{undefined[0].reason} in {shown(undefined[0].group)}"
        return replace(finding, code="undefined-in-group", reason=reason)
    if not compared:
        return finding
    return _held(check, finding, compared, alpha=alpha)


def _held(
    check: FairnessGap, finding: Finding, compared: Sequence[Compared], *, alpha: float
) -> Finding:
    gap, large, what = max(compared, key=lambda one: one[0].gap)
    upper = max(one.upper for one, _, _ in compared)
    lower = max(one.lower for one, _, _ in compared)
    places = decimals(upper - lower)
    says = (
        f"{what} differs by {number(gap.gap, places)} between {shown(large[gap.most].name)} "
        f"and {shown(large[gap.least].name)} (at least {number(lower, places)}, at most "
        f"{number(upper, places)}, each at {percent(1 - alpha)} confidence; "
        f"{count(sum(g.rows.size for g in large))} in {count(len(large), 'group')})"
    )
    small = unjudged(finding.groups)
    finding = replace(
        finding,
        observed=gap.gap,
        lower=lower,
        upper=upper,
        rows=sum(group.rows.size for group in large),
        code="undecided",
        reason="; ".join([f"{says}: {_open(check)}", *small]),
        method="Newcombe",
    )
    if lower > check.max:
        reason = "; ".join([f"{says}: more than {check.max:g}, beyond chance", *small])
        return replace(finding, outcome="fail", code="unfair", reason=reason, fix=_FAIRER)
    if upper > check.max:
        return finding
    reason = "; ".join([f"{says}: within {check.max:g}", *small])
    if small and check.small_groups == "approve":
        many = sum(len(g.pooled) for g in finding.groups if g.outcome == "not-applicable")
        asked = f"{count(many, 'group')} too small to compare"
        return replace(finding, code="needs-approval", reason=reason, approval=asked)
    return replace(finding, outcome="pass", code="fair-enough", reason=reason, fix="")


def _open(check: FairnessGap) -> str:
    return f"not shown to keep {check.max:g}"


_NOT_BINARY = Problem(
    code="not-measurable",
    reason="fairness gaps compare positive decisions, which only binary evaluations have",
    fix="judge subgroups by a metric of the task instead: type no_subgroup_regression",
)
_FAIRER = "train a candidate that treats these groups alike, or decide by another threshold"
