"""Check `non_inferiority`: the candidate is not worse than the live version by the margin.

Pass if the lower bound of the gain lies above minus the margin; fail if the upper bound lies
below it; else inconclusive.
"""

from msgspec.structs import replace

from cairn.core.check import NonInferiority
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.paired import conclude, difference
from cairn.stats.checks.spent import with_look
from cairn.stats.checks.without import too_thin
from cairn.stats.checks.words import count, percent
from cairn.stats.detectable import rows_needed
from cairn.stats.estimate import Difference


def judge_non_inferiority(check: NonInferiority, evidence: Evidence) -> Finding:
    """Judge the loss against the margin, by the paired test on all rows."""
    compared = difference(check, evidence)
    if isinstance(compared, Finding):
        return compared
    p = compared[1].p_non_inferiority(check.margin)
    finding = conclude(check, evidence, compared=compared, p=p)
    return with_look(_held(check, finding, compared[1]), check, evidence)


def _held(check: NonInferiority, finding: Finding, found: Difference) -> Finding:
    """Hold the bounds of the gain against the margin."""
    if found.thin is not None:
        return too_thin(finding, found.thin, says=finding.reason)
    if found.lower > -check.margin:
        alike = f"{finding.reason}: not worse by {check.margin:g} or more"
        return replace(finding, outcome="pass", code="not-worse", reason=alike)
    if found.upper < -check.margin:
        worse = f"{finding.reason}: worse by more than {check.margin:g}, beyond chance"
        return replace(finding, outcome="fail", code="worse", reason=worse, fix=_BETTER)
    open_ = f"{finding.reason}: may be worse by {check.margin:g} or more"
    rows = rows_needed(found.gain + check.margin, found)
    fix = _BETTER if rows is None else _more_rows(check, rows)
    return replace(finding, reason=open_, fix=fix, rows_needed=rows)


def _more_rows(check: NonInferiority, rows: int) -> str:
    return (
        f"evaluate both versions on about {count(rows)}: as many would exclude it four times "
        f"in five at {percent(check.confidence)} confidence"
    )


_BETTER = "train a better candidate, or allow a larger margin in the policy"
