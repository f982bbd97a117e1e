"""A share of rows that repeat or are weighted is worth fewer rows, and never certain."""

import numpy as np
import pytest

from cairn.stats.beta import beta_below
from cairn.stats.distributions import clopper_pearson
from cairn.stats.effective import Share, share_of_rows, share_of_units


@pytest.mark.parametrize("alpha", [0.3, 0.05, 1e-6])
@pytest.mark.parametrize(("hits", "rows"), [(0, 1), (1, 1), (3, 20), (20, 20), (999, 1200)])
def test_rows_that_count_once_have_the_exact_bounds(
    hits: int, rows: int, alpha: float
) -> None:
    found = share_of_rows(hits, rows).bounds(alpha)

    assert found == pytest.approx(clopper_pearson(hits, rows, alpha), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("worth", [3.7, 71.9, 900.5])
@pytest.mark.parametrize("value", [0.05, 0.3, 0.8])
def test_bounds_at_parts_of_rows_lie_where_the_error_is_alpha(
    worth: float, value: float
) -> None:
    lower, upper = Share(value=value, worth=worth, units=40, freedom=np.inf).bounds(0.01)
    hits = value * worth

    assert beta_below(lower, hits, worth - hits + 1) == pytest.approx(0.01)
    assert beta_below(1 - upper, worth - hits, hits + 1) == pytest.approx(0.01)


def test_many_hits_and_misses_have_about_the_exact_bounds() -> None:
    found = share_of_rows(4000, 10_000).bounds(0.001)

    assert found == pytest.approx(clopper_pearson(4000, 10_000, 0.001), abs=2e-4)


def test_rows_of_a_unit_that_say_one_thing_are_worth_one() -> None:
    sizes = np.full(200, 5.0)
    alike = share_of_units(sizes, sizes * (np.arange(200) % 4 == 0), most=1000)
    apart = share_of_units(
        sizes, np.random.default_rng(1).binomial(5, 0.25, 200).astype(float), most=1000
    )

    assert alike.worth == pytest.approx(200, rel=0.01)
    assert apart.worth > 700


def test_a_share_of_nothing_or_of_all_is_worth_its_units_and_is_not_certain() -> None:
    nothing = share_of_units(np.full(30, 100.0), np.zeros(30), most=3000)

    assert nothing.worth == pytest.approx(30)
    assert nothing.bounds(0.05)[1] > 0.08


def test_a_unit_with_half_of_all_weight_leaves_little_to_know() -> None:
    sizes = np.r_[np.ones(50), 50.0]
    hits = np.r_[np.arange(50) % 2, 25.0]

    assert share_of_units(sizes, hits, most=100).freedom < 1
