"""Check `no_subgroup_regression`: no group pays for the gain of the others.

1. `detect` tests each group for a regression beyond the margin; Holm's correction keeps the
   chance of refusing a harmless candidate below 1 - confidence, however many groups there
   are. A pass says that none was detected; `detectable` says how large one may be missed.
2. `prove` passes only if every group's lower bound excludes a regression of the margin. Each
   group must pass, so nothing is corrected: all of them pass with a probability no larger
   than that of the worst (intersection-union; Berger 1982, Technometrics 24). Looks at the
   set spend its error, as of every check that lets a candidate through.
3. A metric that a group's rows do not define makes the check inconclusive, as does a grouping
   without any group large enough, and small groups that the policy sends to approval.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from cairn.core.check import NoSubgroupRegression
from cairn.core.errors import Invalid
from cairn.core.gate import Finding, GroupFinding, Outcome
from cairn.stats.align import Pair
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.groups import Group, Least, cut, named, too_small, unjudged
from cairn.stats.checks.paired import oriented, pair
from cairn.stats.checks.spent import allowed, exhausted, with_look
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, decimals, number, shown, signed, stated
from cairn.stats.detectable import detectable_gain
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare
from cairn.stats.multiple import holm

Results = Mapping[Group, Difference | Undefined]


def judge_subgroups(check: NoSubgroupRegression, evidence: Evidence) -> Finding:
    """Compare the metric within each group."""
    rows = pair(check, evidence)
    if isinstance(rows, Finding):
        return rows
    if check.min_positives and rows.task != "binary":
        return missing(check, _NO_POSITIVES)
    least = Least(rows=check.min_rows, positives=check.min_positives)
    groups = cut(rows.groups, check.by, rows.positive, least=least)
    if isinstance(groups, Problem):
        return missing(check, groups)
    if check.burden == "prove" and (stopped := exhausted(check, evidence)):
        return stopped
    try:
        found = _compared(check, rows, groups, evidence=evidence)
    except Invalid as error:
        fix = "name a metric of the evaluation's task in the policy"
        return missing(check, Problem(code="not-comparable", reason=str(error), fix=fix))
    judged = _proved(check, found) if check.burden == "prove" else _detected(check, found)
    small = [too_small(group, least) for group in groups if not group.large]
    finding = _concluded(check, (*judged, *small), rows=rows.rows, found=found)
    if finding.outcome == "fail":
        finding = replace(finding, fix=_compare_them(evidence))
    tested = sum(group.p is not None for group in judged)
    if evidence.statistics > 1 and tested:
        shared = _shared(check, tested, error=alpha(check, evidence))
        finding = replace(finding, reason=f"{finding.reason}; {shared}")
    return with_look(finding, check, evidence) if check.burden == "prove" else finding


def _compare_them(evidence: Evidence) -> str:
    return (
        f"look at these groups with `cairn compare {evidence.version} "
        f"{evidence.live_version}`, and train a candidate for them too"
    )


def _shared(check: NoSubgroupRegression, many: int, *, error: float) -> str:
    """Say at which confidence, and what was corrected."""
    if check.burden == "prove":
        return f"each at {stated(1 - error)} confidence, for every group must be proved"
    return f"at {stated(1 - error)} confidence over {count(many, 'group')} (Holm)"


def alpha(check: NoSubgroupRegression, evidence: Evidence) -> float:
    """The error of one group: what this look may spend where a pass is what errs."""
    whole = round(1 - check.confidence, 12)
    return allowed(check, evidence).alpha if check.burden == "prove" else whole


def _compared(
    check: NoSubgroupRegression, rows: Pair, groups: Sequence[Group], *, evidence: Evidence
) -> Results:
    error = alpha(check, evidence)
    return {
        group: _judgeable(
            compare(
                check.metric,
                rows.at(group.rows),
                alpha=error,
                statistics=evidence.statistics,
            )
        )
        for group in groups
        if group.large
    }


def _judgeable(found: Difference | Undefined) -> Difference | Undefined:
    if isinstance(found, Undefined) or found.thin is None:
        return found
    return Undefined(metric=found.metric, reason=found.thin.reason, word="not judged")


def _detected(check: NoSubgroupRegression, results: Results) -> list[GroupFinding]:
    """Findings of all large groups: tested ones first, the clearest regression foremost."""
    tested = {g: found for g, found in results.items() if isinstance(found, Difference)}
    ps = [found.p_regression(check.margin) for found in tested.values()]
    adjusted = holm(ps)
    findings: list[GroupFinding] = []
    for (group, found), p, corrected in zip(tested.items(), ps, adjusted, strict=True):
        worse = corrected <= found.alpha
        finding = _tested(group, found, p=p)
        findings.append(
            replace(
                finding,
                p_adjusted=corrected,
                outcome="fail" if worse else "pass",
                reason=f"{finding.reason}: "
                + ("worse" if worse else "not shown to be worse")
                + _beyond(check)
                + (", beyond chance" if worse else ""),
            )
        )
    findings.sort(key=lambda finding: (finding.p_adjusted, finding.by, finding.group))
    return findings + _undefined(check, results)


def _proved(check: NoSubgroupRegression, results: Results) -> list[GroupFinding]:
    """Findings of all large groups, the one that is furthest from proof foremost."""
    findings: list[GroupFinding] = []
    for group, found in results.items():
        if isinstance(found, Undefined):
            continue
        finding = _tested(group, found, p=found.p_non_inferiority(check.margin))
        outcome, says = _proof(check, found)
        findings.append(replace(finding, outcome=outcome, reason=f"{finding.reason}: {says}"))
    findings.sort(key=lambda finding: (-(finding.p or 0.0), finding.by, finding.group))
    return findings + _undefined(check, results)


def _proof(check: NoSubgroupRegression, found: Difference) -> tuple[Outcome, str]:
    if found.lower > -check.margin:
        return "pass", f"not worse by {check.margin:g} or more"
    if found.upper < -check.margin:
        return "fail", f"worse{_beyond(check)}, beyond chance"
    return "inconclusive", f"may be worse by {check.margin:g} or more"


def _tested(group: Group, found: Difference, *, p: float) -> GroupFinding:
    places = decimals(found.upper - found.lower)
    lower, upper = oriented(found)
    return GroupFinding(
        group=group.name,
        by=group.by,
        rows=group.rows.size,
        observed=found.candidate,
        baseline=found.live,
        difference=found.difference,
        lower=lower,
        upper=upper,
        p=p,
        discordant=found.discordant,
        detectable=detectable_gain(found.standard_error, alpha=found.alpha),
        reason=f"{number(found.candidate, places)} against {number(found.live, places)}, "
        f"{signed(found.difference, places)} ({count(group.rows.size)})",
        pooled=group.pooled,
    )


def _undefined(check: NoSubgroupRegression, results: Results) -> list[GroupFinding]:
    return [
        GroupFinding(
            group=group.name,
            by=group.by,
            rows=group.rows.size,
            outcome="inconclusive",
            reason=f"{check.metric} is {found.word}: {found.reason}",
            pooled=group.pooled,
        )
        for group, found in results.items()
        if isinstance(found, Undefined)
    ]


def _concluded(
    check: NoSubgroupRegression,
    groups: Sequence[GroupFinding],
    *,
    rows: int,
    found: Results,
) -> Finding:
    by = {outcome: [g for g in groups if g.outcome == outcome] for outcome in _CODES}
    outcome, code = _overall(check, by)
    detectable = _detectable(check, found)
    ps = [g.p for g in groups if g.p is not None]
    adjusted = [g.p_adjusted for g in groups if g.p_adjusted is not None]
    finding = Finding(
        check=check.id,
        type="no_subgroup_regression",
        outcome=outcome,
        code=code,
        reason="; ".join(_clauses(check, by, detectable=detectable)),
        fix=_FIXES.get(outcome, ""),
        metric=check.metric,
        p=(max if check.burden == "prove" else min)(ps, default=None),
        p_adjusted=min(adjusted, default=None),
        threshold=check.margin,
        rows=rows,
        detectable=detectable,
        groups=tuple(groups),
        method=next((f.method for f in found.values() if isinstance(f, Difference)), ""),
    )
    if code != "needs-approval":
        return finding
    small = sum(len(g.pooled) for g in by["not-applicable"])
    asked = f"{count(small, 'group')} of {_spelled(check)} too small to judge"
    return replace(finding, approval=asked, fix="have the small groups approved by a person")


def _overall(
    check: NoSubgroupRegression, by: Mapping[str, Sequence[GroupFinding]]
) -> tuple[Outcome, str]:
    if by["fail"]:
        return "fail", _CODES["fail"]
    if by["inconclusive"]:
        undefined = all(group.observed is None for group in by["inconclusive"])
        return "inconclusive", _CODES["inconclusive"] if undefined else "undecided"
    if by["not-applicable"] and check.small_groups == "approve":
        return "inconclusive", "needs-approval"
    if not by["pass"]:
        return "inconclusive", "no-group-large-enough"
    return "pass", "proved" if check.burden == "prove" else _CODES["pass"]


def _clauses(
    check: NoSubgroupRegression,
    by: Mapping[str, Sequence[GroupFinding]],
    *,
    detectable: float | None,
) -> list[str]:
    judged = [*by["fail"], *by["pass"], *by["inconclusive"]]
    of = f"{count(len(judged), 'group')} of {_spelled(check)}"
    proved = check.burden == "prove"
    clauses: list[str] = []
    if by["fail"]:
        which = named([f"{shown(g.group)} {g.reason.partition(': ')[0]}" for g in by["fail"]])
        many = len(by["fail"])
        clauses.append(f"{check.metric} is worse{_beyond(check)} in {many} of {of}: {which}")
    elif by["pass"]:
        says = f"not worse by {check.margin:g} or more" if proved else "not shown to be worse"
        clauses.append(f"{check.metric} is {says}{'' if proved else _beyond(check)} in {of}")
        if proved and by["inconclusive"]:
            clauses[-1] = f"{check.metric} is {says} in {len(by['pass'])} of {of}"
    if by["pass"] and detectable is not None and not proved:
        seen = number(detectable, decimals(detectable))
        clauses.append(
            f"a loss of {seen} in any judged group would most likely have been seen"
        )
    if by["inconclusive"]:
        undefined = named([f"{shown(g.group)} ({g.reason})" for g in by["inconclusive"]])
        clauses.append(f"{len(by['inconclusive'])} of {of} cannot be judged: {undefined}")
    return clauses + unjudged(by["not-applicable"])


def _detectable(check: NoSubgroupRegression, results: Results) -> float | None:
    """The regression that would be seen in every group that was tested, four times in five."""
    tested = [f for f in results.values() if isinstance(f, Difference)]
    if not tested:
        return None
    largest = max(f.standard_error for f in tested)
    many = 1 if check.burden == "prove" else len(tested)
    return check.margin + detectable_gain(largest, alpha=tested[0].alpha / many)


def _beyond(check: NoSubgroupRegression) -> str:
    return f" by more than {check.margin:g}" if check.margin else ""


def _spelled(check: NoSubgroupRegression) -> str:
    return ", ".join(g if isinstance(g, str) else " x ".join(g) for g in check.by)


_NO_POSITIVES = Problem(
    code="not-comparable",
    reason="min_positives counts positive labels, which only binary evaluations have",
    fix="take min_positives out of the policy; min_rows holds for every task",
)
_CODES = {
    "fail": "subgroup-regression",
    "inconclusive": "undefined-in-group",
    "pass": "no-regression-seen",
    "not-applicable": "",
}
_FIXES = {
    "inconclusive": "evaluate on more rows of these groups, or lower min_rows in the policy",
}
