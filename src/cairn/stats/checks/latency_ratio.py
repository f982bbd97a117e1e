"""Check `latency_ratio`: the candidate is not much slower than the live version.

Both are measured in turn on one machine, so that what the machine does meanwhile hits both.
Pass if the upper bound of the ratio keeps `max_ratio`; fail if the lower bound exceeds it;
else, with too few rounds, and where the ratio drifts throughout, inconclusive: then it is
measured again, over twice as many rounds. Measurements of the same files share the error, as
of a latency.
"""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from cairn.core.check import LatencyRatio
from cairn.core.gate import Finding, Outcome
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.latency import ROWS, error_of, read_calls
from cairn.stats.checks.paired import nothing_live
from cairn.stats.checks.without import missing, undefined
from cairn.stats.checks.words import count, stated
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
    ours = read_calls(evidence.in_turn_ms or evidence.latency_ms)
    theirs = read_calls(evidence.live_latency_ms)
    if ours is None or theirs is None:
        return missing(check, _BROKEN)
    found = quantile_ratio(
        ours,
        theirs,
        calls=evidence.round_calls,
        share=check.percentile / 100,
        alpha=_error(check, evidence),
        rows=evidence.in_turn_rows or evidence.latency_rows or ROWS,
        apart=evidence.statistics == 1,
    )
    if isinstance(found, Undefined):
        finding = undefined(check, metric=metric, reason=found.reason)
        return replace(finding, fix=_again(evidence))
    return _held(check, found, evidence)


def decides(
    check: LatencyRatio,
    samples: tuple[Sequence[float], Sequence[float]],
    *,
    calls: int,
    rows: int,
    measurement: int,
) -> bool:
    """Whether rounds of `calls` calls of both models show the ratio kept, or exceeded.

    They cycle through `rows` rows, and are `measurement` number one or later of the files.
    """
    ours, theirs = (read_calls(one) for one in samples)
    if ours is None or theirs is None:
        return False
    alpha, share = error_of(check, measurement), check.percentile / 100
    found = quantile_ratio(
        ours, theirs, calls=calls, share=share, alpha=alpha, rows=rows or ROWS
    )
    return not isinstance(found, Undefined) and _outcome(check, found) != "inconclusive"


def _error(check: LatencyRatio, evidence: Evidence) -> float:
    if evidence.statistics == 1:
        return round(1 - check.confidence, 12)
    return error_of(check, evidence.latency_number)


def _held(check: LatencyRatio, found: QuantileRatio, evidence: Evidence) -> Finding:
    finding = _numbers(check, found, first=evidence.statistics == 1)
    sure = stated(1 - found.alpha, evidence.statistics)
    says = (
        f"p{check.percentile:g} {found.candidate:.3g} ms against {found.live:.3g} ms of "
        f"{evidence.live_version}: {found.ratio:.3g} times (at least {found.lower:.3g}, at "
        f"most {found.upper:.3g}, each at {sure} confidence; "
        f"{_counted(found, evidence)})"
    )
    allows = f"the policy allows {check.max_ratio:g} times"
    outcome = _outcome(check, found)
    if outcome == "pass":
        reason = f"{says}: {allows}"
        return replace(finding, outcome="pass", code="not-slower", reason=reason)
    if outcome == "fail":
        reason = f"{says}: slower, beyond chance; {allows}"
        return replace(finding, outcome="fail", code="slower", reason=reason, fix=_FASTER)
    fix = f"{_again(evidence)}{_needed(check, found)}"
    return replace(finding, reason=f"{says}: may be slower; {allows}", fix=fix)


def _outcome(check: LatencyRatio, found: QuantileRatio) -> Outcome:
    if found.upper <= check.max_ratio:
        return "pass"
    return "fail" if found.lower > check.max_ratio else "inconclusive"


def _counted(found: QuantileRatio, evidence: Evidence) -> str:
    """Say what the bounds rest on."""
    number, drift = evidence.latency_number, ""
    if evidence.statistics > 1:
        drift = f", taken for {math.floor(found.worth)} independent ones: the ratio may drift"
    again = f"; measurement {number} of these files" if number > 1 else ""
    return f"{count(found.rounds, 'round')}{drift}{again}"


def _needed(check: LatencyRatio, found: QuantileRatio) -> str:
    """Say how many rounds would decide, if the ratio is what it looks like."""
    away = math.log(check.max_ratio / found.ratio)
    side = found.upper / found.ratio if away > 0 else found.ratio / found.lower
    if away == 0:
        return ""
    rounds = math.ceil(found.rounds * (math.log(side) / away) ** 2)
    return f"; about {count(rounds, 'round')} would decide" if rounds < _MANY else ""


def _again(evidence: Evidence) -> str:
    return (
        f"`cairn gate check {evidence.where}` measures again, over twice as many rounds; a "
        "quieter machine needs fewer"
    )


def _numbers(check: LatencyRatio, found: QuantileRatio, *, first: bool) -> Finding:
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
        method="Poisson bootstrap of rounds" if first else _METHOD,
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
_METHOD = "bootstrap of rounds, and t of their slowest waves"
_MANY = 10_000
