"""Our tails and quantiles against SciPy's, over the range that a gate can meet."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import betainc

from cairn.stats.beta import beta_below
from cairn.stats.distributions import (
    binomial_at_least,
    binomial_at_most,
    clopper_pearson,
    normal_above,
    normal_below,
    normal_quantile,
    student_above,
    student_quantile,
    wilson,
)

shares = st.floats(0.001, 0.999)
counts = st.integers(0, 2_000_000)


@given(st.floats(-37, 8))
def test_the_normal_tails_agree_with_scipy(z: float) -> None:
    assert normal_below(z) == pytest.approx(stats.norm.cdf(z), rel=1e-12)
    assert normal_above(-z) == normal_below(z)


@given(st.floats(1e-12, 1 - 1e-12))
def test_the_normal_quantile_agrees_with_scipy(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(
        stats.norm.ppf(probability), rel=1e-9, abs=1e-12
    )


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6), st.floats(-6, 6))
def test_the_incomplete_beta_function_agrees_with_scipy(a: float, b: float, z: float) -> None:
    spread = math.sqrt(a * b / (a + b + 1)) / (a + b)
    x = min(max(a / (a + b) + z * spread, 1e-9), 1 - 1e-9)

    assert beta_below(x, a, b) == pytest.approx(betainc(a, b, x), rel=1e-9, abs=1e-280)


@given(st.floats(-50, 50), st.floats(0.5, 1e7))
def test_student_tails_agree_with_scipy(t: float, freedom: float) -> None:
    assert student_above(t, freedom) == pytest.approx(
        stats.t.sf(t, freedom), rel=1e-8, abs=1e-280
    )


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1, 1e7))
def test_student_quantiles_agree_with_scipy(probability: float, freedom: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(
        stats.t.ppf(probability, freedom), rel=1e-6, abs=1e-9
    )


def test_student_quantiles_are_the_printed_ones() -> None:
    """Table of Student's t in any textbook: 0.95 and 0.975 at 1, 10 and 30 degrees."""
    printed = {
        (0.95, 1): 6.314,
        (0.975, 1): 12.706,
        (0.95, 10): 1.812,
        (0.975, 10): 2.228,
        (0.95, 30): 1.697,
        (0.975, 30): 2.042,
    }

    found = {key: round(student_quantile(*key), 3) for key in printed}

    assert found == printed


def test_student_tails_hold_at_both_ends_of_the_line() -> None:
    assert (student_above(1e200, 3), student_above(-1e200, 3)) == (0.0, 1.0)
    assert student_above(0.0, 3) == pytest.approx(0.5)
    assert student_quantile(0.5, 3) == 0.0


@given(counts, st.integers(1, 2_000_000), shares)
def test_binomial_tails_agree_with_scipy(successes: int, trials: int, share: float) -> None:
    successes = min(successes, trials)

    assert binomial_at_most(successes, trials, share) == pytest.approx(
        stats.binom.cdf(successes, trials, share), rel=1e-8, abs=1e-280
    )
    assert binomial_at_least(successes, trials, share) == pytest.approx(
        stats.binom.sf(successes - 1, trials, share), rel=1e-8, abs=1e-280
    )


@given(st.integers(0, 60), st.integers(1, 60), shares)
def test_binomial_tails_are_the_sums_that_define_them(
    successes: int, trials: int, share: float
) -> None:
    terms = [
        math.comb(trials, k) * share**k * (1 - share) ** (trials - k)
        for k in range(trials + 1)
    ]

    assert binomial_at_most(successes, trials, share) == pytest.approx(
        math.fsum(terms[: successes + 1]), rel=1e-9
    )
    assert binomial_at_least(successes, trials, share) == pytest.approx(
        math.fsum(terms[successes:]), rel=1e-9, abs=1e-300
    )


def test_rare_events_in_very_many_rows_keep_their_digits() -> None:
    """P(none of n) = (1 - p)^n, where 1 - p has too few digits to start from."""
    share, trials = 1e-12, 10**12

    assert binomial_at_most(0, trials, share) == pytest.approx(
        math.exp(trials * math.log1p(-share)), rel=1e-9
    )


def test_no_trials_leave_nothing_in_doubt() -> None:
    assert binomial_at_least(0, 0, 0.5) == 1.0
    assert binomial_at_least(1, 0, 0.5) == 0.0
    assert binomial_at_most(0, 0, 0.5) == 1.0
    assert binomial_at_most(-1, 5, 0.5) == 0.0


@given(counts, st.integers(1, 200_000), st.sampled_from([0.001, 0.025, 0.05, 0.2]))
def test_exact_bounds_of_a_share_agree_with_scipy(
    successes: int, trials: int, alpha: float
) -> None:
    successes = min(successes, trials)
    oracle = stats.binomtest(successes, trials).proportion_ci(1 - 2 * alpha, method="exact")

    assert clopper_pearson(successes, trials, alpha) == pytest.approx(
        (oracle.low, oracle.high), rel=1e-7, abs=1e-12
    )


@given(counts, st.integers(1, 200_000), st.sampled_from([0.001, 0.025, 0.05, 0.2]))
def test_score_bounds_of_a_share_agree_with_scipy(
    successes: int, trials: int, alpha: float
) -> None:
    successes = min(successes, trials)
    oracle = stats.binomtest(successes, trials).proportion_ci(1 - 2 * alpha, method="wilson")

    assert wilson(successes, trials, alpha) == pytest.approx(
        (oracle.low, oracle.high), rel=1e-9, abs=1e-12
    )


def test_exact_bounds_of_nothing_in_a_hundred_are_the_rule_of_three() -> None:
    """Hanley and Lippman-Hand (1983), JAMA 249: no event in n rows, a rate below 3 / n."""
    lower, upper = clopper_pearson(0, 100, 0.05)

    assert lower == 0.0
    assert upper == pytest.approx(0.03, abs=0.001)
    assert upper == pytest.approx(1 - 0.05 ** (1 / 100), rel=1e-12)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_the_exact_lower_bound_misses_at_most_alpha_of_the_time(share: float) -> None:
    """Not simulated: the chance to miss is summed over every possible count."""
    trials = 80
    chances = stats.binom.pmf(np.arange(trials + 1), trials, share)

    misses = [clopper_pearson(k, trials, 0.05)[0] > share for k in range(trials + 1)]

    assert chances[misses].sum() <= 0.05
