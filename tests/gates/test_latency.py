"""Latency is measured after warming up, for as long as it takes to know and no longer."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.core.check import LatencyBudget
from cairn.core.errors import Invalid
from cairn.core.evaluation import ListLatencies, Scorer
from cairn.core.gate import Finding
from cairn.gates.evaluation import configured_scorer
from cairn.gates.latency import (
    MOST_SECONDS,
    SAMPLES,
    USUAL_SECONDS,
    Asked,
    measure_latency,
    sample,
)
from cairn.gates.models import Models
from cairn.registry import Registry
from cairn.stats.checks.latency import judge_calls
from projects.workshop import add_table, churn, fitted, register

BUDGET = LatencyBudget(id="speed", max_ms=40)


class Stopwatch:
    """A clock that stands still except while a call is made."""

    def __init__(self, durations: Iterable[float]) -> None:
        self.now = 0.0
        self._durations: Iterator[float] = iter(durations)

    def call(self) -> float:
        """Let the next duration pass, in seconds."""
        seconds = next(self._durations)
        self.now += seconds
        return seconds

    def read(self) -> float:
        """Tell the time."""
        return self.now


def sampled(
    durations: Iterable[float], *budgets: LatencyBudget
) -> tuple[int, tuple[float, ...], float]:
    watch = Stopwatch(durations)
    discarded, samples = sample(watch.call, Asked(budgets=budgets), clock=watch.read)
    return discarded, samples, watch.now


def judged(budget: LatencyBudget, samples: tuple[float, ...]) -> Finding:
    return judge_calls(budget, samples, rows=5000, measurement=1)


def test_warming_up_ends_when_two_windows_agree() -> None:
    slow_start = chain(repeat(0.004, 50), repeat(0.002, 50), repeat(0.001))

    discarded, samples, _ = sampled(slow_start, BUDGET)

    assert discarded == 200
    assert set(samples) == {1.0}
    assert len(samples) == 7000  # as many as the 99th percentile needs


def test_a_model_that_never_settles_is_measured_all_the_same() -> None:
    unsettled = (0.001 * 1.5 ** (call // 50 % 2) for call in range(1_000_000))

    discarded, samples, _ = sampled(unsettled, BUDGET)

    assert discarded == 1000
    assert len(samples) == 7000


def test_a_model_clearly_over_budget_is_not_measured_any_longer() -> None:
    _, samples, seconds = sampled(repeat(0.1), BUDGET)

    assert len(samples) == 50
    assert judged(BUDGET, samples).outcome == "fail"
    assert seconds < USUAL_SECONDS


def test_a_very_slow_model_is_known_to_be_slow_after_a_few_calls() -> None:
    _, samples, seconds = sampled(repeat(2.0), BUDGET)

    assert 5 <= len(samples) <= 10
    assert judged(BUDGET, samples).outcome == "fail"
    assert seconds <= USUAL_SECONDS + 5


def test_a_slow_model_within_a_generous_budget_gets_the_time_it_needs() -> None:
    generous = LatencyBudget(id="speed", max_ms=500, percentile=90)

    _, samples, seconds = sampled(repeat(0.2), generous)

    assert len(samples) == 664
    assert judged(generous, samples).outcome == "pass"
    assert USUAL_SECONDS < seconds < MOST_SECONDS


def test_no_measurement_takes_for_ever() -> None:
    patient = LatencyBudget(id="speed", max_ms=60_000, percentile=99.9)

    _, samples, seconds = sampled(repeat(0.9), patient)

    assert seconds < MOST_SECONDS + 1
    assert judged(patient, samples).code == "too-few-calls"


def test_a_call_longer_than_all_the_time_there_is_gives_one_sample() -> None:
    _, samples, _ = sampled(repeat(500.0), BUDGET)

    assert samples == (500_000.0,)


def test_the_loaded_model_is_timed_and_the_machine_is_recorded(registry: Registry) -> None:
    snapshot = add_table(registry, churn(rows=300))
    version = register(registry, fitted(LogisticRegression(), ["age", "spend"]))

    info = measure_latency(
        Models(registry), version, on=snapshot, scorer=configured_scorer(registry, version)
    )

    measured = info.latency
    assert len(measured.samples_ms) == SAMPLES
    assert measured.rows == 300
    assert all(0 < milliseconds < 1000 for milliseconds in measured.samples_ms)
    assert measured.warm_up >= 100
    assert measured.snapshot == snapshot.digest
    assert measured.machine.count(", ") >= 3
    assert version.manifest.artifacts is not None
    stored = registry.engine.send(ListLatencies(artifacts=version.manifest.artifacts.tree))
    assert [found.digest for found in stored] == [info.digest]


def test_an_empty_table_cannot_be_measured(registry: Registry) -> None:
    snapshot = add_table(registry, "customer,churned,region,age,spend\n")
    version = register(registry, fitted(LogisticRegression(), ["age", "spend"]))

    with pytest.raises(Invalid, match="no rows to measure latency with"):
        measure_latency(
            Models(registry), version, on=snapshot, scorer=Scorer(score="predict", label="x")
        )


def test_a_sample_needs_no_budget() -> None:
    call: Callable[[], float] = Stopwatch(repeat(0.001)).call

    assert len(sample(call, Asked(), clock=lambda: 0.0)[1]) == SAMPLES
