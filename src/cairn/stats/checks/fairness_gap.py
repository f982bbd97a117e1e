"""Check `fairness_gap`: groups are decided alike, whatever the live version does.

Demographic parity compares the share of rows that are decided positive (Calders and Verwer
2010), equal opportunity that share among rows whose label is positive, equalised odds that and
the share among rows whose label is negative (Hardt, Price and Srebro 2016, "Equality of
opportunity in supervised learning"). The largest difference between two groups is judged.

Pass if every pair's upper bound keeps `max`; fail if a pair's lower bound exceeds it, at an
error shared among all pairs of all groupings and rates, in both directions; else inconclusive.
A group with too few units that repeat is never compared, and then nothing passes.
Which of these is fair is for people to say: with unequal base rates no model has them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from cairn.core.check import FairnessGap
from cairn.core.gate import Finding, GroupFinding
from cairn.stats.align import Sample, sample
from cairn.stats.checks.evidence import Evidence, Problem, rows_of
from cairn.stats.checks.groups import Group, Least, cut, too_small, unjudged
from cairn.stats.checks.spent import allowed, exhausted, with_look
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, decimals, number, shown, stated
from cairn.stats.disparity import Gap, Rates, gaps, rates_of
from cairn.stats.effective import FEWEST_UNITS, Share
from cairn.stats.scored import Flags, Predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One rate of one grouping: its groups, and which of them rest on enough units."""

    groups: Sequence[Group]
    what: str
    rates: Rates
    known: Sequence[int]

    @property
    def pairs(self) -> int:
        """Comparisons that are made, each pair of groups in both directions."""
        return len(self.known) * (len(self.known) - 1)

    def between(self, gap: Gap) -> str:
        """Name the two groups of a gap, the one with the higher rate first."""
        most, least = self.groups[gap.most], self.groups[gap.least]
        return f"{shown(most.name)} and {shown(least.name)}"


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
    groups = cut_each(check, candidate, rows)
    if isinstance(groups, Problem):
        return missing(check, groups)
    finding = _judged(check, rows, groups, alpha=allowed(check, evidence).alpha)
    return with_look(finding, check, evidence)


def cut_each(
    check: FairnessGap, candidate: Predictions, rows: Sample
) -> list[list[Group]] | Problem:
    """Cut rows into groups, a list a grouping; a problem if a column is not there."""
    found: list[list[Group]] = []
    for grouped in check.by:
        least = Least(rows=check.min_rows)
        groups = cut(candidate.groups, (grouped,), rows.positive, least=least)
        if isinstance(groups, Problem):
            return groups
        found.append(groups)
    return found


def _judged(
    check: FairnessGap, rows: Sample, found: Sequence[Sequence[Group]], *, alpha: float
) -> Finding:
    decided = rows.score >= check.threshold
    compared: list[Compared] = []
    findings: list[GroupFinding] = []
    for groups in found:
        large = [group for group in groups if group.large]
        for what, counted in _rates_asked(check, rows):
            rates = rates_of(rows, [g.rows for g in large], counted=counted, said=decided)
            known = rates.known(1 if rows.simple else FEWEST_UNITS)
            compared.append(Compared(groups=large, what=what, rates=rates, known=known))
            findings += [
                _finding(g, rates.shares[at], what, enough=at in known)
                for at, g in enumerate(large)
            ]
        least = Least(rows=check.min_rows)
        findings += [too_small(g, least) for g in groups if not g.large]
    return _concluded(check, compared, findings, rows=rows, alpha=alpha)


def _rates_asked(check: FairnessGap, rows: Sample) -> list[tuple[str, Flags]]:
    if check.measure == "demographic_parity":
        return [("selection rate", np.ones(rows.rows, dtype=np.bool_))]
    true = ("true positive rate", rows.positive)
    if check.measure == "equal_opportunity":
        return [true]
    return [true, ("false positive rate", ~rows.positive)]


def _finding(group: Group, share: Share | None, what: str, *, enough: bool) -> GroupFinding:
    reason = what
    if share is None:
        reason = f"{what} is undefined: no row with such a label"
    elif not enough:
        units = count(share.units, "unit")
        reason = f"{what} rests on {units} of rows, and a bound needs {FEWEST_UNITS}"
    return GroupFinding(
        group=group.name,
        by=group.by,
        rows=group.rows.size,
        observed=share.value if share else None,
        outcome="pass" if enough else "inconclusive",
        reason=reason,
        pooled=group.pooled,
    )


