"""The gate where rows are fewer than they look: weights, units, rare rows, heavy tails.

Truths are known by construction. What is counted is a verdict that is wrong: a pass at a floor
that the model only just fails to keep, or at a margin that it only just exceeds. At most the
promised error and three standard errors of the simulation may be; inconclusive is none.
CAIRN_FAULTS=all draws ten times as many.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import Calibration, Check, Floor, NonInferiority, Superiority
from cairn.stats.scored import Grouping, OwnValues, Predictions
from stats.worlds import TIMES, Array, Generator, judged_on, limit, names, rows_of

World = Callable[[Generator], tuple[Predictions, Predictions | None]]


def wrong_passes(check: Check, world: World, *, runs: int, seed: int = 0) -> tuple[int, int]:
    """How often a check passes that should not, of how many."""
    runs *= TIMES
    drawn = np.random.default_rng([seed, runs])
    passed = sum(judged_on(check, *world(drawn)).outcome == "pass" for _ in range(runs))
    return passed, runs


def unit_of(codes: np.ndarray) -> Grouping:
    levels = tuple(f"u{number:06d}" for number in range(int(codes.max()) + 1))
    return Grouping(codes=codes.astype(np.uint32), levels=levels)


def right_or_wrong(right: np.ndarray) -> Predictions:
    """Rows with label 1 that are decided rightly or not."""
    return rows_of(np.ones(right.size), np.where(right, 0.9, 0.1))


def weighted_share(rows: int, share: float, sigma: float) -> World:
    def world(draw: Generator) -> tuple[Predictions, None]:
        weight = np.exp(sigma * draw.normal(size=rows))
        return replace(right_or_wrong(draw.random(rows) < share), weight=weight), None

    return world


def users(sizes: Callable[[Generator], Array], share: float, alike: float) -> World:
    """Rows of users who differ: `alike` is the correlation of rows of one user."""
    extra = (1 - alike) / alike

    def world(draw: Generator) -> tuple[Predictions, None]:
        many = sizes(draw).astype(int)
        user = np.repeat(np.arange(many.size), many)
        own = draw.beta(share * extra, (1 - share) * extra, many.size)
        right = draw.random(user.size) < own[user]
        return replace(right_or_wrong(right), unit=unit_of(user)), None

    return world


def heavy(units: int) -> Callable[[Generator], Array]:
    return lambda draw: np.minimum(np.ceil(2 * draw.pareto(1.2, units) + 2), 1000)


def only_losses(rows: int, share: float, sigma: float) -> World:
    """The candidate loses a share of rows and wins none; rows have weights."""

    def world(draw: Generator) -> tuple[Predictions, Predictions]:
        weight = np.exp(sigma * draw.normal(size=rows))
        lost = draw.random(rows) < share
        live = replace(right_or_wrong(np.ones(rows, dtype=bool)), weight=weight)
        return replace(right_or_wrong(~lost), weight=weight), live

    return world


@pytest.mark.parametrize(
    ("rows", "share"), [(60, 0.98), (60, 0.9), (300, 0.99), (2000, 0.995)]
)
@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_a_weighted_share_at_its_floor_passes_at_most_alpha_of_the_time(
    rows: int, share: float, sigma: float
) -> None:
    check = Floor(id="floor", metric="accuracy", value=share + 1e-9)

    passed, runs = wrong_passes(check, weighted_share(rows, share, sigma), runs=60)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize("units", [60, 300])
@pytest.mark.parametrize(("share", "alike"), [(0.9, 0.1), (0.98, 0.4)])
def test_heavy_users_at_a_floor_pass_at_most_alpha_of_the_time(
    units: int, share: float, alike: float
) -> None:
    check = Floor(id="floor", metric="accuracy", value=share + 1e-9)

    passed, runs = wrong_passes(check, users(heavy(units), share, alike), runs=60)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize("metric", ["recall", "precision", "f1"])
def test_ten_positives_in_units_of_two_rows_pass_at_most_alpha_of_the_time(
    metric: str,
) -> None:
    share = 0.8
    check = Floor(
        id="floor", metric=metric, value=2 * share / (1 + share) if metric == "f1" else share
    )

    def world(draw: Generator) -> tuple[Predictions, None]:
        kept = np.repeat(draw.random(5) < share, 2)
        label = np.r_[np.ones(10), np.zeros(190)]
        score = np.r_[np.where(kept, 0.9, 0.1), np.full(190, 0.1)]
        if metric == "precision":
            label, score = np.r_[kept, np.zeros(190)], np.r_[np.ones(10), np.zeros(190)]
        return replace(rows_of(label, score), unit=unit_of(np.arange(200) // 2)), None

    passed, runs = wrong_passes(check, world, runs=80)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize(
    ("rows", "share"), [(60, 0.05), (300, 0.01), (300, 0.03), (2000, 0.004)]
)
@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_only_losses_at_the_margin_pass_at_most_alpha_of_the_time(
    rows: int, share: float, sigma: float
) -> None:
    check = NonInferiority(id="no-worse", metric="accuracy", margin=share)

    passed, runs = wrong_passes(check, only_losses(rows, share, sigma), runs=60)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize("rows", [2, 20, 60])
def test_numbers_of_ones_own_that_say_yes_or_no_are_a_share(rows: int) -> None:
    share = 0.97
    check = Floor(id="floor", metric="mean/solved", value=share)

    def world(draw: Generator) -> tuple[Predictions, None]:
        solved = (draw.random(rows) < share).astype(np.float64)
        values = {"solved": OwnValues(numbers=solved, better="higher")}
        return replace(rows_of(solved, solved), values=values), None

    passed, runs = wrong_passes(check, world, runs=100)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize("queries", [2, 40])
def test_a_hit_rate_at_its_floor_passes_at_most_alpha_of_the_time(queries: int) -> None:
    share = 0.95
    check = Floor(id="floor", metric="hit_rate@1", value=share)
    query = unit_of(np.repeat(np.arange(queries), 3))

    def world(draw: Generator) -> tuple[Predictions, None]:
        score = np.tile([2.0, 1.0, 0.0], queries)
        score[::3] -= 1.5 * (draw.random(queries) >= share)
        return Predictions(
            ids=names(3 * queries),
            label=np.tile([1.0, 0.0, 0.0], queries),
            score=score,
            groups={},
            task="ranking",
            unit=query,
        ), None

    passed, runs = wrong_passes(check, world, runs=80)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize(("rows", "positives"), [(1000, 3), (1000, 10), (5000, 20)])
def test_a_brier_score_of_rare_labels_keeps_its_ceiling_at_most_alpha(
    rows: int, positives: int
) -> None:
    rate = positives / rows
    check = Floor(id="ceiling", metric="brier", value=rate * (1 - rate) - 1e-12)

    def world(draw: Generator) -> tuple[Predictions, None]:
        return rows_of(draw.random(rows) < rate, np.full(rows, rate)), None

    passed, runs = wrong_passes(check, world, runs=80)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize(
    ("rows", "sure"),
    [(60, 0.9), (300, 0.98), (2000, 0.995), *([(10_000, 0.998)] if TIMES > 1 else [])],
)
def test_a_model_that_says_0_or_1_is_better_by_log_loss_at_most_alpha(
    rows: int, sure: float
) -> None:
    """It is wrong once in a long while, at a loss of 36, which makes the means equal."""
    live = -(sure * math.log(sure) + (1 - sure) * math.log(1 - sure))
    missed = live / -math.log(np.finfo(float).eps)
    check = Superiority(id="better", metric="log_loss")

    def world(draw: Generator) -> tuple[Predictions, Predictions]:
        label = draw.random(rows) < 0.5
        said = np.where(draw.random(rows) < missed, ~label, label)
        held = np.where(draw.random(rows) < sure, label, ~label)
        return rows_of(label, said), rows_of(label, np.where(held, sure, 1 - sure))

    passed, runs = wrong_passes(check, world, runs=60)

    assert passed / runs <= limit(runs)


def numbers(label: Array, score: Array) -> Predictions:
    return Predictions(
        ids=names(label.size), label=label, score=score, groups={}, task="regression"
    )


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
@pytest.mark.parametrize("rows", [60, 300])
def test_an_error_that_comes_once_in_200_rows_is_not_missed_more_than_alpha(
    metric: str, rows: int
) -> None:
    """The candidate is as good as the live model only by that error, seen or not."""
    rare, usual = 0.005, 0.9
    spread = math.sqrt(2 / math.pi)
    large = spread * (1 - usual * (1 - rare)) / rare
    if metric != "mae":
        large = math.sqrt((1 - usual**2 * (1 - rare)) / rare)
    check = Superiority(id="better", metric=metric)

    def world(draw: Generator) -> tuple[Predictions, Predictions]:
        label, ours, theirs = draw.normal(size=(3, rows))
        ours = np.where(draw.random(rows) < rare, large, usual * ours)
        return numbers(label, label + ours), numbers(label, label + theirs)

    passed, runs = wrong_passes(check, world, runs=60)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize(("metric", "rows"), [("rmse", 60), ("rmse", 300), ("mae", 300)])
@pytest.mark.parametrize("law", ["student", "lognormal"])
def test_heavy_errors_keep_a_ceiling_at_most_alpha_of_the_time(
    metric: str, rows: int, law: str
) -> None:
    """Errors of Student's law with 2.5 degrees of freedom, and lognormal ones."""
    truth = {
        "student": {"rmse": math.sqrt(5), "mae": 1.2732},
        "lognormal": {"rmse": math.e, "mae": math.exp(0.5)},
    }[law][metric]
    check = Floor(id="ceiling", metric=metric, value=truth - 1e-3)

    def world(draw: Generator) -> tuple[Predictions, None]:
        label = draw.normal(size=rows)
        if law == "student":
            return numbers(label, label + draw.standard_t(2.5, size=rows)), None
        return numbers(label, label + draw.lognormal(size=rows)), None

    passed, runs = wrong_passes(check, world, runs=50)

    assert passed / runs <= limit(runs)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "mcc", "f1"])
