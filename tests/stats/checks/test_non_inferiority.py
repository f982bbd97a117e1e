"""A candidate may be a little worse, if it is shown to be no more than that."""

import pytest

from cairn.core.check import NonInferiority
from scores.scored import decided, judged, spread

CLOSE = NonInferiority(id="close", metric="accuracy", margin=0.02)


def test_identical_models_are_not_inferior() -> None:
    same = decided(2000, wrong=range(300))

    finding = judged(CLOSE, same, same)

    assert (finding.outcome, finding.code) == ("pass", "not-worse")
    assert "not worse by 0.02 or more" in finding.reason


def test_a_little_worse_passes_when_many_rows_show_that_it_is_only_a_little() -> None:
    live, candidate = decided(20_000, wrong=range(2000)), decided(20_000, wrong=range(2080))

    finding = judged(CLOSE, candidate, live)

    assert finding.outcome == "pass"
    assert finding.difference == -0.004


def test_worse_by_more_than_the_margin_fails() -> None:
    live, candidate = decided(4000, wrong=range(400)), decided(4000, wrong=range(600))

    finding = judged(CLOSE, candidate, live)

    assert (finding.outcome, finding.code) == ("fail", "worse")
    assert "worse by more than 0.02, beyond chance" in finding.reason
    assert finding.threshold == 0.02


def test_few_rows_cannot_exclude_the_margin() -> None:
    live, candidate = decided(150, wrong=range(20)), decided(150, wrong=range(2, 22))

    finding = judged(CLOSE, candidate, live)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")
    assert "may be worse by 0.02 or more" in finding.reason
    assert "rows" in finding.fix


def test_a_loss_may_rise_by_the_margin_and_not_by_more() -> None:
    live, worse = spread(3000, skill=1.2, seed=4), spread(3000, skill=0.9, seed=4)
    small = NonInferiority(id="close", metric="brier", margin=0.005)
    large = NonInferiority(id="close", metric="brier", margin=0.2)

    assert judged(small, worse, live).outcome == "fail"
    assert judged(large, worse, live).outcome == "pass"
    assert judged(small, live, worse).outcome == "pass"


@pytest.mark.parametrize("rows", [2, 3, 10])
def test_a_handful_of_rows_never_passes(rows: int) -> None:
    same = decided(rows)

    assert judged(CLOSE, same, same).outcome == "inconclusive"
