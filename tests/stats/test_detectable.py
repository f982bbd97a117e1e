"""What a set can see at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.stats.detectable import (
    detectable_gain,
    detectable_share,
    rows_for_share,
    rows_to_detect,
)

discordances = st.floats(0.01, 0.9)


@pytest.mark.parametrize(
    ("rows", "points"), [(2_000, 0.018), (10_000, 0.0079), (100_000, 0.0025)]
)
def test_a_tenth_discordant_rows_see_what_the_normal_law_says(
    rows: int, points: float
) -> None:
    """(1.645 + 0.842) sqrt(0.1 / n), rounded."""
    assert detectable_share(rows, 0.1) == pytest.approx(points, rel=0.03)
    assert detectable_gain((0.1 / rows) ** 0.5) == pytest.approx(points, rel=0.03)


def test_the_rows_for_a_paired_study_are_the_published_number() -> None:
    """Connor (1987): discordant chances 0.2 and 0.1, two-sided 0.05 and power 0.9: 312 pairs.

    (1.960 sqrt 0.3 + 1.282 sqrt(0.3 - 0.01))^2 / 0.01, worked by hand.
    """
    assert rows_for_share(0.1, 0.3, alpha=0.025, power=0.9) == 312


@given(st.integers(50, 1_000_000), discordances)
def test_rows_and_detectable_gain_are_each_others_inverse(
    rows: int, discordance: float
) -> None:
    gain = detectable_share(rows, discordance)

    if gain < discordance:
        assert rows_for_share(gain, discordance) == pytest.approx(rows, abs=1.01)


@given(discordances)
def test_no_gain_beyond_the_discordant_rows_is_promised(discordance: float) -> None:
    assert detectable_share(1, discordance) <= discordance


def test_four_times_the_rows_see_half_the_gain() -> None:
    seen = detectable_gain(0.01)

    assert rows_to_detect(seen, 0.01, 1000) in (1000, 1001)
    assert rows_to_detect(seen / 2, 0.01, 1000) in (4000, 4001)
