"""The gate in worlds whose truth is known: how often it errs, and how often it helps.

Everything goes through the functions that judge a gate. A limit is the promised error and
three standard errors of the simulation; floors of power keep a gate honest that refuses all.
"""

import math

import numpy as np
import numpy.typing as npt
import pytest

from cairn.core.check import (
    Calibration,
    Fairness,
    FairnessGap,
    Floor,
    LatencyRatio,
    NonInferiority,
    NoSubgroupRegression,
    Superiority,
)
from cairn.core.gate import Policy, Reuse, verdict
from cairn.gates.latency_pair import ROUNDS
from cairn.stats.checks import Evidence, judge, judge_all
from cairn.stats.scored import Grouping, Predictions
from scores.scored import SNAPSHOT
from stats.worlds import TIMES, deciders, grouped, judged_on, limit, names, rankers, rows_of

PROTECTED = NoSubgroupRegression(id="groups", by=("region",), metric="accuracy", min_rows=50)
PROVEN = NoSubgroupRegression(
    id="groups", by=("region",), metric="accuracy", margin=0.05, min_rows=50, burden="prove"
)


@pytest.mark.parametrize("rows", [500, 2000, 10_000])
@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "brier"])
def test_an_equal_candidate_is_promoted_at_most_alpha_of_the_time(
    metric: str, rows: int
) -> None:
    world = np.random.default_rng([rows, len(metric)])
    check = Superiority(id="better", metric=metric)
    runs = TIMES * (40 if rows == 10_000 else 120)
    draw = deciders if metric == "accuracy" else rankers

    promoted = 0
    for _ in range(runs):
        label, ours, theirs = draw(world, rows)
        finding = judged_on(check, rows_of(label, ours), rows_of(label, theirs))
        promoted += finding.outcome == "pass"

    assert promoted / runs <= limit(runs)


@pytest.mark.parametrize("rows", [500, 2000, 10_000])
def test_a_candidate_at_the_margin_is_promoted_at_most_alpha_of_the_time(rows: int) -> None:
    world = np.random.default_rng([rows, 2])
    check = NonInferiority(id="no-worse", metric="accuracy", margin=0.03)
    runs = TIMES * (60 if rows == 10_000 else 200)

    promoted = 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, rows, gain=-0.03)
        finding = judged_on(check, rows_of(label, ours), rows_of(label, theirs))
        promoted += finding.outcome == "pass"

    assert promoted / runs <= limit(runs)


@pytest.mark.parametrize(
    "metric", ["balanced_accuracy", "mcc", "average_precision", "selection_rate"]
)
def test_what_the_bootstrap_judges_is_promoted_at_most_alpha_of_the_time(metric: str) -> None:
    world = np.random.default_rng(len(metric))
    check = Superiority(id="better", metric=metric)
    runs = TIMES * (10 if metric == "average_precision" else 60)

    promoted = 0
    for _ in range(runs):
        label, ours, theirs = rankers(world, 500)
        finding = judged_on(check, rows_of(label, ours), rows_of(label, theirs))
        promoted += finding.outcome == "pass"

    assert promoted / runs <= limit(runs)


def column(codes: npt.NDArray[np.intp]) -> Grouping:
    levels = tuple(f"{number:03d}" for number in range(int(codes.max()) + 1))
    return Grouping(codes=codes.astype(np.uint32), levels=levels)


@pytest.mark.parametrize("name", ["rmse", "r2", "median_absolute_error", "mae"])
@pytest.mark.parametrize("units", [None, 40])
def test_each_bound_of_errors_misses_the_truth_at_most_alpha_of_the_time(
    name: str, units: int | None
) -> None:
    """Two equally good models, rows apart or in units that share half of the error."""
    world = np.random.default_rng([len(name), units or 0])
    rows, runs = 400, TIMES * (20 if name.startswith("median") else 60)
    unit = np.arange(rows) % (units or rows)
    missed = 0
    for _ in range(runs):
        label = world.normal(size=rows)
        shared = world.normal(size=(2, rows))[:, unit] if units else np.zeros((2, rows))
        errors = shared + world.normal(size=(2, rows))
        tables = [
            Predictions(
                ids=names(rows),
                label=label,
                score=label + error,
                groups={},
                task="regression",
                unit=column(unit) if units else None,
            )
            for error in errors
        ]
        finding = judged_on(Superiority(id="better", metric=name), *tables)
        assert finding.lower is not None
        assert finding.upper is not None
        missed += finding.lower > 0
        missed += finding.upper < 0

    assert missed / (2 * runs) <= limit(2 * runs)


