"""Check `floor`: the metric reaches a value, beyond chance; needs no live version.

Pass if the bound on the bad side reaches the value, fail if the bound on the good side does
not, else inconclusive. For a loss (log_loss, brier) the floor is a ceiling.
"""

from cairn.core.check import Floor
from cairn.core.gate import Finding
from cairn.stats.checks.bounds import judge_bound
from cairn.stats.checks.evidence import Evidence


def judge_floor(check: Floor, evidence: Evidence) -> Finding:
    """Judge the metric's confidence bound on its bad side against the value."""
    return judge_bound(check, evidence, metric=check.metric, value=check.value)
