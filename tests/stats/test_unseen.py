"""Bounds that allow for one unit more: what they are known to be in the simplest cases."""

import numpy as np
import numpy.typing as npt
import pytest

from cairn.stats.distributions import binomial_at_least, clopper_pearson
from cairn.stats.unseen import Parts, Unseen


def law(values: npt.ArrayLike, *, low: float = 0.0, high: float = 1.0) -> Unseen:
    numbers = np.asarray(values, dtype=np.float64)
    return Unseen(
        parts=Parts.of(numbers, np.ones(numbers.size)),
        gain=float(numbers.mean()),
        size=1.0,
        low=low,
        high=high,
    )


@pytest.mark.parametrize(
    ("right", "rows"), [(20, 20), (0, 20), (3, 20), (58, 60), (297, 300), (9000, 10_000)]
)
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_bounds_of_a_share_are_those_of_clopper_and_pearson(
    right: int, rows: int, alpha: float
) -> None:
    found = law(np.arange(rows) < right)

    expected = clopper_pearson(right, rows, alpha)
    assert (found.lower(alpha), found.upper(alpha)) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (8, 2), (30, 18), (2, 9)])
def test_paired_decisions_are_judged_as_by_exact_mcnemar(wins: int, losses: int) -> None:
    found = law(np.r_[np.ones(wins), -np.ones(losses), np.zeros(100)], low=-1.0)

    exact = binomial_at_least(wins, wins + losses, 0.5)
    assert found.p_above(0.0) == pytest.approx(exact, rel=0.03)


def test_bounds_of_a_mean_are_quantiles_over_weights_drawn_at_random() -> None:
    world = np.random.default_rng(1)
    values = world.lognormal(size=30)
    values /= values.max()
    weights = world.exponential(size=(200_000, 31))
    weights /= weights.sum(axis=1, keepdims=True)

    found = law(values)

    low = np.quantile(weights[:, :30] @ values, 0.05)
    high = np.quantile(weights[:, :30] @ values + weights[:, 30], 0.95)
    assert (found.lower(0.05), found.upper(0.05)) == pytest.approx((low, high), rel=0.01)


def test_very_many_units_are_put_together_and_lose_nothing() -> None:
    world = np.random.default_rng(2)
    values = np.where(world.random(200_000) < 0.0005, 1.0, 0.2 * world.random(200_000))

    found = law(values)

    z = (found.gain - found.lower(0.05)) / (values.std() / values.size**0.5)
    assert found.parts.sums.size < 5000
    assert z == pytest.approx(1.645, rel=0.03)


def test_bounds_agree_with_the_tests_and_never_touch_the_estimate() -> None:
    found = law([0.2, 0.9, 0.4, 0.4, 0.7, 1.0, 1.0])

    for alpha in (0.4, 0.05, 1e-4):
        lower, upper = found.lower(alpha), found.upper(alpha)
        assert 0 < lower < found.gain < upper < 1
        assert found.p_above(lower) == pytest.approx(alpha, rel=1e-9)
        assert found.p_below(upper) == pytest.approx(alpha, rel=1e-9)
    assert (found.p_above(0.0), found.p_above(1.0)) == (0.0, 1.0)


def test_the_other_way_round_is_the_same_to_the_last_digit() -> None:
    world = np.random.default_rng(3)
    values = world.normal(size=5000) * 0.1

    one, other = law(values, low=-1.0), law(-values, low=-1.0)

    assert other.lower(0.05) == pytest.approx(-one.upper(0.05), rel=1e-13)
    assert other.p_above(0.01) == pytest.approx(one.p_below(-0.01), rel=1e-12)
