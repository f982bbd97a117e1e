"""A latency budget is held against a bound that assumes nothing about the distribution.

It assumes that no spell of slow calls lasts longer than twenty, unless one was seen.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import LatencyBudget
from cairn.core.gate import Finding
from cairn.stats.checks import judge
from scores.scored import decided, evidence

BUDGET = LatencyBudget(id="speed", max_ms=40)


def measured(
    samples: Sequence[float] | None, check: LatencyBudget = BUDGET, *, rows: int = 5000
) -> Finding:
    found = replace(evidence(decided(4), None), latency_ms=samples, latency_rows=rows)
    return judge(check, found)


def test_fast_calls_pass() -> None:
    samples = np.random.default_rng(1).lognormal(1, 0.3, 8000).tolist()

    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("pass", "within-budget")
    assert "8,000 calls, taken for 400 independent ones: no slow spell" in finding.reason
    assert "is assumed to last longer than 20 calls" in finding.reason
    assert finding.upper is not None
    assert finding.observed is not None
    assert finding.observed <= finding.upper <= 40
    assert (finding.rows, finding.threshold) == (8000, 40)


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
    finding = measured([1.0] * 6950)

    assert (finding.outcome, finding.code) == ("inconclusive", "too-few-calls")
    assert "6,960 calls" in finding.fix
    assert measured([1.0] * 6960).outcome == "pass"


def test_few_rows_called_again_and_again_do_not_show_what_other_rows_cost() -> None:
    finding = measured([1.0] * 7000, rows=300)

    assert (finding.outcome, finding.code) == ("inconclusive", "too-few-rows")
    assert "348 rows" in finding.fix
    assert measured([1.0] * 7000, rows=348).outcome == "pass"
    assert measured([1.0] * 7000, rows=0).code == "too-few-rows"  # nobody said: 200


def test_a_later_measurement_of_the_same_files_may_spend_less_of_the_error() -> None:
    found = replace(evidence(decided(4), None), latency_rows=5000, latency_number=2)

    again = judge(BUDGET, replace(found, latency_ms=[1.0] * 6960))

    assert (again.outcome, again.code) == ("inconclusive", "too-few-calls")
    assert "at 99.24% confidence" in again.reason
    assert "measurement 2 of these files" in again.reason


def test_calls_alike_one_after_the_other_are_worth_fewer() -> None:
    samples = np.random.default_rng(1).lognormal(3.3, 0.3, 8000)

    apart, alike = measured(samples.tolist()), measured(np.sort(samples).tolist())

    assert apart.upper is not None
    assert alike.code == "too-few-calls"


def test_a_tail_that_may_reach_over_the_budget_is_inconclusive() -> None:
    samples = [90.0 if call % 250 == 3 else 5.0 for call in range(8000)]

    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")


def test_the_median_needs_few_calls() -> None:
    check = LatencyBudget(id="speed", max_ms=10, percentile=50)

    assert measured([2.0] * 120, check).outcome == "pass"


@pytest.mark.parametrize("samples", [None, ()])
def test_a_latency_never_measured_fails(samples: Sequence[float] | None) -> None:
    finding = measured(samples)

    assert (finding.outcome, finding.code) == ("fail", "no-latency")
    assert "cairn gate check churn:2" in finding.fix


@pytest.mark.parametrize("broken", [math.nan, math.inf, -1.0])
def test_values_that_are_no_durations_fail(broken: float) -> None:
    finding = measured([1.0] * 499 + [broken])

    assert (finding.outcome, finding.code) == ("fail", "not-finite")


def test_decisions_of_earlier_releases_took_calls_for_independent() -> None:
    found = replace(evidence(decided(4), None), latency_ms=[1.0] * 299, statistics=1)

    assert judge(BUDGET, found).outcome == "pass"
