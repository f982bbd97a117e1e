"""Check `superiority`: the candidate is better than the live version, beyond chance.

Pass if the lower bound of the gain lies above the margin; fail if the upper bound does not, or
if both models say the same about every row; else inconclusive. Equal models pass with a
probability of at most 1 - confidence.
"""

import numpy as np
from msgspec.structs import replace

from cairn.core.check import Superiority
from cairn.core.gate import Finding
from cairn.stats.align import Pair
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.paired import conclude, difference
from cairn.stats.checks.spent import with_look
from cairn.stats.checks.without import too_thin
from cairn.stats.checks.words import count, stated
from cairn.stats.detectable import rows_needed
from cairn.stats.estimate import Difference
from cairn.stats.metrics import parse_metric


def judge_superiority(check: Superiority, evidence: Evidence) -> Finding:
    """Judge the gain against the margin, by the paired test on all rows."""
    compared = difference(check, evidence)
    if isinstance(compared, Finding):
        return compared
    p = compared[1].p_superiority(check.margin)
    finding = conclude(check, evidence, compared=compared, p=p)
    alike = _alike(check, *compared) if evidence.statistics > 1 else _SAME
    return with_look(_held(check, finding, compared[1], alike=alike), check, evidence)


def _alike(check: Superiority, rows: Pair, found: Difference) -> str:
    """Say what both models have in common if no row that counts tells them apart."""
    metric = parse_metric(check.metric)
    if metric.family in ("share", "ratio"):
        return "both decide alike on every row that counts"
    if metric.kind != "mean" and np.array_equal(rows.candidate, rows.live):
        return _SAME
    return f"{found.metric} is the same for both on every {found.noun} that counts"


def _held(check: Superiority, finding: Finding, found: Difference, *, alike: str) -> Finding:
    """Hold the bounds of the gain against the margin."""
    more = f" by more than {check.margin:g}" if check.margin else ""
    if found.discordant == 0:
        same = f"{finding.reason}: {alike}, so it is not better{more}"
        return replace(finding, outcome="fail", code="no-difference", reason=same, fix=_BETTER)
    if found.thin is not None:
        return too_thin(finding, found.thin, says=finding.reason, noun=found.noun)
    if found.lower > check.margin:
        better = f"{finding.reason}: better{more}, beyond chance"
        return replace(finding, outcome="pass", code="better", reason=better)
    if found.upper <= check.margin:
        worse = f"{finding.reason}: {_FALLS_SHORT[found.upper < 0]}{more}"
        return replace(finding, outcome="fail", code="not-better", reason=worse, fix=_BETTER)
    open_ = f"{finding.reason}: not shown to be better{more}"
    rows = rows_needed(found.gain - check.margin, found)
    fix = _BETTER if rows is None else _more_rows(check, count(rows, found.noun))
    return replace(finding, reason=open_, fix=fix, rows_needed=rows)


def _more_rows(check: Superiority, rows: str) -> str:
    return (
        f"evaluate both versions on about {rows}: as many would show a gain like this "
        f"one four times in five at {stated(check.confidence)} confidence"
    )


_SAME = "both say the same about every row"
_FALLS_SHORT = {True: "worse, beyond chance, so not better", False: "not better"}
_BETTER = "train a better candidate, or ask only that it is not worse: type `non_inferiority`"
