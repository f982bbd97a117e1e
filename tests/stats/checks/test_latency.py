"""A latency budget is held against a bound that assumes nothing about the distribution."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import LatencyBudget
from cairn.core.gate import Finding
from cairn.stats.checks import judge
from scored import decided, evidence

BUDGET = LatencyBudget(id="speed", max_ms=40)


def measured(samples: Sequence[float] | None, check: LatencyBudget = BUDGET) -> Finding:
    return judge(check, replace(evidence(decided(4), None), latency_ms=samples))


def test_fast_calls_pass() -> None:
    samples = np.random.default_rng(1).lognormal(1, 0.3, 500).tolist()

    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("pass", "within-budget")
    assert finding.upper is not None
    assert finding.observed is not None
    assert finding.observed <= finding.upper <= 40
    assert (finding.rows, finding.threshold) == (500, 40)


def test_slow_calls_fail_and_the_reason_has_both_numbers() -> None:
    finding = measured([55.0 + number % 5 for number in range(500)])

    assert (finding.outcome, finding.code) == ("fail", "over-budget")
    assert "p99 59 ms" in finding.reason
    assert "the budget is 40 ms" in finding.reason


def test_a_model_too_slow_for_many_calls_fails_already_on_few() -> None:
    finding = measured([1000.0] * 20)

    assert (finding.outcome, finding.code) == ("fail", "over-budget")
    assert finding.upper is None


def test_few_fast_calls_are_inconclusive_and_the_fix_says_how_many_are_needed() -> None:
    finding = measured([1.0] * 298)

    assert (finding.outcome, finding.code) == ("inconclusive", "too-few-calls")
    assert "299 calls" in finding.fix
    assert measured([1.0] * 299).outcome == "pass"


def test_a_tail_that_may_reach_over_the_budget_is_inconclusive() -> None:
    samples = [5.0] * 494 + [90.0] * 6

    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")


def test_the_median_needs_few_calls() -> None:
    check = LatencyBudget(id="speed", max_ms=10, percentile=50)

    assert measured([2.0] * 5, check).outcome == "pass"


@pytest.mark.parametrize("samples", [None, ()])
def test_a_latency_never_measured_fails(samples: Sequence[float] | None) -> None:
    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("fail", "no-latency")
    assert "cairn gate check churn:2" in finding.fix


@pytest.mark.parametrize("broken", [math.nan, math.inf, -1.0])
def test_values_that_are_no_durations_fail(broken: float) -> None:
    finding = measured([1.0] * 499 + [broken])

    assert (finding.outcome, finding.code) == ("fail", "not-finite")


def test_the_order_of_calls_changes_nothing() -> None:
    samples = np.random.default_rng(4).lognormal(3.2, 0.4, 600).tolist()

    assert measured(samples) == measured(sorted(samples))
