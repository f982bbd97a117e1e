"""One metric of one model: scikit-learn's values, bounds that hold, and honest gaps."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from cairn.core.errors import Invalid
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.measure import compare, measure
from scores.rows import decisions, models, pair, sample
from stats.worlds import TIMES

Oracle = Callable[[Any, Any, Any], float]

ORACLES: dict[str, Oracle] = {
    "accuracy": lambda label, _, decided: float(metrics.accuracy_score(label, decided)),
    "recall": lambda label, _, decided: float(metrics.recall_score(label, decided)),
    "specificity": lambda label, _, decided: float(
        metrics.recall_score(label, decided, pos_label=0)
    ),
    "precision": lambda label, _, decided: float(metrics.precision_score(label, decided)),
    "f1": lambda label, _, decided: float(metrics.f1_score(label, decided)),
    "roc_auc": lambda label, score, _: float(metrics.roc_auc_score(label, score)),
    "log_loss": lambda label, score, _: float(metrics.log_loss(label, score, labels=[0, 1])),
    "brier": lambda label, score, _: float(metrics.brier_score_loss(label, score)),
}

labelled = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0])),
    min_size=4,
    max_size=40,
)


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=50)
@given(rows=labelled)
def test_values_agree_with_scikit_learn(name: str, rows: list[tuple[bool, float]]) -> None:
    label, score = np.array(rows).T

    found = measure(name, sample(label, score))

    if isinstance(found, Estimate):
        expected = ORACLES[name](label == 1, score, score >= 0.5)
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert found.lower <= found.value <= found.upper


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("name", ["accuracy", "recall", "specificity", "precision", "f1"])
def test_a_threshold_decides_at_or_above_it(name: str, threshold: float) -> None:
    rows = models(500, seed=4)
    score = np.round(rows.live, 1)

    found = measure(f"{name}@{threshold}", sample(rows.positive, score))

    assert isinstance(found, Estimate)
    expected = ORACLES[name](rows.positive, score, score >= threshold)
    assert found.value == pytest.approx(expected, abs=1e-12)


UNDEFINED = {
    "recall": ([0, 0], [0.1, 0.9], "there are no positive rows"),
    "specificity": ([1, 1], [0.1, 0.9], "there are no negative rows"),
    "accuracy": ([], [], "there are no rows"),
    "precision": ([0, 1], [0.1, 0.2], "the model predicts none positive"),
    "f1": ([0, 0], [0.1, 0.2], "there is no positive row and the model predicts none"),
    "roc_auc": ([0, 0, 1], [0.1, 0.2, 0.3], "there are 1 positive and 2 negative rows"),
    "log_loss": ([1], [0.5], "there are 1 rows, and a spread needs two"),
    "brier": ([0, 1], [0.5, 1.5], "1 of 2 scores are not in 0..1"),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_the_rows_cannot_say_is_undefined_with_the_reason(name: str) -> None:
    label, score, reason = UNDEFINED[name]

    found = measure(name, sample(label, score))

    assert isinstance(found, Undefined)
    assert found.metric == name
    assert found.reason.startswith(reason)


def test_an_f1_of_zero_is_a_value() -> None:
    found = measure("f1", sample([1, 1, 0], [0.1, 0.2, 0.3]))

    assert isinstance(found, Estimate)
    assert (found.value, found.lower, found.rows) == (0.0, 0.0, 2)
    assert found.upper > 0.5


def test_a_confident_mistake_has_a_finite_loss() -> None:
    found = measure("log_loss", sample([1, 0, 1], [0.0, 0.0, 1.0]))

    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(-math.log(np.finfo(float).eps) / 3)


def test_a_declared_clip_bounds_what_a_confident_mistake_costs() -> None:
    rows = sample([1] * 400, [1.0] * 396 + [0.0] * 4)

    found, bare = measure("log_loss@0.01", rows), measure("log_loss", rows)

    assert isinstance(found, Estimate)
    assert isinstance(bare, Estimate)
    assert found.value == pytest.approx((396 * -math.log(0.99) + 4 * -math.log(0.01)) / 400)
    assert found.upper < 0.15
    assert 0.3 < bare.value < bare.upper


@pytest.mark.parametrize("name", ["brier", "log_loss"])
def test_bounds_of_a_mean_were_those_of_student_and_are_not_narrower(name: str) -> None:
    rows = models(60, seed=5)
    hit = np.where(rows.positive, rows.live, 1 - rows.live)
    losses = (1 - hit) ** 2 if name == "brier" else -np.log(hit)
    expected = stats.t.interval(0.9, 59, losses.mean(), stats.sem(losses))

    found = measure(name, rows.samples()[1], statistics=1)
    now = measure(name, rows.samples()[1])

    assert isinstance(found, Estimate)
    assert isinstance(now, Estimate)
    assert now.lower <= found.lower * (1 + 1e-12)
    assert now.upper > found.upper
    assert (found.lower, found.upper) == pytest.approx(expected, rel=1e-9)
    assert found.standard_error == pytest.approx(stats.sem(losses), rel=1e-12)


@pytest.mark.parametrize("name", ["recall", "precision", "f1"])
def test_a_floor_is_held_against_the_lower_and_a_ceiling_against_the_upper_bound(
    name: str,
) -> None:
    rows = models(300, seed=6).samples()[0]
    higher, lower = measure(name, rows), measure("brier", rows)

    assert isinstance(higher, Estimate)
    assert isinstance(lower, Estimate)
    assert higher.cautious == higher.lower
    assert lower.cautious == lower.upper


def test_errors_of_ratios_are_those_of_resampling() -> None:
    """The spread of precision and F1 over samples drawn anew from the same world."""
    cells = np.array([[620, 40, 30, 20], [60, 30, 40, 160]]).reshape(2, 2, 2)
    rows = decisions(cells)
    world = np.random.default_rng(7)
    drawn = world.multinomial(1000, cells.ravel() / 1000, 4000).reshape(-1, 2, 2, 2).sum(3)
    hits, alarms, misses = drawn[:, 1, 1], drawn[:, 0, 1], drawn[:, 1, 0]
    spread = {
        "precision": (hits / (hits + alarms)).std(),
        "f1": (2 * hits / (2 * hits + alarms + misses)).std(),
    }

    for name, expected in spread.items():
        found = measure(name, rows.samples()[0])
        assert isinstance(found, Estimate)
        assert found.standard_error == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("recall", 60),
        ("precision", 60),
        ("f1", 60),
        ("recall", 1000),
        ("precision", 1000),
        ("f1", 1000),
        ("brier", 1000),
        ("log_loss", 1000),
    ],
)
def test_each_bound_misses_the_truth_at_most_alpha_of_the_time(name: str, rows: int) -> None:
    world = np.random.default_rng([rows, len(name)])
    hits, alarms, misses = 0.16, 0.06, 0.08
    truth = {
        "recall": hits / (hits + misses),
        "precision": hits / (hits + alarms),
        "f1": 2 * hits / (2 * hits + alarms + misses),
        "brier": 0.64 * (alarms + misses) + 0.04 * (1 - alarms - misses),
        "log_loss": -math.log(0.2) * (alarms + misses) - math.log(0.8) * (1 - alarms - misses),
    }[name]
    chances = [1 - hits - alarms - misses, alarms, misses, hits]
    runs = 150 * TIMES

    low = high = 0
    for counts in world.multinomial(rows, chances, runs):
        code = np.repeat(np.arange(4), counts)
        found = measure(name, sample(code >> 1, np.where(code & 1, 0.8, 0.2)), alpha=0.1)
        assert isinstance(found, Estimate)
        low += found.lower > truth
        high += found.upper < truth

    most = 0.1 + 3 * math.sqrt(0.1 * 0.9 / runs)
    assert low / runs <= most
    assert high / runs <= most


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, -0.1, math.nan])
def test_an_alpha_that_is_no_error_probability_is_refused(alpha: float) -> None:
    rows = models(10, seed=8)

    with pytest.raises(Invalid, match="must lie between 0 and"):
        measure("recall", rows.samples()[0], alpha=alpha)
    with pytest.raises(Invalid, match="must lie between 0 and"):
        compare("recall", rows, alpha=alpha)


@pytest.mark.parametrize(
    ("name", "most"),
    [("accuracy", 1), ("precision", 1), ("roc_auc", 1), ("mcc", 2), ("brier", 1), ("ece", 1)],
)
def test_a_difference_stays_within_what_two_models_can_differ_by(
    name: str, most: float
) -> None:
    label = np.arange(24) % 2
    right = np.where(label, 0.9, 0.1) - 0.001 * np.arange(24)
    wrong = np.where(label, 0.2, 0.8) + 0.001 * np.arange(24) ** 2 % 0.05
    right[0], wrong[1] = 0.95, 0.79

    found = compare(name, pair(label, right, wrong), alpha=0.0001)

    assert isinstance(found, Difference)
    assert -most <= found.lower < found.gain < found.upper <= most
