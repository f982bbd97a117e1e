"""Bounds of a quantile: coverage by enumeration and simulation, and when there is none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from cairn.core.errors import Invalid
from cairn.stats.estimate import Undefined
from cairn.stats.quantile import (
    QuantileBound,
    quantile_lower,
    quantile_upper,
    smallest_rows,
)

shares = st.sampled_from([0.1, 0.5, 0.9, 0.95, 0.99])
alphas = st.sampled_from([0.01, 0.025, 0.05, 0.1])


def test_a_bound_of_the_99th_percentile_needs_299_values() -> None:
    """The first n with 1 - 0.99^n >= 0.95: Wilks (1941), Ann. Math. Stat. 12."""
    assert smallest_rows(0.99) == 299
    assert smallest_rows(0.95) == 59
    assert smallest_rows(0.5) == 5
    assert smallest_rows(0.99, alpha=0.025) == 368


@given(shares, alphas)
def test_the_smallest_number_of_rows_is_the_first_that_will_do(
    share: float, alpha: float
) -> None:
    rows = smallest_rows(share, alpha=alpha)

    assert share**rows <= alpha < share ** (rows - 1)


@given(shares, alphas, st.integers(1, 3000))
def test_the_rank_is_the_first_whose_binomial_tail_suffices(
    share: float, alpha: float, rows: int
) -> None:
    """The values are their own ranks, so the bound is the rank that was chosen."""
    values = np.arange(1.0, rows + 1)

    upper = quantile_upper(values, share, alpha=alpha)
    lower = quantile_lower(values, share, alpha=alpha)

    if isinstance(upper, QuantileBound):
        covers = binom.cdf(np.arange(rows), rows, share) >= 1 - alpha
        assert upper.bound == 1 + covers.argmax()
    else:
        assert share**rows > alpha
    if isinstance(lower, QuantileBound):
        covers = binom.sf(np.arange(rows), rows, share) >= 1 - alpha
        assert lower.bound == covers.sum()
    else:
        assert (1 - share) ** rows > alpha


def test_too_few_values_have_no_bound_and_say_how_many_would_do() -> None:
    found = quantile_upper(np.arange(298.0), 0.99)

    assert found == Undefined(
        metric="p99", reason="there are 298 values, and a bound needs 299"
    )
    assert isinstance(quantile_upper(np.arange(299.0), 0.99), QuantileBound)
    assert isinstance(quantile_upper(np.array([]), 0.5), Undefined)
    assert isinstance(quantile_lower(np.arange(4.0), 0.5), Undefined)


def test_with_just_enough_values_the_bound_is_the_largest() -> None:
    values = np.random.default_rng(1).permutation(299).astype(float)

    found = quantile_upper(values, 0.99)

    assert isinstance(found, QuantileBound)
    assert (found.bound, found.estimate, found.rows) == (298.0, 296.0, 299)


def test_a_median_lies_between_its_bounds() -> None:
    values = np.arange(101.0)
    lower, upper = quantile_lower(values, 0.5), quantile_upper(values, 0.5)

    assert isinstance(lower, QuantileBound)
    assert isinstance(upper, QuantileBound)
    assert lower.bound < lower.estimate == upper.estimate == 50.0 < upper.bound


@pytest.mark.parametrize("rows", [300, 2000])
def test_the_bounds_hold_for_latencies_of_any_shape(rows: int) -> None:
    """Lognormal, with a second mode far out: nothing is assumed of the distribution."""
    world = np.random.default_rng(rows)
    reference = np.sort(latencies(world, 2_000_000))
    true = float(reference[int(0.99 * reference.size)])
    runs = 600

    drawn = [latencies(world, rows) for _ in range(runs)]
    uppers = [quantile_upper(values, 0.99) for values in drawn]
    lowers = [quantile_lower(values, 0.99) for values in drawn]

    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    low = [one.bound < true for one in uppers if isinstance(one, QuantileBound)]
    high = [one.bound > true for one in lowers if isinstance(one, QuantileBound)]
    assert len(low) == len(high) == runs
    assert np.mean(low) <= limit
    assert np.mean(high) <= limit


def latencies(world: np.random.Generator, rows: int) -> np.typing.NDArray[np.float64]:
    slow = world.random(rows) < 0.02
    return 10.0 * np.exp(0.5 * world.normal(size=rows)) + np.where(slow, 80.0, 0.0)


def test_the_bound_of_a_million_values_is_close_and_quick() -> None:
    values = np.arange(1_000_000.0)

    found = quantile_upper(values, 0.99)

    assert isinstance(found, QuantileBound)
    assert 990_000 < found.bound < 990_200


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 99.0, math.nan])
def test_a_share_that_is_no_quantile_is_refused(share: float) -> None:
    with pytest.raises(Invalid, match="must lie between 0 and 1"):
        quantile_upper(np.arange(10.0), share)
    with pytest.raises(Invalid, match="must lie between 0 and 1"):
        quantile_lower(np.arange(10.0), share)
