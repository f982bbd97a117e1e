"""Two models on the same rows: what must hold for every metric, and what oracles say."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare, measure
from scores.rows import decisions, models, pair
from stats.worlds import TIMES

METRICS = [
    "accuracy",
    "recall@0.3",
    "specificity",
    "precision",
    "f1",
    "roc_auc",
    "log_loss",
    "brier",
]
GRID = st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.9, 1.0])
FEWER = settings(max_examples=50)
ROWS = st.lists(st.tuples(st.booleans(), GRID, GRID), min_size=6, max_size=40)

each_metric = pytest.mark.parametrize("name", METRICS)


def compared(name: str, rows: list[tuple[bool, float, float]]) -> Difference | Undefined:
    label, candidate, live = np.array(rows).T
    return compare(name, pair(label, candidate, live))


@each_metric
@FEWER
@given(rows=ROWS)
def test_swapping_the_models_flips_every_sign_exactly(
    name: str, rows: list[tuple[bool, float, float]]
) -> None:
    found = compared(name, rows)
    swapped = compared(name, [(label, live, candidate) for label, candidate, live in rows])

    if isinstance(found, Undefined) or isinstance(swapped, Undefined):
        assert type(found) is type(swapped)
        return
    assert (swapped.candidate, swapped.live) == (found.live, found.candidate)
    assert (swapped.gain, swapped.difference) == (-found.gain, -found.difference)
    assert (swapped.lower, swapped.upper) == (-found.upper, -found.lower)
    assert swapped.standard_error == found.standard_error
    assert swapped.p_superiority() == found.p_regression()
    assert swapped.p_superiority(0.02) == found.p_regression(0.02)


@each_metric
@FEWER
@given(rows=ROWS, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    name: str, rows: list[tuple[bool, float, float]], random: np.random.Generator
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    found, again = compared(name, rows), compared(name, shuffled)

    if isinstance(found, Undefined) or isinstance(again, Undefined):
        assert found == again
        return
    assert again.gain == pytest.approx(found.gain, abs=1e-12)
    assert again.standard_error == pytest.approx(found.standard_error, abs=1e-12)
    assert (again.rows, again.discordant) == (found.rows, found.discordant)


@each_metric
@FEWER
@given(rows=ROWS)
def test_a_model_is_never_better_than_itself(
    name: str, rows: list[tuple[bool, float, float]]
) -> None:
    found = compared(name, [(label, score, score) for label, score, _ in rows])

    if isinstance(found, Difference):
        assert (found.gain, found.discordant) == (0.0, 0)
        assert found.lower <= 0 <= found.upper
        assert found.p_superiority() >= 0.5
        assert found.p_regression() >= 0.5


@each_metric
@FEWER
@given(rows=ROWS)
def test_the_numbers_of_a_difference_belong_together(
    name: str, rows: list[tuple[bool, float, float]]
) -> None:
    found = compared(name, rows)
    if isinstance(found, Undefined):
        return

    assert found.lower <= found.gain <= found.upper
    assert found.difference == pytest.approx(found.candidate - found.live, abs=1e-12)
    assert found.gain == (found.difference if found.better == "higher" else -found.difference)
    assert found.discordant <= found.rows <= len(rows)
    assert 0 <= found.p_superiority() <= 1
    assert found.p_non_inferiority(0.1) <= found.p_superiority() + 1e-12
    if abs(found.lower) > 1e-9:  # at the bound itself rounding decides
        assert (found.lower > 0) == (found.p_superiority() <= found.alpha)


@each_metric
def test_both_models_have_the_values_that_each_has_alone(name: str) -> None:
    rows = models(400, seed=11)

    found = compare(name, rows)
    alone = [measure(name, one) for one in rows.samples()]

    assert isinstance(found, Difference)
    assert [getattr(one, "value", None) for one in alone] == pytest.approx(
        [found.candidate, found.live], abs=1e-12
    )


@pytest.mark.parametrize("name", ["brier", "log_loss"])
def test_losses_were_compared_by_the_paired_t_test_alone(name: str) -> None:
    rows = models(80, seed=12)

    def losses(score: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
        hit = np.where(rows.positive, score, 1 - score)
        return (1 - hit) ** 2 if name == "brier" else -np.log(hit)

    ours, theirs = losses(rows.candidate), losses(rows.live)
    found, now = compare(name, rows, statistics=1), compare(name, rows)

    assert isinstance(found, Difference)
    assert isinstance(now, Difference)
    assert now.lower < found.lower
    assert now.upper > found.upper
    oracle: Any = stats.ttest_rel(theirs, ours, alternative="greater")
    assert found.p_superiority() == pytest.approx(float(oracle.pvalue), rel=1e-9)
    shifted: Any = stats.ttest_1samp(theirs - ours, -0.01, alternative="greater")
    assert found.p_non_inferiority(0.01) == pytest.approx(float(shifted.pvalue), rel=1e-9)
    assert found.p_regression() == pytest.approx(1 - float(oracle.pvalue), rel=1e-9)


@pytest.mark.parametrize("name", ["precision", "f1"])
def test_the_error_of_a_paired_ratio_is_that_of_resampling(name: str) -> None:
    """The spread of the difference over samples drawn anew from the same world."""
    cells = np.array([[[1200, 60], [40, 100]], [[120, 30], [50, 400]]])
    world = np.random.default_rng(13)
    drawn = world.multinomial(2000, cells.ravel() / 2000, 4000).reshape(-1, 2, 2, 2)

    def value(counts: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.float64]:
        hits, alarms, misses = counts[:, 1, 1], counts[:, 0, 1], counts[:, 1, 0]
        below = hits + alarms if name == "precision" else hits + (alarms + misses) / 2
        return hits / below

    spread = (value(drawn.sum(3)) - value(drawn.sum(2))).std()
    found = compare(name, decisions(cells))

    assert isinstance(found, Difference)
    assert found.standard_error == pytest.approx(float(spread), rel=0.05)


def test_rows_are_those_that_the_metric_is_about() -> None:
    cells = np.array([[[50, 3], [2, 10]], [[8, 4], [1, 20]]])
    expected = {
        "accuracy": (98, 10),
        "recall": (33, 5),
        "specificity": (65, 5),
        "precision": (40, 10),
        "f1": (48, 10),
    }

    found = {name: compare(name, decisions(cells)) for name in expected}

    counted = {
        name: (one.rows, one.discordant)
        for name, one in found.items()
        if isinstance(one, Difference)
    }
    assert counted == expected


def test_a_model_that_predicts_no_positive_has_no_precision() -> None:
    label, some, none = [0, 1, 1], [0.1, 0.7, 0.9], [0.1, 0.2, 0.3]

    assert compare("precision", pair(label, none, some)) == Undefined(
        metric="precision", reason="the candidate predicts none positive"
    )
    assert compare("precision", pair(label, some, none)) == Undefined(
        metric="precision", reason="the live model predicts none positive"
    )


def test_three_rows_that_agree_are_no_proof_of_a_lower_loss() -> None:
    found = compare("brier", pair([1, 1, 0], [0.9, 0.9, 0.1], [0.4, 0.4, 0.6]))

    assert isinstance(found, Difference)
    assert found.lower < -0.1
    assert found.p_superiority() > 0.05


def test_scores_that_are_no_shares_have_no_log_loss() -> None:
    found = compare("log_loss", pair([0, 1, 1], [0.1, 0.2, 0.3], [-2.0, 0.4, 3.0]))

    assert found == Undefined(
        metric="log_loss", reason="live model: 2 of 3 scores are not in 0..1"
    )


@pytest.mark.parametrize("name", ["precision", "f1"])
def test_decisions_that_agree_on_few_rows_are_no_certainty(name: str) -> None:
    found = compare(name, decisions([[[20, 0], [0, 5]], [[5, 0], [0, 20]]]))

    assert isinstance(found, Difference)
    assert (found.gain, found.discordant) == (0.0, 0)
    assert found.p_non_inferiority(0.005) > 0.3
    assert found.p_non_inferiority(0.2) < 0.05


def test_a_tighter_alpha_gives_wider_bounds() -> None:
    rows = models(300, seed=14)

    for name in METRICS:
        wide, narrow = compare(name, rows, alpha=0.01), compare(name, rows, alpha=0.1)
        assert isinstance(wide, Difference)
        assert isinstance(narrow, Difference)
        assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_very_many_rows_are_compared_in_seconds_with_finite_numbers() -> None:
    """A hundred thousand in the suite, a million in `make faults`."""
    rows = models(100_000 * TIMES, seed=15)

    for name in METRICS:
        found = compare(name, rows)
        assert isinstance(found, Difference)
        assert math.isfinite(found.lower)
        assert math.isfinite(found.upper)
        assert found.p_superiority() < 1e-6
