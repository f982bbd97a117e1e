"""Shifts of a column: known values, the size of noise, and what must not matter."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cairn.stats import shift

SHARES = st.lists(st.integers(0, 500), min_size=2, max_size=8)


def test_shares_that_are_published_give_their_index() -> None:
    # Expected .4 .3 .3 against observed .35 .25 .4 gives 0.0445609, as worked examples show.
    before = {"a": 400_000, "b": 300_000, "c": 300_000}
    after = {"a": 350_000, "b": 250_000, "c": 400_000}

    found = shift.of_categories(before, after)

    assert found.psi == pytest.approx(0.0445609, abs=1e-6)
    assert found.bins == ("a", "c", "b")


@pytest.mark.parametrize("distance", [0.2, 0.5, 1.0])
def test_a_mean_that_moves_gives_nearly_the_square_of_its_distance(distance: float) -> None:
    # Jeffreys' divergence of N(0, 1) and N(d, 1) is d squared; binning can only lose some.
    values = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)

    found = shift.of_numbers(values, values + distance)

    assert 0.85 * distance**2 < found.psi <= distance**2


def test_equal_sets_do_not_differ() -> None:
    values = np.random.default_rng(5).normal(size=1000)

    found = shift.of_numbers(values, np.random.default_rng(6).permutation(values))

    assert found.psi == 0
    assert not found.is_shifted


@pytest.mark.parametrize("rows", [50, 200, 2000])
def test_chance_alone_is_called_a_shift_once_in_a_thousand_times(rows: int) -> None:
    dice = np.random.default_rng(7)

    false = sum(
        shift.of_numbers(dice.normal(size=rows), dice.normal(size=rows)).is_shifted
        for _ in range(2000)
    )

    assert false <= 2 + 3 * math.sqrt(2)


def test_a_real_shift_of_few_rows_is_seen() -> None:
    dice = np.random.default_rng(8)

    found = shift.of_numbers(dice.normal(size=300), dice.normal(1.0, size=300))

    assert found.is_shifted


def test_one_outlier_changes_next_to_nothing() -> None:
    dice = np.random.default_rng(9)
    before, after = dice.normal(size=100_000), dice.normal(1.0, size=100_000)

    plain = shift.of_numbers(before, after).psi
    spoiled = shift.of_numbers(np.append(before, 1e9), after).psi

    assert spoiled == pytest.approx(plain, abs=0.001)


def test_missing_values_are_a_bin_of_their_own() -> None:
    before = np.arange(100.0)
    after = np.where(np.arange(100) < 50, np.nan, before)

    found = shift.of_numbers(before, after)

    assert found.bins[-1] == shift.MISSING
    assert found.after[-1] == 0.5
    assert found.is_shifted


def test_a_new_category_gives_a_finite_index() -> None:
    found = shift.of_categories({"a": 1000}, {"a": 500, "b": 500})

    assert math.isfinite(found.psi)
    assert found.is_shifted


def test_rare_categories_share_a_bin() -> None:
    counts = {f"c{number:03}": 1000 - number for number in range(50)}

    found = shift.of_categories(counts, counts)

    assert len(found.bins) == shift.CATEGORIES + 1
    assert found.bins[-1] == shift.OTHER
    assert sum(found.before) == pytest.approx(1)


@pytest.mark.parametrize("empty", [np.array([]), np.full(10, np.nan)])
def test_a_column_without_values_has_no_shift_of_its_own(empty: np.ndarray) -> None:
    assert shift.of_numbers(empty, empty).psi == 0


@given(SHARES, SHARES)
def test_the_index_is_symmetric_and_never_negative(old: list[int], new: list[int]) -> None:
    before = {str(place): count for place, count in enumerate(old)}
    after = {str(place): count for place, count in enumerate(new)}

    there, back = shift.of_categories(before, after), shift.of_categories(after, before)

    assert there.psi >= 0
    assert there.psi == pytest.approx(back.psi)
    assert there.noise == pytest.approx(back.noise)


@pytest.mark.parametrize(
    ("freedom", "within"), [(1, 0.04), (2, 0.03), (5, 0.015), (20, 0.004)]
)
def test_noise_is_near_the_quantile_of_chi_squared(freedom: int, within: float) -> None:
    counts = {str(place): 1_000_000 for place in range(freedom + 1)}

    noise = shift.of_categories(counts, counts).noise

    total = 1_000_000 * (freedom + 1)
    exact = stats.chi2.ppf(shift.CONFIDENCE, freedom) * 2 / total
    assert noise == pytest.approx(exact, rel=within)