@pytest.mark.parametrize("compared", [False, True])
def test_few_positives_pass_at_most_alpha_of_the_time(metric: str, compared: bool) -> None:
    """A dozen of 300 rows; both models find 0.7 of them, with 0.05 of the others."""
    rows, rate, found, alarms = 300, 0.04, 0.7, 0.05
    hits, misses, false = rate * found, rate * (1 - found), (1 - rate) * alarms
    quiet = 1 - rate - false
    spread = (hits + false) * (hits + misses) * (quiet + false) * (quiet + misses)
    truth = {
        "balanced_accuracy": (found + 1 - alarms) / 2,
        "mcc": (hits * quiet - false * misses) / math.sqrt(spread),
        "f1": 2 * hits / (2 * hits + misses + false),
    }[metric]

    def world(draw: Generator) -> tuple[Predictions, Predictions | None]:
        label = (draw.random(rows) < rate).astype(np.float64)
        said = [draw.random(rows) < np.where(label == 1, found, alarms) for _ in range(2)]
        ours, theirs = (rows_of(label, np.where(one, 0.9, 0.1)) for one in said)
        return ours, theirs if compared else None

    check = (
        Superiority(id="better", metric=metric)
        if compared
        else Floor(id="floor", metric=metric, value=truth)
    )
    passed, runs = wrong_passes(check, world, runs=60)

    assert passed / runs <= limit(runs)


