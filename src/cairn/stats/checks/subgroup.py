"""Check `no_subgroup_regression`: no group pays for the gain of the others.

1. Groups below `min_rows` are pooled as `other`, which is judged if it reaches `min_rows`. If
   it does not, it is listed with its groups and not judged: no test could see anything.
2. Each group's regression beyond the margin is tested; Holm's correction keeps the chance of
   refusing a harmless candidate below 1 - confidence, however many groups there are.
3. A metric that a group's rows do not define makes the check inconclusive, as does a grouping
   without any group large enough.

A pass says that no regression was detected; `detectable` says how large one may have been
missed. To demand proof, ask for non-inferiority.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cairn.core.check import NoSubgroupRegression
from cairn.core.gate import Finding, GroupFinding, Outcome
from cairn.stats.align import Pair
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.paired import alpha, pair
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, decimals, number, shown, signed
from cairn.stats.detectable import detectable_gain
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare
from cairn.stats.multiple import holm
from cairn.stats.predictions import Grouping

OTHER = "other"
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Rows judged together: one level of the grouping, or the small ones pooled."""

    name: str
    levels: tuple[str, ...]
    rows: int

    @property
    def pooled(self) -> tuple[str, ...]:
        """The groups inside a pool; none for a group that stands for itself."""
        return () if self.levels == (self.name,) else self.levels


Results = Mapping[_Group, Difference | Undefined]


def judge_subgroups(check: NoSubgroupRegression, evidence: Evidence) -> Finding:
    """Compare the metric within each group, corrected for looking at many."""
    rows = pair(check, evidence)
    if isinstance(rows, Finding):
        return rows
    grouping = rows.groups.get(str(check.by[0]))
    if grouping is None:
        return missing(check, _no_grouping(check, rows))
    large, small = _split(grouping, check.min_rows)
    found = {
        group: compare(
            check.metric, rows.where(grouping.rows(*group.levels)), alpha=alpha(check)
        )
        for group in large
    }
    groups = (*_judged(check, found), *(_too_small(check, group) for group in small))
    return _concluded(check, groups, rows=rows.rows, detectable=_detectable(check, found))


def _split(grouping: Grouping, min_rows: int) -> tuple[list[_Group], list[_Group]]:
    """Groups that can be judged, and the pool of the small ones if it cannot."""
    sizes = grouping.sizes()
    large = [
        _Group(name=level, levels=(level,), rows=rows)
        for level, rows in sizes.items()
        if rows >= min_rows
    ]
    small = tuple(level for level, rows in sizes.items() if rows < min_rows)
    if not small:
        return large, []
    name = f"{OTHER} (pooled)" if OTHER in sizes and OTHER not in small else OTHER
    pool = _Group(name=name, levels=small, rows=sum(sizes[level] for level in small))
    return ([*large, pool], []) if pool.rows >= min_rows else (large, [pool])


def _judged(check: NoSubgroupRegression, results: Results) -> list[GroupFinding]:
    """Findings of all large groups: tested ones first, the clearest regression foremost."""
    tested = {g: found for g, found in results.items() if isinstance(found, Difference)}
    adjusted = holm([found.p_regression(check.margin) for found in tested.values()])
    findings = [
        _tested(check, group, found=found, p=p)
        for (group, found), p in zip(tested.items(), adjusted, strict=True)
    ]
    findings.sort(key=lambda finding: (finding.p_adjusted, finding.group))
    return findings + [
        _undefined(check, group, found.reason)
        for group, found in results.items()
        if isinstance(found, Undefined)
    ]


def _tested(
    check: NoSubgroupRegression, group: _Group, *, found: Difference, p: float
) -> GroupFinding:
    worse = p <= alpha(check)
    places = decimals(found.upper - found.lower)
    beyond = f" by more than {check.margin:g}" if check.margin else ""
    return GroupFinding(
        group=group.name,
        rows=group.rows,
        observed=found.candidate,
        baseline=found.live,
        difference=found.difference,
        p_adjusted=p,
        outcome="fail" if worse else "pass",
        reason=f"{number(found.candidate, places)} against {number(found.live, places)}, "
        f"{signed(found.difference, places)} ({count(group.rows)}): "
        + (f"worse{beyond}, beyond chance" if worse else f"not shown to be worse{beyond}"),
        pooled=group.pooled,
    )


