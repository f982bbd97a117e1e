"""Check `latency_ratio`: the candidate is not much slower than the live version.

Both are measured in turn on one machine, so that what the machine does meanwhile hits both.
Pass if the upper bound of the ratio keeps `max_ratio`; fail if the lower bound exceeds it;
else, with too few rounds, and where the ratio drifts throughout, inconclusive. Measurements of
the same files share the error, as of a latency.
"""

from msgspec.structs import replace

from cairn.core.check import LatencyRatio
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.latency import ROWS, error_of, read_calls
from cairn.stats.checks.paired import nothing_live
from cairn.stats.checks.without import missing, undefined
from cairn.stats.checks.words import count, percent
from cairn.stats.estimate import Undefined
from cairn.stats.quantile_ratio import QuantileRatio, quantile_ratio


def judge_latency_ratio(check: LatencyRatio, evidence: Evidence) -> Finding:
    """Judge the bounds of the ratio of percentiles."""
    metric = f"p{check.percentile:g}"
    if evidence.live_version is None:
        return nothing_live(check, evidence, metric=metric)
    if isinstance(evidence.latency_ms, Problem):
        return missing(check, evidence.latency_ms)
    if not evidence.latency_ms or not evidence.live_latency_ms:
        return missing(check, _never(evidence))
    ours, theirs = read_calls(evidence.latency_ms), read_calls(evidence.live_latency_ms)
    if ours is None or theirs is None:
        return missing(check, _BROKEN)
    found = quantile_ratio(
        ours,
        theirs,
        calls=evidence.round_calls,
        share=check.percentile / 100,
        alpha=_error(check, evidence),
        rows=evidence.latency_rows or ROWS,
        apart=evidence.statistics == 1,
    )
    if isinstance(found, Undefined):
        return undefined(check, metric=metric, reason=found.reason)
    return _held(check, found, evidence)


def _error(check: LatencyRatio, evidence: Evidence) -> float:
    if evidence.statistics == 1:
        return round(1 - check.confidence, 12)
    return error_of(check, evidence.latency_number)


def _held(check: LatencyRatio, found: QuantileRatio, evidence: Evidence) -> Finding:
    finding = _numbers(check, found)
    says = (
        f"p{check.percentile:g} {found.candidate:.3g} ms against {found.live:.3g} ms of "
        f"{evidence.live_version}: {found.ratio:.3g} times (at least {found.lower:.3g}, at "
        f"most {found.upper:.3g}, each at {percent(1 - found.alpha)} confidence; "
        f"{_counted(found, evidence.latency_number)})"
    )
    allows = f"the policy allows {check.max_ratio:g} times"
    if found.upper <= check.max_ratio:
        reason = f"{says}: {allows}"
        return replace(finding, outcome="pass", code="not-slower", reason=reason)
    if found.lower > check.max_ratio:
        reason = f"{says}: slower, beyond chance; {allows}"
        return replace(finding, outcome="fail", code="slower", reason=reason, fix=_FASTER)
    return replace(finding, reason=f"{says}: may be slower; {allows}", fix=_QUIETER)


def _counted(found: QuantileRatio, measurement: int) -> str:
    """Say what the bounds rest on."""
    drift = ", wider for a drift of the ratio" if found.drifts else ""
    again = f"; measurement {measurement} of these files" if measurement > 1 else ""
    return f"{count(found.rounds, 'round')}{drift}{again}"


def _numbers(check: LatencyRatio, found: QuantileRatio) -> Finding:
    return Finding(
        check=check.id,
        type="latency_ratio",
        outcome="inconclusive",
        code="undecided",
        reason="",
        metric=f"p{check.percentile:g}",
        observed=found.candidate,
        baseline=found.live,
        difference=found.ratio,
        lower=found.lower,
        upper=found.upper,
        threshold=check.max_ratio,
        rows=found.calls,
        method="Poisson bootstrap of rounds",
    )


def _never(evidence: Evidence) -> Problem:
    return Problem(
        code="no-latency",
        reason=f"{evidence.version} was never measured in turn with {evidence.live_version}",
        fix=f"let it be measured: `cairn gate check {evidence.where}`",
    )


_BROKEN = Problem(
    code="not-finite",
    reason="the latency measurement holds values that are no durations",
    fix="measure again on a machine whose clock does not jump",
)
_FASTER = "make the model smaller or faster, or raise max_ratio in the policy"
_QUIETER = "measure more rounds on a quieter machine, or make the model faster"
