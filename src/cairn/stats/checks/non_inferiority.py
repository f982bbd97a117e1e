"""Check `non_inferiority`: the candidate is not worse than the live version by the margin.

Pass if the lower bound of the gain lies above minus the margin; fail if the upper bound lies
below it; else inconclusive.
"""

from msgspec.structs import replace

from cairn.core.check import NonInferiority
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.paired import alpha, conclude, difference
from cairn.stats.checks.words import count, percent
from cairn.stats.detectable import rows_to_detect
from cairn.stats.estimate import Difference


def judge_non_inferiority(check: NonInferiority, evidence: Evidence) -> Finding:
    """Judge the loss against the margin, by the paired test on all rows."""
    found = difference(check, evidence)
    if isinstance(found, Finding):
        return found
    finding = conclude(check, evidence, found=found, p=found.p_non_inferiority(check.margin))
    if found.lower > -check.margin:
        alike = f"{finding.reason}: not worse by {check.margin:g} or more"
        return replace(finding, outcome="pass", code="not-worse", reason=alike)
    if found.upper < -check.margin:
        worse = f"{finding.reason}: worse by more than {check.margin:g}, beyond chance"
        return replace(finding, outcome="fail", code="worse", reason=worse, fix=_BETTER)
    open_ = f"{finding.reason}: may be worse by {check.margin:g} or more"
    return replace(finding, reason=open_, fix=_more_rows(check, found))


def _more_rows(check: NonInferiority, found: Difference) -> str:
    excess = found.gain + check.margin
    if excess <= 0:
        return _BETTER
    rows = rows_to_detect(excess, found.standard_error, found.rows, alpha=alpha(check))
    return (
        f"evaluate both versions on about {count(rows)}: as many would exclude it four times "
        f"in five at {percent(check.confidence)} confidence"
    )


_BETTER = "train a better candidate, or allow a larger margin in the policy"