def _undefined(check: NoSubgroupRegression, group: _Group, reason: str) -> GroupFinding:
    return GroupFinding(
        group=group.name,
        rows=group.rows,
        outcome="inconclusive",
        reason=f"{check.metric} is undefined: {reason}",
        pooled=group.pooled,
    )


def _too_small(check: NoSubgroupRegression, group: _Group) -> GroupFinding:
    return GroupFinding(
        group=group.name,
        rows=group.rows,
        outcome="not-applicable",
        reason=f"{count(group.rows)} in {count(len(group.levels), 'group')} together, fewer "
        f"than {check.min_rows:,}: too few to judge",
        pooled=group.pooled,
    )


def _concluded(
    check: NoSubgroupRegression,
    groups: Sequence[GroupFinding],
    *,
    rows: int,
    detectable: float | None,
) -> Finding:
    by = {outcome: [g for g in groups if g.outcome == outcome] for outcome in _CODES}
    outcome = _overall(by)
    return Finding(
        check=check.id,
        type="no_subgroup_regression",
        outcome=outcome,
        code=_CODES[outcome] if by[outcome] else "no-group-large-enough",
        reason="; ".join(_clauses(check, by, detectable=detectable)),
        fix=_FIXES[outcome],
        metric=check.metric,
        p=min((g.p_adjusted for g in groups if g.p_adjusted is not None), default=None),
        threshold=check.margin,
        rows=rows,
        detectable=detectable,
        groups=tuple(groups),
    )


def _overall(by: Mapping[str, Sequence[GroupFinding]]) -> Outcome:
    if by["fail"]:
        return "fail"
    if by["inconclusive"] or not by["pass"]:
        return "inconclusive"
    return "pass"


def _clauses(
    check: NoSubgroupRegression,
    by: Mapping[str, Sequence[GroupFinding]],
    *,
    detectable: float | None,
) -> list[str]:
    judged = [*by["fail"], *by["pass"], *by["inconclusive"]]
    of = f"{count(len(judged), 'group')} of {check.by[0]}"
    beyond = f" by more than {check.margin:g}" if check.margin else ""
    clauses: list[str] = []
    if by["fail"]:
        clauses.append(f"{check.metric} is worse{beyond} in {len(by['fail'])} of {of}: ")
        clauses[-1] += _named(
            [f"{shown(g.group)} {g.reason.partition(': ')[0]}" for g in by["fail"]]
        )
    elif by["pass"]:
        clauses.append(f"{check.metric} is not shown to be worse{beyond} in {of}")
    if by["pass"] and detectable is not None:
        seen = number(detectable, decimals(detectable))
        clauses.append(
            f"a loss of {seen} in any judged group would most likely have been seen"
        )
    if by["inconclusive"]:
        undefined = _named([f"{shown(g.group)} ({g.reason})" for g in by["inconclusive"]])
        clauses.append(f"{len(by['inconclusive'])} of {of} cannot be judged: {undefined}")
    clauses += [
        f"not judged: {g.reason} ({_named(list(map(shown, g.pooled)))})"
        for g in by["not-applicable"]
    ]
    return clauses


def _named(parts: Sequence[str]) -> str:
    more = f", and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more


def _detectable(check: NoSubgroupRegression, results: Results) -> float | None:
    """The regression that would be seen in every group that was tested, four times in five."""
    errors = [f.standard_error for f in results.values() if isinstance(f, Difference)]
    if not errors:
        return None
    return check.margin + detectable_gain(max(errors), alpha=alpha(check) / len(errors))


def _no_grouping(check: NoSubgroupRegression, rows: Pair) -> Problem:
    known = ", ".join(sorted(rows.groups)) or "none"
    return Problem(
        code="no-grouping",
        reason=f"the evaluations have no groups named {check.by[0]!r} (they have: {known})",
        fix=f"put {check.by[0]!r} into `groups` of the model's evaluation in cairn.toml and "
        "evaluate both versions again",
    )


_CODES = {
    "fail": "subgroup-regression",
    "inconclusive": "undefined-in-group",
    "pass": "no-regression-seen",
    "not-applicable": "",
}
_FIXES = {
    "fail": "look at these groups with `cairn compare`, and train a candidate for them too",
    "inconclusive": "evaluate on more rows of these groups, or lower min_rows in the policy",
    "pass": "",
}
