"""What was never seen to go wrong is not known to be right: a few rows pass no high bar."""

from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import Ceiling, Floor
from cairn.stats.scored import Grouping, OwnValues, Predictions
from stats.worlds import judged_on, names, rows_of


def twenty_right() -> Predictions:
    rows = rows_of(np.ones(20), np.full(20, 0.9))
    return replace(rows, weight=np.ones(20))


def two_queries() -> Predictions:
    return Predictions(
        ids=names(6),
        label=np.tile([1.0, 0.0, 0.0], 2),
        score=np.tile([2.0, 1.0, 0.0], 2),
        groups={},
        task="ranking",
        unit=Grouping(codes=np.repeat([0, 1], 3).astype(np.uint32), levels=("q0", "q1")),
    )


def two_solved() -> Predictions:
    values = {"solved": OwnValues(numbers=np.ones(2), better="higher")}
    return replace(rows_of([1, 1], [1, 1]), values=values)


@pytest.mark.parametrize(
    ("metric", "rows", "bar"),
    [
        ("accuracy", twenty_right(), 0.999),
        ("hit_rate@1", two_queries(), 0.999),
        ("mean/solved", two_solved(), 0.999),
        ("average_precision", rows_of(np.ones(30), np.full(30, 0.9)), 0.999),
    ],
    ids=["twenty-rows", "two-queries", "two-numbers", "one-class"],
)
def test_a_perfect_record_of_a_few_rows_passes_no_floor_just_below_it(
    metric: str, rows: Predictions, bar: float
) -> None:
    finding = judged_on(Floor(id="floor", metric=metric, value=bar), rows)

    assert finding.outcome == "inconclusive"
    assert finding.lower is None or finding.lower < 0.9


def test_three_rows_that_were_called_surely_and_rightly_have_no_certain_loss() -> None:
    rows = rows_of([1, 0, 1], [1.0, 0.0, 1.0])

    finding = judged_on(Ceiling(id="loss", metric="log_loss", value=0.01), rows)

    assert finding.outcome == "inconclusive"
    assert (finding.upper or 0) > 1