@pytest.mark.parametrize(("groups", "runs"), [(5, 120), (20, 60), (50, 40)])
def test_equal_models_are_said_to_hurt_a_group_at_most_alpha_of_the_time(
    groups: int, runs: int
) -> None:
    world = np.random.default_rng([groups, 3])
    regions = grouped(groups, 100)
    runs *= TIMES

    alarms = 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, groups * 100)
        tables = (rows_of(label, scores, regions) for scores in (ours, theirs))
        alarms += judged_on(PROTECTED, *tables).outcome == "fail"

    assert alarms / runs <= limit(runs)


@pytest.mark.parametrize("groups", [5, 20, 50])
def test_one_group_of_many_that_loses_twelve_points_is_named(groups: int) -> None:
    world = np.random.default_rng([groups, 4])
    regions = grouped(groups, 400)
    runs, found = 20 * TIMES, 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, groups * 400)
        hurt, worse, before = deciders(world, 400, gain=-0.12, discordance=0.2)
        label[:400], ours[:400], theirs[:400] = hurt, worse, before
        tables = (rows_of(label, scores, regions) for scores in (ours, theirs))
        finding = judged_on(PROTECTED, *tables)
        found += finding.outcome == "fail" and finding.groups[0].group == "g000"

    assert found / runs >= 0.9


def test_a_regression_at_the_margin_of_one_group_is_proved_away_at_most_alpha() -> None:
    world = np.random.default_rng(5)
    regions = grouped(2, 400)
    runs, passed, good = 150 * TIMES, 0, 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, 800, gain=0.06, discordance=0.1)
        hurt, worse, before = deciders(world, 400, gain=-0.05, discordance=0.1)
        better = [rows_of(label, scores, regions) for scores in (ours, theirs)]
        good += judged_on(PROVEN, *better).outcome == "pass"
        label[:400], ours[:400], theirs[:400] = hurt, worse, before
        tables = [rows_of(label, scores, regions) for scores in (ours, theirs)]
        passed += judged_on(PROVEN, *tables).outcome == "pass"

    assert passed / runs <= limit(runs)
    assert good / runs >= 0.95


BETTER = Superiority(id="better", metric="accuracy")
FAILED: dict[tuple[Reuse | None, int, int], int] = {}
"""The first look at which so many wins and losses did not pass: later ones have less error."""


def first_false_promotion(
    world: np.random.Generator, looks: int, *, reuse: Reuse | None
) -> float:
    """The look at which the first of many equal candidates is let through; else infinity."""
    label, _, theirs = deciders(world, 400)
    live, right = rows_of(label, theirs), (theirs >= 0.5) == label
    flip = world.random((looks, 400)) < 0.1
    fresh = np.where(world.random((looks, 400)) < 0.8, label, 1 - label)
    scores = np.where(flip, fresh, theirs)
    ours = (scores >= 0.5) == label
    counts = zip((ours & ~right).sum(axis=1), (right & ~ours).sum(axis=1), strict=True)
    for look, (wins, losses) in enumerate(counts, start=1):
        seen = (reuse, int(wins), int(losses))
        if FAILED.get(seen, math.inf) <= look:  # and at more of the error
            continue
        rows = rows_of(label, scores[look - 1])
        finding = judged_on(BETTER, rows, live, reuse=reuse, look=look)
        if finding.outcome == "pass":
            return look
        FAILED[seen] = look
    return math.inf


def test_any_of_200_looks_lets_an_equal_candidate_through_at_most_alpha() -> None:
    """Candidates differ from the live model by chance: a tenth of rows drawn anew at 80%."""
    world = np.random.default_rng(6)
    runs = 50 * TIMES

    first = [first_false_promotion(world, 200, reuse=Reuse()) for _ in range(runs)]

    for looks in (10, 50, 200):
        assert sum(at <= looks for at in first) / runs <= limit(runs)


def test_ten_declared_looks_share_the_error_equally_and_the_eleventh_has_none() -> None:
    world = np.random.default_rng(7)
    rule = Reuse(spending="equal", looks=10)
    runs = 100 * TIMES

    first = [first_false_promotion(world, 12, reuse=rule) for _ in range(runs)]

    assert sum(at <= 10 for at in first) / runs <= limit(runs)
    assert not any(10 < at < math.inf for at in first)


