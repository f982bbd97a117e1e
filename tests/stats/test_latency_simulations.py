"""Latency in worlds whose truth is known: calls that are alike, rows that cost, drift, tries.

Every world is at its limit: the percentile is the budget, or the ratio what is allowed, so
passing and failing are both errors. `CAIRN_FAULTS=all` draws ten times as often.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import lfilter

from cairn.core.check import LatencyBudget, LatencyRatio
from cairn.stats.checks import Evidence, judge
from cairn.stats.checks.latency import error_of
from cairn.stats.dependence import drift_of
from cairn.stats.distributions import student_quantile
from scores.scored import SNAPSHOT
from stats.worlds import TIMES, limit, rows_of

BUDGET = LatencyBudget(id="speed", max_ms=40)
TAIL = 2.3263478740408408
FIRST = error_of(BUDGET, 1)
Floats = npt.NDArray[np.float64]
World = Callable[[np.random.Generator, int], Floats]
NOTHING = Evidence(version="churn:2", snapshot=SNAPSHOT, candidate=rows_of([1], [1]))


def alike(strength: float) -> World:
    """Calls whose logarithm is an autoregression: each remembers the one before."""

    def drawn(world: np.random.Generator, calls: int) -> Floats:
        noise = world.normal(size=calls) * math.sqrt(1 - strength**2)
        noise[0] = world.normal()
        z: Floats = np.asarray(lfilter([1], [1, -strength], noise))
        return 40 * np.exp(0.3 * (z - TAIL))

    return drawn


def spells(length: int) -> World:
    """Calls of 10 ms, and one in a hundred of 60 ms, in spells of about this length."""

    def drawn(world: np.random.Generator, calls: int) -> Floats:
        slow = np.zeros(calls, dtype=bool)
        at = 0 if world.random() < 0.01 else int(world.geometric(0.01 / 0.99 / length))
        while at < calls:
            lasts = int(world.geometric(1 / length))
            slow[at : at + lasts] = True
            at += lasts + int(world.geometric(0.01 / 0.99 / length))
        return np.where(slow, 60.0, 10.0) * np.exp(0.05 * world.normal(size=calls))

    return drawn


def costly_rows(own: float) -> World:
    """200 rows in turn, of which each has a cost, and each call some noise."""

    def drawn(world: np.random.Generator, calls: int) -> Floats:
        cost = world.normal(size=200)[np.arange(calls) % 200]
        z = math.sqrt(own) * cost + math.sqrt(1 - own) * world.normal(size=calls)
        return 40 * np.exp(0.3 * (z - TAIL))

    return drawn


def slow_rows(world: np.random.Generator, calls: int) -> Floats:
    """200 rows in turn; one row in a hundred is slow."""
    slow = (world.random(200) < 0.0101)[np.arange(calls) % 200]
    return np.where(slow, 60.0, 10.0) * np.exp(0.05 * world.normal(size=calls))


@pytest.mark.parametrize("calls", [500, 8000])
@pytest.mark.parametrize(
    ("draw", "rows"),
    [
        (alike(0.0), 10_000),
        (alike(0.9), 10_000),
        (alike(0.99), 10_000),
        (spells(10), 10_000),
        (spells(20), 10_000),
        (costly_rows(0.2), 200),
        (costly_rows(0.9), 200),
        (slow_rows, 200),
    ],
    ids=[
        "apart",
        "alike",
        "very-alike",
        "spells",
        "long-spells",
        "rows",
        "costly-rows",
        "slow-rows",
    ],
)
def test_a_percentile_at_the_budget_passes_and_fails_at_most_alpha_of_the_time(
    draw: World, rows: int, calls: int
) -> None:
    world = np.random.default_rng(calls)
    runs = 60 * TIMES
    evidence = replace(NOTHING, latency_rows=rows)

    found = Counter(
        judge(BUDGET, replace(evidence, latency_ms=draw(world, calls).tolist())).outcome
        for _ in range(runs)
    )

    assert found["pass"] / runs <= limit(runs)
    assert found["fail"] / runs <= limit(runs)


def test_who_measures_again_while_nothing_is_decided_errs_no_more_often() -> None:
    world = np.random.default_rng(5)
    check = LatencyBudget(id="speed", max_ms=40, percentile=90)
    runs, found = 60 * TIMES, Counter[str]()
    for _ in range(runs):
        outcome = ""
        for number in range(1, 11):
            calls = 40 * np.exp(0.3 * (world.normal(size=500) - 1.2815515655446004))
            evidence = replace(
                NOTHING, latency_ms=calls.tolist(), latency_rows=500, latency_number=number
            )
            outcome = judge(check, evidence).outcome
            if outcome != "inconclusive":
                break
        found[outcome] += 1

    assert found["pass"] / runs <= limit(runs)
    assert found["fail"] / runs <= limit(runs)


def test_a_latency_a_fifth_over_its_budget_is_found_and_one_a_third_within_passes() -> None:
    """500 calls show the one, and the other takes as many as `SPELL` asks for."""
    world = np.random.default_rng(6)
    runs, slow, quick = 40 * TIMES, 0, 0
    for _ in range(runs):
        calls = 40 * np.exp(0.3 * (world.normal(size=8000) - TAIL))
        evidence = replace(NOTHING, latency_rows=8000)
        over = replace(evidence, latency_ms=(1.2 * calls[:500]).tolist())
        within = replace(evidence, latency_ms=(0.65 * calls).tolist())
        slow += judge(BUDGET, over).outcome == "fail"
        quick += judge(BUDGET, within).outcome == "pass"

    assert slow / runs >= 0.8
    assert quick / runs >= 0.8


def drift(world: np.random.Generator, rounds: int, strength: float) -> Floats:
    noise = world.normal(size=rounds) * math.sqrt(1 - strength**2)
    noise[0] = world.normal()
    return np.asarray(lfilter([1], [1, -strength], noise))


@pytest.mark.parametrize("own", [0.5, 1.0])
@pytest.mark.parametrize("strength", [0.0, 0.8, 0.9, 0.95])
def test_rounds_that_remember_half_of_a_measurement_do_not_bound_their_mean_too_closely(
    strength: float, own: float
) -> None:
    """Forty rounds of noise with a drift beside it, as what rounds add to a ratio."""
    world = np.random.default_rng([int(100 * strength), int(10 * own)])
    runs, beyond = 1500 * TIMES, 0
    noise = world.normal(size=(runs, 40)) * math.sqrt(1 - strength**2)
    noise[:, 0] = world.normal(size=runs)
    drifts = np.asarray(lfilter([1], [1, -strength], noise, axis=1))
    series = world.normal(size=(runs, 40)) + own * drifts
    for one in series:
        drift, error = drift_of(one), one.std(ddof=1) / math.sqrt(40)
        reach = drift.stretch(FIRST) * student_quantile(1 - FIRST, 39) * error
        beyond += not drift.lasts and one.mean() > reach

    assert beyond / runs <= limit(runs)


@pytest.mark.parametrize("strength", [0.0, 0.8, 0.95])
def test_a_ratio_at_what_is_allowed_passes_and_fails_at_most_alpha_while_rounds_drift(
    strength: float,
) -> None:
    """Each model has a drift of its own over 40 rounds, beside that of the machine."""
    world = np.random.default_rng(7)
    check = LatencyRatio(id="no-slower", max_ratio=1.2, percentile=90)
    runs, found = 1000 if TIMES > 1 else 25, Counter[str]()
    for _ in range(runs):
        machine, *own = (drift(world, 40, strength) for _ in range(3))
        ours, theirs = (
            np.exp(0.2 * machine + 0.05 * one)[:, None]
            * np.exp(0.2 * world.normal(size=(40, 25)))
            for one in own
        )
        evidence = replace(
            NOTHING,
            live_version="churn:1",
            latency_ms=(1.2 * ours).ravel().tolist(),
            live_latency_ms=theirs.ravel().tolist(),
            round_calls=25,
            latency_rows=1000,
        )
        found[judge(check, evidence).outcome] += 1

    assert found["pass"] / runs <= limit(runs)
    assert found["fail"] / runs <= limit(runs)


def test_a_ratio_that_drifts_through_the_whole_measurement_is_undefined() -> None:
    world = np.random.default_rng(8)
    slower = np.exp(np.linspace(-0.3, 0.3, 40))[:, None]
    ours, theirs = (np.exp(0.1 * world.normal(size=(40, 25))) for _ in range(2))

    finding = judge(
        LatencyRatio(id="no-slower", max_ratio=1.5, percentile=90),
        replace(
            NOTHING,
            live_version="churn:1",
            latency_ms=(slower * ours).ravel().tolist(),
            live_latency_ms=theirs.ravel().tolist(),
            round_calls=25,
            latency_rows=1000,
        ),
    )

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-metric")
    assert "drifts through all 40 rounds" in finding.reason
