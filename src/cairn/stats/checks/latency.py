"""Check `latency`: a percentile of single calls keeps its budget, beyond chance.

Pass if the upper bound of the percentile keeps the budget; fail if already the lower bound
exceeds it; else, and with too few calls for a bound, inconclusive. Bounds are order
statistics: nothing is assumed about how latencies are distributed.

1. Calls that follow one another, and calls of one row, are alike: both bounds count them as
   the independent calls that they are worth (`dependence`).
2. A pass is proof, and a slow spell or a slow row that never came up proves nothing. So it
   counts no more than one call in `SPELL`, which is the longest spell that is assumed, and no
   more than there were rows.
3. Who measures until it fits will find it fitting. Measurement k of the same files may spend
   6 / (pi^2 k^2) of the error, which adds up to all of it.
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from msgspec.structs import replace

from cairn.core.check import LatencyBudget, LatencyRatio
from cairn.core.gate import Finding, Reuse
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import missing
from cairn.stats.checks.words import count, stated
from cairn.stats.dependence import worth
from cairn.stats.quantile import smallest_rows
from cairn.stats.scored import Floats
from cairn.stats.spending import allowance
from cairn.stats.tail import lower_of, upper_of

SPELL = 20
"""A spell of slow calls is assumed to last no longer, unless a longer one was seen."""
ROWS = 200
"""How many rows measurements cycled through before they said how many."""


def judge_latency(check: LatencyBudget, evidence: Evidence) -> Finding:
    """Judge the percentile's bound against the budget."""
    if isinstance(evidence.latency_ms, Problem):
        return missing(check, evidence.latency_ms)
    if not evidence.latency_ms:
        return missing(check, never_measured(evidence))
    return judge_calls(
        check,
        evidence.latency_ms,
        rows=evidence.latency_rows,
        measurement=evidence.latency_number,
    )


def judge_calls(
    check: LatencyBudget, samples: Sequence[float], *, rows: int, measurement: int
) -> Finding:
    """Judge measured calls, in milliseconds; there is at least one.

    They cycle through `rows` rows (0: not known), and are `measurement` number one or later of
    the same files.
    """
    if (calls := read_calls(samples)) is None:
        return missing(check, BROKEN)
    share, alpha = check.percentile / 100, error_of(check, measurement)
    cycle = rows or ROWS
    alike = worth(calls, share=share, limit=check.max_ms, rows=cycle)
    proven = min(alike, calls.size / SPELL, cycle)
    above = upper_of(calls, share, worth=proven, alpha=alpha)
    below = lower_of(calls, share, worth=alike, alpha=alpha)
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
        method="order statistics of independent calls",
    )
    told = partial(_told, finding, check, alpha=alpha, measurement=measurement)
    says = partial(told, worth=proven, assumed=_ASSUMED)
    if above is not None and above <= check.max_ms:
        reason = says(bound=f"at most {ms(above)}")
        return replace(finding, outcome="pass", code="within-budget", reason=reason)
    if below is not None and below > check.max_ms:
        reason = told(bound=f"at least {ms(below)}", worth=alike)
        return replace(finding, outcome="fail", code="over-budget", reason=reason, fix=FASTER)
    if above is not None:
        reason = says(bound=f"only at most {ms(above)}")
        return replace(finding, reason=reason, fix=QUIETER)
    needed = independent(check, measurement)
    few_rows = cycle < needed
    lacking = count(needed) if few_rows else count(needed, "independent call")
    return replace(
        finding,
        code="too-few-rows" if few_rows else "too-few-calls",
        reason=says(bound=f"unknown below {lacking}"),
        fix=f"measure at least {count(needed * SPELL, 'call')} of {count(needed)} or more, or "
        "ask for a lower percentile in the policy",
    )


def independent(check: LatencyBudget, measurement: int) -> int:
    """How many independent calls an upper bound needs, which is as many rows."""
    return smallest_rows(check.percentile / 100, alpha=error_of(check, measurement))


def error_of(check: LatencyBudget | LatencyRatio, measurement: int) -> float:
    """The error that one measurement of several may spend."""
    return allowance(Reuse(), round(1 - check.confidence, 12), measurement).alpha


def _told(
    finding: Finding,
    check: LatencyBudget,
    *,
    alpha: float,
    measurement: int,
    bound: str,
    worth: float,
    assumed: str = "",
) -> str:
    """Say what a bound is, what it rests on and what it assumes."""
    taken, calls = math.floor(worth), finding.rows or 0
    fewer = f", taken for {taken:,} independent ones" if taken < calls else ""
    again = f"; measurement {measurement} of these files" if measurement > 1 else ""
    return (
        f"{finding.metric} {ms(finding.observed or 0)}, at {stated(1 - alpha)} confidence "
        f"{bound} ({count(calls, 'call')}{fewer}{assumed}{again}): the "
        f"budget is {ms(check.max_ms)}"
    )


def read_calls(samples: Sequence[float]) -> Floats | None:
    """Measured calls in milliseconds; none if one of them is not a duration."""
    calls = np.asarray(samples, dtype=np.float64)
    return calls if bool((np.isfinite(calls) & (calls >= 0)).all()) else None


def ms(value: float) -> str:
    """Write milliseconds in three digits: `8.05 ms`."""
    return f"{value:.3g} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004 - three digits


def never_measured(evidence: Evidence) -> Problem:
    """Say that no measurement is stored, and what makes one."""
    return Problem(
        code="no-latency",
        reason=f"no latency of {evidence.version} was ever measured",
        fix=f"let it be measured: `cairn gate check {evidence.where}`",
    )


BROKEN = Problem(
    code="not-finite",
    reason="the latency measurement holds values that are no durations",
    fix="measure again on a machine whose clock does not jump",
)
_ASSUMED = f": no slow spell is assumed to last longer than {SPELL} calls, unless one was seen"
FASTER = "make the model smaller or faster, or raise max_ms in the policy"
QUIETER = "measure on a quieter machine, make the model faster, or raise max_ms in the policy"