def calibrated(rows: int, draw: Generator, *, off: float = 0.0) -> Predictions:
    score = 0.15 + 0.8 * draw.random(rows)
    return rows_of(draw.random(rows) < score - off, score)


@pytest.mark.parametrize("rows", [60, 300])
def test_a_calibrated_model_is_refused_at_most_alpha_of_the_time(rows: int) -> None:
    check = Calibration(id="calibrated", max=0.05)
    draw, runs = np.random.default_rng(rows), 60 * TIMES

    failed = sum(
        judged_on(check, calibrated(rows, draw)).outcome == "fail" for _ in range(runs)
    )

    assert failed / runs <= limit(runs)


def test_a_model_that_promises_too_much_by_a_lot_is_refused() -> None:
    check = Calibration(id="calibrated", max=0.05)
    draw = np.random.default_rng(1)

    found = [judged_on(check, calibrated(2000, draw, off=0.14)).outcome for _ in range(10)]

    assert found.count("fail") >= 9


@pytest.mark.parametrize("rows", [60, 300])
def test_of_two_calibrated_models_none_is_better_calibrated(rows: int) -> None:
    """One says 0.5 of every row, in one bin; the other fills all bins, and chance each."""
    check = Superiority(id="better", metric="ece")

    def world(draw: Generator) -> tuple[Predictions, Predictions]:
        score = 1 / (1 + np.exp(-1.5 * draw.normal(size=rows)))
        label = draw.random(rows) < score
        return rows_of(label, np.full(rows, 0.5)), rows_of(label, score)

    passed, runs = wrong_passes(check, world, runs=50)

    assert passed / runs <= limit(runs)
