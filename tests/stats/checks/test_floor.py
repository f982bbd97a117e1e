"""A floor is held against the bound, not against the lucky estimate."""

import pytest

from cairn.core.check import Floor
from cairn.stats.checks import Problem
from cairn.stats.tabulate import tabulate
from scores.scored import decided, ids, judged, spread


def test_a_value_well_above_the_floor_passes() -> None:
    finding = judged(
        Floor(id="f", metric="accuracy", value=0.7), decided(900, wrong=[1]), None
    )

    assert (finding.outcome, finding.code) == ("pass", "reached")
    assert finding.observed is not None
    assert finding.threshold == 0.7
    assert "within the floor 0.7" in finding.reason


def test_an_estimate_above_the_floor_with_a_bound_below_it_is_inconclusive() -> None:
    finding = judged(
        Floor(id="f", metric="accuracy", value=0.7), decided(100, wrong=range(28)), None
    )

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")
    assert finding.observed == 0.72
    assert finding.lower is not None
    assert finding.lower < 0.7
    assert "only at least" in finding.reason


def test_a_value_clearly_below_the_floor_fails() -> None:
    finding = judged(
        Floor(id="f", metric="accuracy", value=0.7), decided(1000, wrong=range(400)), None
    )

    assert (finding.outcome, finding.code) == ("fail", "missed")
    assert "at most" in finding.reason
    assert finding.fix


def test_for_a_loss_the_floor_is_a_ceiling() -> None:
    rows = spread(2000, skill=1.0, seed=1)

    low = judged(Floor(id="f", metric="brier", value=0.9), rows, None)
    high = judged(Floor(id="f", metric="brier", value=0.001), rows, None)

    assert (low.outcome, high.outcome) == ("pass", "fail")
    assert "within the ceiling 0.9" in low.reason
    assert "misses the ceiling 0.001" in high.reason


def test_two_rows_never_reach_a_floor_of_a_perfect_score() -> None:
    assert judged(Floor(id="f", metric="recall", value=0.9), decided(2), None).outcome == (
        "inconclusive"
    )


def test_recall_without_positive_rows_is_inconclusive_with_its_own_code() -> None:
    rows = decided(50, label=[0] * 50)

    finding = judged(Floor(id="f", metric="recall", value=0.1), rows, None)

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-metric")


def test_log_loss_of_scores_that_are_no_shares_is_inconclusive() -> None:
    rows = tabulate(ids(4), [0, 1, 0, 1], score=[-3, 2, 7, 9])

    finding = judged(Floor(id="f", metric="log_loss", value=0.5), rows, None)

    assert finding.code == "undefined-metric"
    assert "not in 0..1" in finding.reason


@pytest.mark.parametrize(
    ("metric", "label", "code", "says"),
    [
        ("gini", [0, 1], "not-measurable", "gini"),
        ("recall", [0, 7], "label-outside", "neither 0 nor 1"),
        ("rmse", [0, 1], "not-measurable", "not one of task binary"),
    ],
)
def test_what_cannot_be_measured_fails(
    metric: str, label: list[int], code: str, says: str
) -> None:
    rows = tabulate(ids(2), label, score=[0.1, 0.9])

    finding = judged(Floor(id="f", metric=metric, value=0.5), rows, None)

    assert (finding.outcome, finding.code) == ("fail", code)
    assert says in finding.reason


def test_a_missing_evaluation_fails() -> None:
    problem = Problem(
        code="wrong-snapshot", reason="evaluated on another", fix="cairn evaluate"
    )

    finding = judged(Floor(id="f", metric="recall", value=0.5), problem, None)

    assert (finding.outcome, finding.code) == ("fail", "wrong-snapshot")


def test_a_bound_that_rounds_to_the_floor_is_shown_with_more_digits() -> None:
    rows = decided(2000, wrong=range(500))
    bound = judged(Floor(id="f", metric="accuracy", value=0.1), rows, None).lower
    assert bound is not None

    finding = judged(Floor(id="f", metric="accuracy", value=round(bound, 3)), rows, None)

    assert f"only at least {bound:.4f}" in finding.reason