def _concluded(
    check: FairnessGap,
    compared: Sequence[Compared],
    groups: Sequence[GroupFinding],
    *,
    rows: Sample,
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
    left_out = [group for group in groups if group.outcome == "inconclusive"]
    if left_out:
        undefined = left_out[0].observed is None
        finding = replace(
            finding,
            code="undefined-in-group" if undefined else "too-few-units",
            reason=f"in {shown(left_out[0].group)} the {left_out[0].reason}",
            fix=finding.fix if undefined else _MORE_UNITS,
        )
    if not any(one.pairs for one in compared):
        return finding
    return _held(check, finding, compared, rows=rows, alpha=alpha)


def _held(
    check: FairnessGap,
    finding: Finding,
    compared: Sequence[Compared],
    *,
    rows: Sample,
    alpha: float,
) -> Finding:
    many = sum(one.pairs for one in compared)
    found = [
        (gap, one)
        for one in compared
        if one.pairs
        for gap in gaps(one.rates, one.known, alpha=alpha, error=alpha / many)
    ]
    clearest = max(found, key=lambda pair: pair[0].lower)
    largest = max(found, key=lambda pair: pair[0].gap)
    lower = max(0.0, clearest[0].lower)
    upper = max(gap.upper for gap, _ in found)
    unfair = lower > check.max
    gap, of = clearest if unfair else largest
    places = decimals(upper - lower)
    says = (
        f"{of.what} differs by {number(gap.gap, places)} between {of.between(gap)}; the "
        f"largest gap is at least {number(lower, places, beside=check.max)} and at most "
        f"{number(upper, places, beside=check.max)}, each at {stated(1 - alpha)} confidence "
        f"over {count(many, 'comparison')} ({_counted(of, rows)})"
    )
    small = unjudged(finding.groups)
    left_out = finding.code in ("undefined-in-group", "too-few-units")
    open_ = f"{finding.reason}; {says}" if left_out else f"{says}: {_open(check)}"
    finding = replace(
        finding,
        observed=gap.gap,
        lower=lower,
        upper=upper,
        rows=sum(group.rows.size for group in of.groups),
        code=finding.code if left_out else "undecided",
        reason="; ".join([open_, *small]),
        method=_METHOD if rows.simple else _METHOD_OF_UNITS,
    )
    if unfair:
        reason = "; ".join([f"{says}: more than {check.max:g}, beyond chance", *small])
        return replace(finding, outcome="fail", code="unfair", reason=reason, fix=_FAIRER)
    if upper > check.max or left_out:
        return finding
    reason = "; ".join([f"{says}: within {check.max:g}", *small])
    if small and check.small_groups == "approve":
        many = sum(len(g.pooled) for g in finding.groups if g.outcome == "not-applicable")
        asked = f"{count(many, 'group')} too small to compare"
        return replace(finding, code="needs-approval", reason=reason, approval=asked)
    return replace(finding, outcome="pass", code="fair-enough", reason=reason, fix="")


def _counted(of: Compared, rows: Sample) -> str:
    """Say how much a comparison rests on: rows, the units that they make, groups."""
    total = count(sum(group.rows.size for group in of.groups))
    if rows.unit is not None:
        places = np.concatenate([group.rows for group in of.groups])
        total = f"{total} of {count(np.unique(rows.unit[places]).size, 'unit')}"
    return f"{total} in {count(len(of.groups), 'group')}"


def _open(check: FairnessGap) -> str:
    return f"not shown to keep {check.max:g}"


_METHOD = "Clopper-Pearson bounds of each rate, joined as by Newcombe"
_METHOD_OF_UNITS = "Korn-Graubard bounds of each rate, joined as by Newcombe"
_NOT_BINARY = Problem(
    code="not-measurable",
    reason="fairness gaps compare positive decisions, which only binary evaluations have",
    fix="judge subgroups by a metric of the task instead: type no_subgroup_regression",
)
_FAIRER = "train a candidate that treats these groups alike, or decide by another threshold"
_MORE_UNITS = f"evaluate on rows of at least {FEWEST_UNITS} different units in each group"
