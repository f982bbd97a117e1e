"""Check `latency_ratio`: candidate and live version measured in turn."""

from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import LatencyRatio
from cairn.core.gate import Finding
from cairn.stats.checks import Evidence, Problem, judge
from scores.scored import decided, evidence

CHECK = LatencyRatio(id="no-slower", max_ratio=1.2, percentile=90)
CALLS = 25


def timed(factor: float, *, rounds: int = 60, seed: int = 1) -> Evidence:
    world = np.random.default_rng(seed)
    busy = np.repeat(np.exp(0.2 * world.normal(size=rounds)), CALLS)
    ours, theirs = (busy * np.exp(0.2 * world.normal(size=busy.size)) for _ in range(2))
    return replace(
        evidence(decided(10), decided(10)),
        latency_ms=(factor * ours).tolist(),
        live_latency_ms=theirs.tolist(),
        round_calls=CALLS,
    )


def judged(found: Evidence) -> Finding:
    return judge(CHECK, found)


@pytest.mark.parametrize(
    ("factor", "outcome", "code"),
    [
        (1.0, "pass", "not-slower"),
        (1.2, "inconclusive", "undecided"),
        (1.6, "fail", "slower"),
    ],
)
def test_the_ratio_is_held_against_what_the_policy_allows(
    factor: float, outcome: str, code: str
) -> None:
    finding = judged(timed(factor))

    assert (finding.outcome, finding.code) == (outcome, code)
    assert finding.difference == pytest.approx(factor, rel=0.1)
    assert finding.lower is not None
    assert finding.upper is not None
    assert finding.lower < factor < finding.upper


def test_swapping_the_versions_turns_the_ratio_over() -> None:
    found = timed(1.3)
    calls = found.latency_ms
    assert isinstance(calls, list)
    turned = replace(found, latency_ms=found.live_latency_ms, live_latency_ms=calls)

    one, other = judged(found), judged(turned)

    assert (one.difference or 0) * (other.difference or 0) == pytest.approx(1)
    assert (one.upper or 0) * (other.lower or 0) == pytest.approx(1)


def test_few_rounds_do_not_decide() -> None:
    finding = judged(timed(1.0, rounds=10))

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-metric")
    assert "10 rounds" in finding.reason


def test_what_was_not_measured_in_turn_fails() -> None:
    alone = replace(timed(1.0), live_latency_ms=())

    assert (judged(alone).outcome, judged(alone).code) == ("fail", "no-latency")
    broken = replace(timed(1.0), live_latency_ms=[float("nan")] * 100)
    assert judged(broken).code == "not-finite"
    unsigned = replace(alone, latency_ms=Problem(code="unknown-measurer", reason="x", fix="y"))
    assert judged(unsigned).code == "unknown-measurer"


def test_while_nothing_is_live_the_bootstrap_rule_decides() -> None:
    first = evidence(decided(10), None)

    assert judged(first).outcome == "inconclusive"
    assert judged(replace(first, bootstrap="floors_only")).outcome == "not-applicable"


def test_a_finding_says_how_few_rounds_it_counts_and_what_would_decide() -> None:
    open_, steady = judged(timed(1.15)), timed(1.0)
    slower = np.repeat(np.exp(np.linspace(-0.3, 0.3, 60)), CALLS)
    drifting = judged(replace(steady, latency_ms=(slower * steady.latency_ms).tolist()))

    assert open_.outcome == "inconclusive"
    assert "60 rounds, taken for" in open_.reason
    assert "`cairn gate check churn:2` measures again, over twice as many" in open_.fix
    assert "rounds would decide" in open_.fix
    assert "drifts through all 60 rounds of calls, which are worth" in drifting.reason
    assert "`cairn gate check churn:2` measures again" in drifting.fix
    assert open_.method == "bootstrap of rounds, and t of their slowest waves"
