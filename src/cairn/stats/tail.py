"""Bounds of a quantile from order statistics, of values that are worth fewer independent ones.

The share of values above a limit is held against the share that may lie there, by the exact
binomial test at the count that the values are worth (`dependence`). Where that is all of them,
these are the bounds of `quantile`.
"""

from bisect import bisect_left

import numpy as np

from cairn.stats.beta import beta_below
from cairn.stats.scored import Floats


def upper_of(values: Floats, share: float, *, worth: float, alpha: float) -> float | None:
    """The value that the true `share` quantile exceeds with error `alpha`, if there is one."""
    many = values.size

    def too_many(above: int) -> bool:
        hits = above * worth / many
        return hits >= worth or beta_below(share, worth - hits, hits + 1) > alpha

    first = bisect_left(range(many), x=True, key=too_many)
    return float(np.sort(values)[many - first]) if first else None


def lower_of(values: Floats, share: float, *, worth: float, alpha: float) -> float | None:
    """The value that the true `share` quantile falls below with error `alpha`."""
    many = values.size

    def enough(above: int) -> bool:
        hits = above * worth / many
        return beta_below(1 - share, hits, worth - hits + 1) <= alpha

    first = 1 + bisect_left(range(1, many + 1), x=True, key=enough)
    return float(np.sort(values)[many - first]) if first <= many else None
