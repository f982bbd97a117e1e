"""How far a rate differs between groups of rows: every pair of groups, with its interval.

Rates of two groups are independent, so a pair has the interval of Newcombe's method 10 (1998,
"Interval estimation for the difference between independent proportions", Statistics in
Medicine 17) from Wilson's bounds. Where rows are weighted or repeat, the pair has the spread
of its bootstrap replicates instead.

The largest gap is at most `upper` but for an error of alpha: if it is too large then one pair
is, and that pair's own bound would have to fail (intersection-union). For `lower` it is the
other way round, and pairs share the error (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.distributions import normal_quantile
from cairn.stats.resample import replicate, units_of
from cairn.stats.scored import Flags, Floats, Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """A rate of each group: `counted` rows (or weights), and the observed `rate`."""

    counted: Floats
    rate: Floats
    spread: Floats | None = None
    """Covariance of the rates where they were resampled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The largest difference between two groups' rates, `most` above `least`, and bounds."""

    most: int
    least: int
    gap: float
    lower: float
    upper: float


def rates_of(
    sample: Sample, groups: Sequence[Places], *, counted: Flags, said: Flags
) -> Rates:
    """The share of rows that are `said` among those `counted`, in each group."""
    of_row = np.full(sample.rows, len(groups), dtype=np.intp)
    for place, rows in enumerate(groups):
        of_row[rows] = place
    many = len(groups) + 1
    cells = 2 * of_row + said
    if sample.simple:
        totals = np.bincount(cells[counted], minlength=2 * many).astype(np.float64)
        return Rates(counted=_both(totals)[:-1], rate=_shares(totals)[:-1])
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    units = units_of(sample.rows, sample.unit, width=2 * many)
    sums = units.tally(cells, 2 * many, weight * counted)
    total = sums.sum(axis=0)
    drawn = _shares(replicate(sums))[:, :-1]
    known = drawn[np.isfinite(drawn).all(axis=1)]
    return Rates(
        counted=_both(total)[:-1],
        rate=_shares(total)[:-1],
        spread=np.atleast_2d(np.cov(known, rowvar=False)),
    )


def largest_gap(rates: Rates, *, alpha: float) -> Gap:
    """Compare every pair of at least two groups whose rates are all defined."""
    many = rates.rate.size
    gap = rates.rate[:, None] - rates.rate[None, :]
    pairs = many * (many - 1) / 2
    _, upper = _bounds(rates, gap, alpha=alpha)
    lower, _ = _bounds(rates, gap, alpha=alpha / pairs)
    np.fill_diagonal(upper, -1.0)
    np.fill_diagonal(lower, -1.0)
    most, least = np.unravel_index(int(gap.argmax()), gap.shape)
    if most == least:  # all rates are equal
        most, least = 0, 1
    return Gap(
        most=int(most),
        least=int(least),
        gap=float(gap[most, least]),
        lower=max(0.0, float(lower.max())),
        upper=min(1.0, float(upper.max())),
    )


def _bounds(rates: Rates, gap: Floats, *, alpha: float) -> tuple[Floats, Floats]:
    z = normal_quantile(1 - alpha)
    if rates.spread is not None:
        own = np.diag(rates.spread)
        error = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * rates.spread, 0.0))
        return gap - z * error, gap + z * error
    low, high = _wilson(rates, z)
    down, up = rates.rate - low, high - rates.rate
    return (
        gap - np.hypot(down[:, None], up[None, :]),
        gap + np.hypot(up[:, None], down[None, :]),
    )


def _wilson(rates: Rates, z: float) -> tuple[Floats, Floats]:
    n, p = rates.counted, rates.rate
    centre = p + z * z / (2 * n)
    half = z * np.sqrt((p * (1 - p) + z * z / (4 * n)) / n)
    scale = 1 + z * z / n
    return np.maximum(0.0, (centre - half) / scale), np.minimum(1.0, (centre + half) / scale)


def _both(totals: Floats) -> Floats:
    return totals[..., 0::2] + totals[..., 1::2]


def _shares(totals: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return totals[..., 1::2] / _both(totals)
