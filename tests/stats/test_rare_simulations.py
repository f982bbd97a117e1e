"""The gate where rows are fewer than they look: weights, units, rare rows, heavy tails.

Truths are known by construction. What is counted is a verdict that is wrong: a pass at a floor
that the model only just fails to keep, or at a margin that it only just exceeds. At most the
promised error and three standard errors of the simulation may be; inconclusive is no verdict.
CAIRN_FAULTS=all draws ten times as many.
"""

import math
import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import Check, Floor, NonInferiority, Superiority
from cairn.stats.scored import Grouping, OwnValues, Predictions
from stats.worlds import Array, Generator, judged_on, names, rows_of

ALPHA = 0.05
TIMES = 10 if os.environ.get("CAIRN_FAULTS") == "all" else 1
World = Callable[[Generator], tuple[Predictions, Predictions | None]]


def limit(runs: int, error: float = ALPHA) -> float:
    return error + 3 * math.sqrt(error * (1 - error) / runs)


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


@pytest.mark.parametrize("rows", [300, 2000])
def test_a_model_that_says_0_or_1_is_better_by_log_loss_at_most_alpha(rows: int) -> None:
    """It is wrong once in a long while, at a loss of 36, which makes the means equal."""
    rate = 0.6
    live = -(rate * math.log(rate) + (1 - rate) * math.log(1 - rate))
    missed = live / -math.log(np.finfo(float).eps)
    check = Superiority(id="better", metric="log_loss")

    def world(draw: Generator) -> tuple[Predictions, Predictions]:
        label = draw.random(rows) < rate
        said = np.where(draw.random(rows) < missed, ~label, label)
        return rows_of(label, said), rows_of(label, np.full(rows, rate))

    passed, runs = wrong_passes(check, world, runs=60)

    assert passed / runs <= limit(runs)
