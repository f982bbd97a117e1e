"""Check `ceiling`: the metric stays at or below a value, beyond chance.

For what may be too much of a good thing, such as the rate of positive decisions. Pass if the
upper bound keeps the value, fail if the lower bound exceeds it, else inconclusive.
"""

from cairn.core.check import Ceiling
from cairn.core.gate import Finding
from cairn.stats.checks.bounds import judge_bound
from cairn.stats.checks.evidence import Evidence


def judge_ceiling(check: Ceiling, evidence: Evidence) -> Finding:
    """Judge the metric's upper confidence bound against the value."""
    return judge_bound(check, evidence, metric=check.metric, value=check.value, upwards=False)
