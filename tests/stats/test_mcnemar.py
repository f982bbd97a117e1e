"""Paired decisions: published tables, and the bounds that belong to the tests."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, binomtest, norm

from cairn.stats.mcnemar import Discordance, Skewed

# Tables [[a, b], [c, d]] with the exact two-sided p-values of statsmodels' own tests
# (test_nonparametric.py); the last is Agresti (1990), p. 350, as in R's `mcnemar.test`.
PUBLISHED = [
    ((101, 121, 59, 33), 0.000004),
    ((101, 70, 59, 33), 0.378688),
    ((101, 80, 59, 33), 0.089452),
    ((101, 30, 60, 33), 0.00206),
    ((794, 150, 86, 570), 3.716e-05),
]


@st.composite
def discordances(draw: st.DrawFn) -> Discordance:
    wins, losses = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    rows = wins + losses + draw(st.integers(1, 200))
    return Discordance(wins=wins, losses=losses, rows=rows)


@pytest.mark.parametrize(("table", "p"), PUBLISHED)
def test_exact_mcnemar_gives_the_published_p_values(
    table: tuple[int, int, int, int], p: float
) -> None:
    a, b, c, d = table
    found = Discordance(wins=b, losses=c, rows=a + b + c + d)

    two_sided = 2 * min(found.p_above(0), found.p_below(0))

    assert two_sided == pytest.approx(p, rel=2e-4, abs=5e-7)


@given(discordances())
def test_no_difference_is_tested_by_the_exact_binomial(found: Discordance) -> None:
    discordant = found.wins + found.losses
    exact = (
        binomtest(found.wins, discordant, alternative="greater").pvalue if discordant else 1
    )

    # Never the score test where it would be the bolder one.
    assert found.p_above(0) >= exact - 1e-9


@pytest.mark.parametrize("gain", [-0.2, -0.05, -0.01, 0.03, 0.15])
@pytest.mark.parametrize(("wins", "losses", "rows"), [(14, 9, 100), (3, 0, 60), (0, 7, 200)])
def test_a_margin_is_tested_by_the_score_at_the_constrained_maximum(
    wins: int, losses: int, rows: int, gain: float
) -> None:
    """Tango (1998), equation 4: here the likelihood is maximised numerically."""

    def minus_likelihood(loss: float) -> float:
        chances = (
            (wins, loss + gain),
            (losses, loss),
            (rows - wins - losses, 1 - 2 * loss - gain),
        )
        return -sum(count * math.log(chance) for count, chance in chances if count)

    low, high = max(0.0, -gain) + 1e-12, (1 - gain) / 2 - 1e-12
    likeliest: Any = minimize_scalar(
        minus_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    )
    loss = float(likeliest.x)
    variance = rows * (2 * loss + gain - gain * gain)
    score = norm.sf((wins - losses - rows * gain) / math.sqrt(variance))

    found = Discordance(wins=wins, losses=losses, rows=rows).p_above(gain)

    assert found == pytest.approx(max(score, exact_if_positive(gain, wins, losses)), rel=1e-4)


def exact_if_positive(gain: float, wins: int, losses: int) -> float:
    exact = binomtest(wins, wins + losses, alternative="greater").pvalue
    return float(exact) if gain >= 0 else 0.0


def test_bounds_are_the_published_ones_unless_the_exact_test_disagrees() -> None:
    """Cavo et al. (2012) by Tango are -0.1240 to -0.0054, by exact McNemar p = 0.052479.

    Fagerland, Lydersen and Laake (2017), "Statistical Analysis of Contingency Tables", 8.
    That the interval excludes 0 and the test does not reject it is what joining them mends.
    """
    found = Discordance(wins=6, losses=16, rows=161)

    assert found.gain == pytest.approx(-0.0621, abs=5e-5)
    assert found.lower(0.025) == pytest.approx(-0.1240, abs=5e-5)
    assert 2 * found.p_below(0) == pytest.approx(0.052479, abs=5e-7)
    assert found.upper(0.025) == 0.0


@given(discordances(), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_p_values_rise_with_the_gain_in_question(
    found: Discordance, one: float, other: float
) -> None:
    low, high = sorted((one, other))

    assert found.p_above(low) <= found.p_above(high) + 1e-12
    assert found.p_below(low) >= found.p_below(high) - 1e-12


@given(discordances(), st.sampled_from([0.001, 0.025, 0.05, 0.1]))
def test_bounds_and_tests_never_contradict_each_other(
    found: Discordance, alpha: float
) -> None:
    lower, upper = found.lower(alpha), found.upper(alpha)

    assert -1 <= lower <= found.gain <= upper <= 1
    assert found.p_above(lower - 1e-9) <= alpha
    assert found.p_above(lower + 1e-9) >= alpha
    assert found.p_below(upper + 1e-9) <= alpha
    assert found.p_below(upper - 1e-9) >= alpha
    assert (lower > 0) == (found.p_above(0) <= alpha)
    assert (upper < 0) == (found.p_below(0) <= alpha)


@given(discordances(), st.floats(-0.9, 0.9))
def test_swapping_the_models_mirrors_every_number(found: Discordance, gain: float) -> None:
    swapped = Discordance(wins=found.losses, losses=found.wins, rows=found.rows)

    assert swapped.gain == -found.gain
    assert swapped.standard_error == found.standard_error
    assert swapped.p_above(gain) == found.p_below(-gain)
    assert swapped.lower(0.05) == -found.upper(0.05)


def test_no_discordant_row_is_not_certainty() -> None:
    """No loss in 200 rows bounds the losses by about 3 / 200: not by 0."""
    alike = Discordance(wins=0, losses=0, rows=200)

    assert alike.p_above(0) == 1.0
    assert alike.standard_error > 0
    assert alike.p_above(-0.03) < 0.01
    assert alike.p_above(-0.02) == pytest.approx(0.98**200, abs=0.01)
    assert alike.p_above(-0.005) > 0.1


def test_the_adjusted_error_is_the_published_one() -> None:
    """Bonett and Price (2012), equation 6, written with shares."""
    wins, losses, rows = 9, 4, 60
    up, down = (wins + 1) / (rows + 2), (losses + 1) / (rows + 2)

    expected = math.sqrt((up + down - (up - down) ** 2) / (rows + 2))

    found = Discordance(wins=wins, losses=losses, rows=rows).standard_error
    assert found == pytest.approx(expected, rel=1e-12)


def test_gains_beyond_what_shares_can_reach_are_settled() -> None:
    found = Discordance(wins=5, losses=1, rows=50)

    assert (found.p_above(1.0), found.p_above(-1.0)) == (1.0, 0.0)
    assert (found.p_above(2.0), found.p_below(2.0)) == (1.0, 0.0)


def test_a_million_discordant_rows_are_counted_exactly() -> None:
    found = Discordance(wins=500_800, losses=499_200, rows=3_000_000)

    oracle = binomtest(500_800, 1_000_000, alternative="greater").pvalue

    assert found.p_above(0) == pytest.approx(oracle, rel=1e-8)


@pytest.mark.parametrize("rows", [300, 1000])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0025, 0.0005])
def test_a_loss_at_the_margin_is_found_as_seldom_as_said_at_small_errors_too(
    rows: int, alpha: float
) -> None:
    """Losses alone are binomial, so how often a test errs can be counted."""

    def errs(*, skewed: bool) -> float:
        plain = (Discordance(wins=0, losses=many, rows=rows) for many in range(rows))
        laws = (Skewed(plain=one) if skewed else one for one in plain)
        first = next(many for many, law in enumerate(laws) if law.p_below(-0.05) <= alpha)
        return float(binom.sf(first - 1, rows, 0.05))

    assert errs(skewed=True) <= 1.25 * alpha
    if alpha < 0.003:
        assert errs(skewed=False) > 1.3 * alpha


@given(discordances())
def test_the_skewed_law_is_never_narrower_and_agrees_with_its_tests(
    plain: Discordance,
) -> None:
    law = Skewed(plain=plain)

    for alpha in (0.05, 0.0005):
        lower = law.lower(alpha)
        assert lower <= plain.lower(alpha)
        assert law.upper(alpha) >= plain.upper(alpha)
        assert lower == 0 or law.p_above(lower) <= alpha + 1e-9
    assert law.p_above(0.0) >= plain.p_above(0.0)