def test_without_a_rule_for_reuse_most_sets_let_an_equal_candidate_through() -> None:
    """Why looks are counted at all: reference, 87% after 50 looks at an alpha of 0.05."""
    world = np.random.default_rng(8)

    first = [first_false_promotion(world, 50, reuse=None) for _ in range(40)]

    assert sum(at < math.inf for at in first) / 40 >= 0.5


def test_a_miscalibration_of_the_maximum_passes_at_most_alpha_of_the_time() -> None:
    world = np.random.default_rng(9)
    check = Calibration(id="calibrated", max=0.12)
    runs, passed, good = 25 * TIMES, 0, 0
    for _ in range(runs):
        score = 0.15 + 0.8 * world.random(1000)
        off = rows_of(world.random(1000) < score - 0.12, score)
        right = rows_of(world.random(1000) < score, score)
        passed += judged_on(check, off).outcome == "pass"
        good += judged_on(check, right).outcome == "pass"

    assert passed / runs <= limit(runs)
    assert good / runs >= 0.7


@pytest.mark.parametrize(
    "measure", ["demographic_parity", "equal_opportunity", "equalised_odds"]
)
def test_a_gap_of_the_maximum_passes_at_most_alpha_of_the_time(measure: Fairness) -> None:
    world = np.random.default_rng(len(measure))
    check = FairnessGap(id="fair", by=("region",), measure=measure, max=0.1)
    regions = grouped(4, 500)
    runs, passed, good = 100 * TIMES, 0, 0
    group = np.repeat(np.arange(4), 500)
    for _ in range(runs):
        label = world.random(2000) < 0.5
        chance = np.where(group == 0, 0.45, 0.35)
        unfair = rows_of(label, world.random(2000) < chance, regions)
        passed += judged_on(check, unfair).outcome == "pass"
        alike = world.random(2000) < 0.05
        good += judged_on(check, rows_of(label, alike, regions)).outcome == "pass"

    assert passed / runs <= limit(runs)
    assert good / runs >= 0.9


def ends(world: np.random.Generator, factor: float, *, most: int = 4) -> str:
    """How a ratio ends that is measured `most` times while nothing is decided."""
    check = LatencyRatio(id="no-slower", max_ratio=1.2, percentile=90)
    outcome = ""
    for number in range(1, most + 1):
        busy = np.repeat(np.exp(0.3 * world.normal(size=ROUNDS << (number - 1))), 20)
        calls = [busy * np.exp(0.4 * world.normal(size=busy.size)) for _ in range(2)]
        found = Evidence(
            version="churn:2",
            snapshot=SNAPSHOT,
            candidate=rows_of([1], [1]),
            live_version="churn:1",
            latency_ms=(factor * calls[0]).tolist(),
            live_latency_ms=calls[1].tolist(),
            round_calls=20,
            latency_rows=busy.size,
            latency_number=number,
        )
        outcome = judge(check, found).outcome
        if outcome != "inconclusive":
            break
    return outcome


def test_a_latency_ratio_of_the_maximum_passes_at_most_alpha_of_the_time() -> None:
    """Rounds of 20 calls share what the machine does; calls are lognormal.

    While nothing is decided it is measured again, over twice as many rounds, as the gate does.
    """
    world = np.random.default_rng(11)
    runs = 25 * TIMES
    often = 2 if TIMES == 1 else 4
    passed = sum(ends(world, 1.2, most=often) == "pass" for _ in range(runs))
    good = sum(ends(world, 0.95) == "pass" for _ in range(runs))

    assert passed / runs <= limit(runs)
    assert good / runs >= 0.9


@pytest.mark.parametrize(("gain", "power"), [(0.02, 0.75), (0.04, 0.99)])
def test_a_better_candidate_passes_a_whole_gate_as_often_as_promised(
    gain: float, power: float
) -> None:
    world = np.random.default_rng(12)
    policy = Policy(
        evaluation=SNAPSHOT,
        checks=(
            Superiority(id="better", metric="accuracy"),
            NonInferiority(id="calibrated", metric="brier", margin=0.02),
            Floor(id="floor", metric="accuracy", value=0.7),
            PROTECTED,
        ),
    )
    regions = grouped(5, 400)
    runs, passed = 50 * TIMES, 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, 2000, gain=gain)
        evidence = Evidence(
            version="churn:2",
            snapshot=SNAPSHOT,
            candidate=rows_of(label, ours, regions),
            live_version="churn:1",
            live=rows_of(label, theirs, regions),
        )
        passed += verdict(judge_all(policy, evidence)) == "pass"

    assert passed / runs >= power
