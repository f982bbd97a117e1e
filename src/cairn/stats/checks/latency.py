"""Check `latency`: a percentile of single calls keeps its budget, beyond chance.

Pass if the upper bound of the percentile keeps the budget; fail if already the lower bound
exceeds it; else, and with too few calls for a bound, inconclusive. Bounds are order
statistics: nothing is assumed about how latencies are distributed.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from cairn.core.check import LatencyBudget
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, percent
from cairn.stats.estimate import Undefined
from cairn.stats.quantile import QuantileBound, quantile_lower, quantile_upper, smallest_rows
from cairn.stats.scored import Floats


def judge_latency(check: LatencyBudget, evidence: Evidence) -> Finding:
    """Judge the percentile's bound against the budget."""
    if isinstance(evidence.latency_ms, Problem):
        return missing(check, evidence.latency_ms)
    if not evidence.latency_ms:
        return missing(check, _never_measured(evidence))
    return judge_calls(check, evidence.latency_ms)


def judge_calls(check: LatencyBudget, samples: Sequence[float]) -> Finding:
    """Judge measured calls, in milliseconds; there is at least one."""
    if (calls := read_calls(samples)) is None:
        return missing(check, _BROKEN)
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
        reason = _says(check, finding, f"at most {_ms(above)}")
        return replace(finding, outcome="pass", code="within-budget", reason=reason)
    if below is not None and below > check.max_ms:
        reason = _says(check, finding, f"at least {_ms(below)}")
        return replace(finding, outcome="fail", code="over-budget", reason=reason, fix=_FASTER)
    if above is not None:
        return replace(
            finding, reason=_says(check, finding, f"only at most {_ms(above)}"), fix=_QUIETER
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
        f"{finding.metric} {_ms(finding.observed or 0)}, at {percent(check.confidence)} "
        f"confidence {bound} ({count(finding.rows or 0, 'call')}): the budget is "
        f"{_ms(check.max_ms)}"
    )


def read_calls(samples: Sequence[float]) -> Floats | None:
    """Measured calls in milliseconds; none if one of them is no duration."""
    calls = np.asarray(samples, dtype=np.float64)
    return calls if bool((np.isfinite(calls) & (calls >= 0)).all()) else None


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004 - three digits


def _never_measured(evidence: Evidence) -> Problem:
    return Problem(
        code="no-latency",
        reason=f"no latency of {evidence.version} was ever measured",
        fix=f"let it be measured: `cairn gate check {evidence.version}`",
    )


_BROKEN = Problem(
    code="not-finite",
    reason="the latency measurement holds values that are no durations",
    fix="measure again on a machine whose clock does not jump",
)
_FASTER = "make the model smaller or faster, or raise max_ms in the policy"
_QUIETER = "measure on a quieter machine, make the model faster, or raise max_ms in the policy"
