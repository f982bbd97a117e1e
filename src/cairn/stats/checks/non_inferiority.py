"""Check `non_inferiority`: the candidate is not worse than the live version by the margin.

Pass if the lower bound of the gain lies above minus the margin; fail if the upper bound lies
below it; else inconclusive.

Whoever compares with what is live lets every release lose a little less than the margin, one
after the other. `reference: fixed` compares with the version that the policy pins, and the
margin is then what all releases since may lose together.
"""

from dataclasses import replace as replace_evidence

from msgspec.structs import replace

from cairn.core.check import NonInferiority
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.paired import conclude, difference
from cairn.stats.checks.spent import with_look
from cairn.stats.checks.without import missing, too_thin
from cairn.stats.checks.words import count, decimals, number, stated
from cairn.stats.detectable import rows_needed
from cairn.stats.estimate import Difference


def judge_non_inferiority(check: NonInferiority, evidence: Evidence) -> Finding:
    """Judge the loss against the margin, by the paired test on all rows."""
    fixed = check.reference == "fixed"
    if fixed:
        if evidence.fixed is None:
            return missing(check, _NO_REFERENCE)
        evidence = replace_evidence(
            evidence, live=evidence.fixed, live_version=evidence.fixed_version, ready=None
        )
    compared = difference(check, evidence)
    if isinstance(compared, Finding):
        return compared
    p = compared[1].p_non_inferiority(check.margin)
    finding = conclude(check, evidence, compared=compared, p=p)
    finding = _held(check, finding, compared[1])
    if fixed:
        finding = replace(finding, reason=f"{finding.reason}; {_lost(evidence, compared[1])}")
    return with_look(finding, check, evidence)


def _lost(evidence: Evidence, found: Difference) -> str:
    """Say how far production may have drifted from the reference, once this is live."""
    loss = max(0.0, -found.lower)
    if loss == 0 and evidence.statistics > 1:
        return f"{found.metric} has not become worse since {evidence.live_version}"
    places = decimals(found.upper - found.lower)
    return (
        f"{found.metric} may have become worse by up to {number(loss, places)} since "
        f"{evidence.live_version}"
    )


def _held(check: NonInferiority, finding: Finding, found: Difference) -> Finding:
    """Hold the bounds of the gain against the margin."""
    if found.thin is not None:
        return too_thin(finding, found.thin, says=finding.reason, noun=found.noun)
    if found.lower > -check.margin:
        alike = f"{finding.reason}: not worse by {check.margin:g} or more"
        return replace(finding, outcome="pass", code="not-worse", reason=alike)
    if found.upper < -check.margin:
        worse = f"{finding.reason}: worse by more than {check.margin:g}, beyond chance"
        return replace(finding, outcome="fail", code="worse", reason=worse, fix=_BETTER)
    open_ = f"{finding.reason}: may be worse by {check.margin:g} or more"
    rows = rows_needed(found.gain + check.margin, found)
    fix = _BETTER if rows is None else _more_rows(check, count(rows, found.noun))
    return replace(finding, reason=open_, fix=fix, rows_needed=rows)


def _more_rows(check: NonInferiority, rows: str) -> str:
    return (
        f"evaluate both versions on about {rows}: as many would exclude it four times "
        f"in five at {stated(check.confidence)} confidence"
    )


_NO_REFERENCE = Problem(
    code="no-reference",
    reason="the policy pins no version that a fixed reference could be",
    fix="write `reference: MODEL:NUMBER` in the policy",
)
_BETTER = "train a better candidate, or allow a larger margin in the policy"
