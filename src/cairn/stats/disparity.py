"""How far a rate differs between groups of rows: every pair of groups, with its bounds.

1. A group's rate has the bounds of the independent rows that it is worth (`effective`), so
   neither few units nor a rate of 0 makes it certain.
2. A pair of groups has the bounds that follow from both (Zou and Donner 2008, "Construction of
   confidence limits about effect measures", Statistics in Medicine 27, of which Newcombe's
   method 10 is one). Where units lie in both groups and pull them apart, that is added; where
   they pull them together, it is not relied on.
3. The largest upper bound needs no correction: if the largest gap is too large then one pair
   is, and that pair's own bound would have to fail (intersection-union). For the lower one it
   is the other way round: all that is compared shares the error (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.effective import Share, share_of_rows, share_of_units
from cairn.stats.resample import units_of
from cairn.stats.scored import Flags, Floats, Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """A rate of each group, None where no row counts; `apart` correlates those that are."""

    shares: tuple[Share | None, ...]
    apart: Floats | None = None

    def known(self, least: int) -> list[int]:
        """Places of the groups whose rate rests on enough units."""
        return [at for at, one in enumerate(self.shares) if one and one.units >= least]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How much larger the rate of group `most` is than that of `least`, and bounds."""

    most: int
    least: int
    gap: float
    lower: float
    upper: float


def rates_of(
    sample: Sample, groups: Sequence[Places], *, counted: Flags, said: Flags
) -> Rates:
    """The share of rows that are `said` among those `counted`, in each group."""
    many = len(groups)
    of_row = np.full(sample.rows, many, dtype=np.intp)
    for place, rows in enumerate(groups):
        of_row[rows] = place
    cells = 2 * of_row + said
    if sample.simple:
        hits = np.bincount(cells[counted], minlength=2 * many + 2)
        misses, hits = hits[0 : 2 * many : 2].tolist(), hits[1 : 2 * many : 2].tolist()
        pairs = zip(misses, hits, strict=True)
        return Rates(
            shares=tuple(share_of_rows(h, m + h) if m + h else None for m, h in pairs)
        )
    weight = np.where(counted, 1.0 if sample.weight is None else sample.weight, 0.0)
    units = units_of(sample.rows, sample.unit, width=2 * many + 2)
    sums = units.tally(cells, 2 * many + 2, weight)
    hits, sizes = sums[:, 1 : 2 * many : 2], sums[:, 0 : 2 * many : 2]
    sizes = sizes + hits
    squares = np.bincount(of_row, weights=weight**2, minlength=many)
    total = sizes.sum(axis=0)
    shares = tuple(
        share_of_units(sizes[:, g], hits[:, g], most=float(total[g] ** 2 / squares[g]))
        if total[g] > 0
        else None
        for g in range(many)
    )
    return Rates(shares=shares, apart=None if sample.unit is None else _apart(sizes, hits))


def gaps(rates: Rates, known: Sequence[int], *, alpha: float, error: float) -> list[Gap]:
    """Every ordered pair of groups: upper bounds at `alpha`, lower ones at `error`."""
    shares = [share for at in known if (share := rates.shares[at]) is not None]
    value = np.array([share.value for share in shares])
    apart = 0.0 if rates.apart is None else rates.apart[np.ix_(known, known)]
    gap = value[:, None] - value[None, :]
    low, high = np.array([share.bounds(error) for share in shares]).T
    lower = gap - _joined((value - low)[:, None], (high - value)[None, :], apart)
    low, high = np.array([share.bounds(alpha) for share in shares]).T
    upper = gap + _joined((high - value)[:, None], (value - low)[None, :], apart)
    return [
        Gap(
            most=known[one],
            least=known[other],
            gap=float(gap[one, other]),
            lower=max(-1.0, float(lower[one, other])),
            upper=min(1.0, float(upper[one, other])),
        )
        for one in range(len(known))
        for other in range(len(known))
        if one != other
    ]


def _joined(one: Floats, other: Floats, apart: Floats | float) -> Floats:
    return np.sqrt(one**2 + other**2 + 2 * apart * one * other)


def _apart(sizes: Floats, hits: Floats) -> Floats:
    """How strongly units that lie in two groups pull their rates apart, from 0 to 1."""
    with np.errstate(all="ignore"):
        pulls = hits - hits.sum(axis=0) / sizes.sum(axis=0) * sizes
        together = pulls.T @ pulls
        scale = np.sqrt(np.diag(together))
        found = together / (scale[:, None] * scale[None, :])
    return np.clip(-np.nan_to_num(found), 0.0, 1.0)
