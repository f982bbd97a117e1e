"""Bounds of a quantile from order statistics: whatever the distribution, latencies included.

The number of observations at or below the true quantile is binomial, so a rank can be chosen
whose observation lies beyond the quantile with the wanted confidence (David and Nagaraja,
"Order Statistics", 2003, section 7.1). With few observations no rank will do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cairn.core.errors import Invalid
from cairn.stats.distributions import binomial_at_least, binomial_at_most
from cairn.stats.estimate import Undefined
from cairn.stats.scored import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileBound:
    """`estimate` is the observed quantile and `bound` the one-sided bound of error `alpha`."""

    share: float
    estimate: float
    bound: float
    alpha: float
    rows: int


def quantile_upper(
    values: Floats, share: float, *, alpha: float = 0.05
) -> QuantileBound | Undefined:
    """The bound that the true `share` quantile (0.99: the p99) exceeds with error `alpha`.

    Undefined below `smallest_rows(share)` values; `Invalid` for a share not within 0..1.
    """
    rows = values.size
    needed = smallest_rows(share, alpha=alpha)
    if rows < needed:
        return _too_few(share, rows, needed=needed)
    rank = _first(lambda k: binomial_at_most(k - 1, rows, share) >= 1 - alpha, rows)
    return _bound(values, share, rank=rank, alpha=alpha)


def quantile_lower(
    values: Floats, share: float, *, alpha: float = 0.05
) -> QuantileBound | Undefined:
    """The bound that the true `share` quantile falls below with error `alpha`."""
    rows = values.size
    needed = smallest_rows(1 - share, alpha=alpha)
    if rows < needed:
        return _too_few(share, rows, needed=needed)
    rank = _first(lambda k: binomial_at_least(k, rows, share) < 1 - alpha, rows) - 1
    return _bound(values, share, rank=rank, alpha=alpha)


def smallest_rows(share: float, *, alpha: float = 0.05) -> int:
    """The fewest values with an upper bound of the `share` quantile: 299 for 0.99 at 0.05."""
    if not 0 < share < 1:
        raise Invalid(f"quantile {share:g} must lie between 0 and 1")
    rows = math.ceil(math.log(alpha) / math.log(share))
    return rows if share**rows <= alpha else rows + 1


def _bound(values: Floats, share: float, *, rank: int, alpha: float) -> QuantileBound:
    ranked = np.sort(values)
    return QuantileBound(
        share=share,
        estimate=float(ranked[max(math.ceil(share * values.size), 1) - 1]),
        bound=float(ranked[rank - 1]),
        alpha=alpha,
        rows=values.size,
    )


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The first rank that holds, given that all later ones do; `last` + 1 if none does."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _too_few(share: float, rows: int, *, needed: int) -> Undefined:
    return Undefined(
        metric=f"p{100 * share:g}",
        reason=f"there are {rows} values, and a bound needs {needed}",
    )
