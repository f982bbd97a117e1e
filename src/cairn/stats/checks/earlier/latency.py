"""Check `latency` by the first version of the statistics: calls are taken as independent.

Pass if the upper bound of the percentile keeps the budget; fail if already the lower bound
exceeds it; else, and with too few calls for a bound, inconclusive.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from cairn.core.check import LatencyBudget
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.latency import BROKEN, FASTER, QUIETER, ms, never_measured, read_calls
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, percent
from cairn.stats.estimate import Undefined
from cairn.stats.quantile import QuantileBound, quantile_lower, quantile_upper, smallest_rows


def judge_latency(check: LatencyBudget, evidence: Evidence) -> Finding:
    """Judge the percentile's bound against the budget."""
    if isinstance(evidence.latency_ms, Problem):
        return missing(check, evidence.latency_ms)
    if not evidence.latency_ms:
        return missing(check, never_measured(evidence))
    return _judged(check, evidence.latency_ms)


def _judged(check: LatencyBudget, samples: Sequence[float]) -> Finding:
    if (calls := read_calls(samples)) is None:
        return missing(check, BROKEN)
    share, alpha = check.percentile / 100, round(1 - check.confidence, 12)
    above = _bound(quantile_upper(calls, share, alpha=alpha))
    below = _bound(quantile_lower(calls, share, alpha=alpha))
    finding = Finding(
        check=check.id,
        type="latency",
        outcome="inconclusive",
        code="undecided",
        reason="",
        metric=f"p{check.percentile:g}",
        observed=float(np.quantile(calls, share, method="inverted_cdf")),
        lower=below,
        upper=above,
        threshold=check.max_ms,
        rows=calls.size,
    )
    if above is not None and above <= check.max_ms:
        reason = _says(check, finding, f"at most {ms(above)}")
        return replace(finding, outcome="pass", code="within-budget", reason=reason)
    if below is not None and below > check.max_ms:
        reason = _says(check, finding, f"at least {ms(below)}")
        return replace(finding, outcome="fail", code="over-budget", reason=reason, fix=FASTER)
    if above is not None:
        return replace(
            finding, reason=_says(check, finding, f"only at most {ms(above)}"), fix=QUIETER
        )
    needed = count(smallest_rows(share, alpha=alpha), "call")
    return replace(
        finding,
        code="too-few-calls",
        reason=_says(check, finding, f"unknown below {needed}"),
        fix=f"measure at least {needed}; a model too slow for that is too slow for the budget",
    )


def _bound(found: QuantileBound | Undefined) -> float | None:
    return None if isinstance(found, Undefined) else found.bound


def _says(check: LatencyBudget, finding: Finding, bound: str) -> str:
    return (
        f"{finding.metric} {ms(finding.observed or 0)}, at {percent(check.confidence)} "
        f"confidence {bound} ({count(finding.rows or 0, 'call')}): the budget is "
        f"{ms(check.max_ms)}"
    )
