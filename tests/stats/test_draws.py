"""Poisson counts: the law they follow, and that only place and seed decide them."""

import math

import numpy as np
import pytest

from cairn.stats.draws import poisson_counts


def test_counts_follow_the_poisson_law_of_mean_one() -> None:
    counts = poisson_counts(range(500), range(4000), seed=3)

    shares = np.bincount(counts.ravel(), minlength=6)[:6] / counts.size
    law = [math.exp(-1) / math.factorial(count) for count in range(6)]
    assert shares == pytest.approx(law, abs=5 * math.sqrt(0.25 / counts.size))
    assert counts.var() == pytest.approx(1, abs=0.01)


def test_units_and_resamples_are_drawn_apart_from_each_other() -> None:
    counts = poisson_counts(range(400), range(300), seed=3).astype(float)

    across = np.corrcoef(counts)[np.triu_indices(400, 1)]
    along = np.corrcoef(counts.T)[np.triu_indices(300, 1)]

    assert abs(across.mean()) < 5 / math.sqrt(across.size * 300)
    assert np.abs(along).max() < 6 / math.sqrt(400)


def test_a_part_of_units_and_resamples_is_a_part_of_the_whole() -> None:
    whole = poisson_counts(range(60), range(1001), seed=11)

    part = poisson_counts(range(17, 40), range(333, 702), seed=11)

    assert np.array_equal(part, whole[17:40, 333:702])


def test_the_first_counts_never_change() -> None:
    """Decisions are judged again years later: these are part of them."""
    counts = poisson_counts(range(3), range(12), seed=20_260_301)

    assert counts.tolist() == FIRST


def test_another_seed_gives_other_counts() -> None:
    one, other = (poisson_counts(range(9), range(99), seed=seed) for seed in (1, 2))

    assert (one != other).mean() > 0.5


FIRST = [
    [1, 0, 0, 1, 0, 0, 0, 1, 4, 1, 2, 1],
    [0, 1, 0, 3, 1, 0, 1, 2, 0, 1, 1, 2],
    [2, 1, 2, 1, 0, 1, 2, 0, 1, 1, 0, 0],
]
