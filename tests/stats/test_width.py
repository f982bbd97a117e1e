"""No bound equals its estimate: what was not seen is never held to be impossible."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.stats.align import Pair, Sample
from cairn.stats.estimate import Difference, Estimate
from cairn.stats.measure import compare, measure

BINARY = ("accuracy", "recall", "specificity", "precision", "f1", "brier", "log_loss")
ENDS = {
    "log_loss": (0.0, -math.log(np.finfo(float).eps)),
    "mcc": (-1.0, 1.0),
    "r2": (-math.inf, 1.0),
    **dict.fromkeys(("rmse", "mae", "mse"), (0.0, math.inf)),
}
"""Where a metric ends; a bound there that equals its estimate says nothing untrue."""
SCORES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])
ROW = st.tuples(
    st.booleans(), SCORES, SCORES, st.sampled_from([0.5, 1.0, 4.0]), st.integers(0, 5)
)
ROWS = st.lists(ROW, min_size=2, max_size=30)


def models(
    rows: list[tuple[bool, float, float, float, int]], *, weighted: bool, together: bool
) -> tuple[Sample, Sample]:
    label, ours, theirs, weight, unit = (
        np.array(column, float) for column in zip(*rows, strict=True)
    )
    codes = unit.astype(np.uint32) if together else None
    weights = weight if weighted else None
    return (
        Sample(label=label, score=ours, weight=weights, unit=codes),
        Sample(label=label, score=theirs, weight=weights, unit=codes),
    )


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=25)
@given(rows=ROWS)
def test_a_bound_lies_apart_from_its_estimate_except_at_the_end_of_the_range(
    name: str,
    rows: list[tuple[bool, float, float, float, int]],
    weighted: bool,
    together: bool,
) -> None:
    require_width(name, models(rows, weighted=weighted, together=together))


TOTALS = ("balanced_accuracy", "mcc", "f1", "roc_auc", "average_precision", "ece")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", TOTALS)
@settings(max_examples=8)
@given(rows=st.lists(ROW, min_size=20, max_size=30))
def test_so_does_that_of_a_metric_of_totals(
    name: str, rows: list[tuple[bool, float, float, float, int]], weighted: bool
) -> None:
    require_width(name, models(rows, weighted=weighted, together=False))


@pytest.mark.parametrize("name", ["rmse", "r2", "mae", "mse"])
@settings(max_examples=8)
@given(rows=st.lists(ROW, min_size=20, max_size=30))
def test_so_does_that_of_errors(
    name: str, rows: list[tuple[bool, float, float, float, int]]
) -> None:
    ours, theirs = models(rows, weighted=False, together=False)

    require_width(name, (replace(ours, task="regression"), replace(theirs, task="regression")))


@pytest.mark.parametrize("name", ["macro_f1", "balanced_accuracy", "brier", "log_loss"])
@settings(max_examples=8)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=20, max_size=30)
)
def test_so_does_that_of_several_classes(name: str, rows: list[tuple[int, int]]) -> None:
    label, said = np.array(rows).T
    ours, theirs = (
        Sample(
            label=label.astype(float),
            score=np.eye(3)[scored],
            task="multiclass",
            classes=("a", "b", "c"),
        )
        for scored in (said, np.zeros_like(said))
    )

    require_width(name, (ours, theirs))


def require_width(name: str, models: tuple[Sample, Sample]) -> None:
    ours, theirs = models
    least, most = ENDS.get(name, (0.0, 1.0))
    if name == "brier" and ours.task == "multiclass":
        most = 2.0

    alone = measure(name, ours)
    both = compare(name, Pair(ids=(), ours=ours, theirs=theirs))

    if isinstance(alone, Estimate):
        assert alone.lower < alone.value or alone.value == least
        assert alone.upper > alone.value or alone.value == pytest.approx(most)
    if isinstance(both, Difference):
        assert both.lower < both.gain < both.upper or abs(both.gain) >= (most - least) * (
            1 - 1e-9
        )


@pytest.mark.parametrize("weight", [1.0, 0.25])
@pytest.mark.parametrize(
    "name", ["accuracy", "recall", "f1", "brier", "log_loss", "mcc", "ece"]
)
def test_rows_that_all_weigh_the_same_say_what_they_say_without_weights(
    name: str, weight: float
) -> None:
    world = np.random.default_rng(1)
    label = (world.random(60) < 0.4).astype(float)
    plain = [Sample(label=label, score=world.random(60)) for _ in range(2)]
    heavy = [Sample(label=label, score=one.score, weight=np.full(60, weight)) for one in plain]

    assert measure(name, heavy[0]) == measure(name, plain[0])
    found, expected = (
        compare(name, Pair(ids=(), ours=ours, theirs=theirs))
        for ours, theirs in (heavy, plain)
    )
    assert isinstance(found, Difference)
    assert isinstance(expected, Difference)
    assert (found.lower, found.upper) == (expected.lower, expected.upper)
