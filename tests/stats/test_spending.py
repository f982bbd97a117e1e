"""Error is spent over looks: never more in all than the check has."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.check import (
    Ceiling,
    Check,
    Floor,
    NonInferiority,
    NoSubgroupRegression,
    Superiority,
)
from cairn.core.gate import Reuse
from cairn.stats.spending import allowance
from scores.scored import decided
from stats.worlds import judged_on


def test_the_series_of_inverse_squares_adds_up_to_the_whole_error() -> None:
    spent = math.fsum(allowance(Reuse(), 0.05, look).alpha for look in range(1, 2001))

    assert spent == pytest.approx(0.05, abs=2e-5)
    assert spent < 0.05
    assert allowance(Reuse(), 0.05, 1).alpha == pytest.approx(0.05 * 6 / math.pi**2)


@given(st.integers(1, 300), st.sampled_from(["inverse_square", "equal"]), st.integers(1, 300))
def test_what_was_spent_and_what_is_left_never_exceed_the_error(
    look: int, spending: str, looks: int
) -> None:
    rule = Reuse(spending=spending, looks=looks)  # pyright: ignore[reportArgumentType] (a parameter of the test)

    spent = math.fsum(allowance(rule, 0.05, one).alpha for one in range(1, look + 1))
    left = allowance(rule, 0.05, look).left

    assert spent + left <= 0.05 * (1 + 1e-9)
    assert left == pytest.approx(
        math.fsum(allowance(rule, 0.05, one).alpha for one in range(look + 1, looks + 1)),
        abs=1e-12,
    )
    assert allowance(rule, 0.05, looks + 1).exhausted


def test_equal_shares_are_equal_and_end() -> None:
    rule = Reuse(spending="equal", looks=5)

    assert [allowance(rule, 0.05, look).alpha for look in (1, 5, 6)] == [0.01, 0.01, 0]


def test_without_a_rule_every_look_has_all() -> None:
    assert allowance(None, 0.05, 200).alpha == 0.05


@pytest.mark.parametrize(("look", "dearer"), [(10, 1.55), (100, 1.96)])
def test_a_late_look_needs_a_clearer_difference(look: int, dearer: float) -> None:
    """At look 10 differences must be about half as large again as at a first look."""
    assert allowance(Reuse(), 0.05, look).dearer == pytest.approx(dearer, abs=0.05)


def test_a_gain_that_passes_at_the_first_look_does_not_at_the_hundredth() -> None:
    check = Superiority(id="better", metric="accuracy")
    ours, theirs = decided(2000, wrong=range(360)), decided(2000, wrong=range(340, 770))

    first = judged_on(check, ours, theirs, reuse=Reuse(), look=1)
    late = judged_on(check, ours, theirs, reuse=Reuse(), look=100)

    assert (first.outcome, late.outcome) == ("pass", "inconclusive")
    assert "look 100 at this set" in late.reason
    assert (first.look, late.look) == (1, 100)
    assert (first.alpha or 0) > (late.alpha or 0) > 0
    assert (first.alpha_left or 0) > (late.alpha_left or 0) > 0


@pytest.mark.parametrize(
    "check",
    [
        Superiority(id="c", metric="accuracy"),
        NonInferiority(id="c", metric="accuracy", margin=0.01),
        Floor(id="c", metric="accuracy", value=0.5),
        Ceiling(id="c", metric="accuracy", value=1.0),
    ],
)
def test_after_the_last_look_nothing_passes_and_a_fresh_snapshot_is_asked_for(
    check: Check,
) -> None:
    rule = Reuse(spending="equal", looks=1)
    ours, theirs = decided(400), decided(400, wrong=range(90))

    first = judged_on(check, ours, theirs, reuse=rule, look=1)
    after = judged_on(check, ours, theirs, reuse=rule, look=2)

    assert first.outcome == "pass"
    assert (after.outcome, after.code) == ("inconclusive", "looks-exhausted")
    assert "fresh snapshot" in after.fix


def test_a_regression_to_be_detected_is_looked_for_with_the_whole_error_every_time() -> None:
    """Spending less would find fewer regressions, and so let more through."""
    check = NoSubgroupRegression(id="c", by=("g",), metric="accuracy", min_rows=10)
    column = {"g": ["n", "s"] * 200}
    ours, theirs = decided(400, wrong=range(60), groups=column), decided(400, groups=column)

    first = judged_on(check, ours, theirs, reuse=Reuse(), look=1)
    late = judged_on(check, ours, theirs, reuse=Reuse(), look=1000)

    assert first == late
    assert first.outcome == "fail"
