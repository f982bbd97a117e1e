"""Holm's adjustment: published answers, and the closed test that it is short for."""

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.stats.multiple import holm

# The fifteen p-values of Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, section 3.2.
FIFTEEN = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0,
]
p_values = st.lists(st.floats(0, 1), max_size=30)


def test_four_p_values_are_adjusted_as_in_r() -> None:
    """R: p.adjust(c(.01, .04, .03, .005), "holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_three_of_the_fifteen_published_p_values_survive() -> None:
    adjusted = holm(FIFTEEN)

    assert [p <= 0.05 for p in adjusted] == [True] * 3 + [False] * 12


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_a_hypothesis_falls_with_every_set_of_them_that_it_belongs_to(
    given_values: list[float],
) -> None:
    """Marcus, Peritz and Gabriel (1976), Biometrika 63; each set by Bonferroni."""
    places = range(len(given_values))
    sets = [chosen for size in places for chosen in combinations(places, size + 1)]

    expected = [
        max(min(1, len(s) * min(given_values[at] for at in s)) for s in sets if place in s)
        for place in places
    ]

    assert holm(given_values) == pytest.approx(expected, abs=1e-12)


@given(p_values)
def test_an_adjusted_p_value_is_never_smaller_and_keeps_the_order(
    given_values: list[float],
) -> None:
    adjusted = holm(given_values)

    assert all(a >= p for a, p in zip(adjusted, given_values, strict=True))
    assert all(a <= 1 for a in adjusted)
    ranked = sorted(zip(given_values, adjusted, strict=True))
    assert [a for _, a in ranked] == sorted(adjusted)


def test_one_test_needs_no_adjustment_and_none_needs_nothing() -> None:
    assert holm([0.03]) == (0.03,)
    assert holm([]) == ()


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(Invalid, match="is not a p-value"):
        holm([0.5, wrong])
