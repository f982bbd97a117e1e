"""Check `superiority`: the candidate is better than the live version, beyond chance.

Pass if the lower bound of the gain lies above the margin; fail if the upper bound does not, or
if both models say the same about every row; else inconclusive. Equal models pass with a
probability of at most 1 - confidence.
"""

from msgspec.structs import replace

from cairn.core.check import Superiority
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.paired import alpha, conclude, difference
from cairn.stats.checks.words import count, percent
from cairn.stats.detectable import rows_to_detect
from cairn.stats.estimate import Difference


def judge_superiority(check: Superiority, evidence: Evidence) -> Finding:
    """Judge the gain against the margin, by the paired test on all rows."""
    found = difference(check, evidence)
    if isinstance(found, Finding):
        return found
    finding = conclude(check, evidence, found=found, p=found.p_superiority(check.margin))
    more = f" by more than {check.margin:g}" if check.margin else ""
    if found.discordant == 0:
        same = (
            f"{finding.reason}: both say the same about every row, so it is not better{more}"
        )
        return replace(finding, outcome="fail", code="no-difference", reason=same, fix=_BETTER)
    if found.lower > check.margin:
        better = f"{finding.reason}: better{more}, beyond chance"
        return replace(finding, outcome="pass", code="better", reason=better)
    if found.upper <= check.margin:
        worse = f"{finding.reason}: {_FALLS_SHORT[found.upper < 0]}{more}"
        return replace(finding, outcome="fail", code="not-better", reason=worse, fix=_BETTER)
    open_ = f"{finding.reason}: not shown to be better{more}"
    return replace(finding, reason=open_, fix=_more_rows(check, found))


def _more_rows(check: Superiority, found: Difference) -> str:
    excess = found.gain - check.margin
    if excess <= 0:
        return _BETTER
    rows = rows_to_detect(excess, found.standard_error, found.rows, alpha=alpha(check))
    return (
        f"evaluate both versions on about {count(rows)}: as many would show a gain like this "
        f"one four times in five at {percent(check.confidence)} confidence"
    )


_FALLS_SHORT = {True: "worse, beyond chance, so not better", False: "not better"}
_BETTER = "train a better candidate, or ask only that it is not worse: type `non_inferiority`"
