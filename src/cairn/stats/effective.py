"""A share of rows that are weighted or repeat: how many independent rows it is worth.

The count of Korn and Graubard (1998, "Confidence intervals for proportions with small expected
number of positive counts estimated from survey data", Survey Methodology 24): the rows whose
binomial spread is the one between the units, lessened by Student's t for few units. Where the
units show no spread it is what remains if every unit said one thing only (Kish). Bounds are
those of Clopper and Pearson at that count, so no share is known without an error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cairn.stats.beta import beta_below
from cairn.stats.distributions import normal_quantile, student_quantile
from cairn.stats.scored import Floats

FEWEST_UNITS = 20
"""Fewer units than this show too little of how they differ."""
_MANY = 1000
_LEAST, _RESOLUTION, _STEPS = 1e-300, 1e-15, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An observed share, the independent rows that it is worth, and the units behind it.

    `freedom` is that of the spread between units; it is infinite where rows are counted one by
    one, and their spread is known.
    """

    value: float
    worth: float
    units: int
    freedom: float

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Lower and upper bound, each of error at most `alpha`."""
        worth = self.worth * self._lessened(alpha)
        hits = self.value * worth
        return _at_least(hits, worth, alpha), 1 - _at_least(worth - hits, worth, alpha)

    def _lessened(self, alpha: float) -> float:
        if math.isinf(self.freedom):
            return 1.0
        wide = student_quantile(1 - alpha, self.freedom)
        return (normal_quantile(1 - alpha) / wide) ** 2


def share_of_rows(hits: float, rows: float) -> Share:
    """A share of rows that count once and stand for themselves; rows > 0."""
    return Share(value=hits / rows, worth=rows, units=int(rows), freedom=math.inf)


def share_of_units(sizes: Floats, hits: Floats, *, most: float) -> Share:
    """A share from the weights of each unit's rows and of its hits; some size is above 0.

    It is never worth more than `most` rows: negative likeness within units is not relied on.
    """
    there = sizes > 0
    sizes, hits = sizes[there], hits[there]
    total, units = float(sizes.sum()), sizes.size
    value = float(hits.sum()) / total
    alike = total**2 / float((sizes**2).sum())
    even = float((sizes**2).sum()) ** 2 / float((sizes**4).sum())
    spread = float(((hits - value * sizes) ** 2).sum()) * units / max(units - 1, 1)
    binomial = value * (1 - value) * total**2
    worth = binomial / spread if spread > 0 and binomial > 0 else alike
    return Share(value=value, worth=min(worth, most), units=units, freedom=max(even - 1, 0.5))


def _at_least(hits: float, rows: float, alpha: float) -> float:
    """The lower bound of a share; with many hits and misses by Wilson's formula, as exact."""
    if hits <= 0:
        return 0.0
    near = _wilson(hits, rows, alpha)
    if min(hits, rows - hits) > _MANY:
        return near
    return _solved(lambda x: beta_below(x, hits, rows - hits + 1), alpha, near, hits / rows)


def _wilson(hits: float, rows: float, alpha: float) -> float:
    z, share = normal_quantile(1 - alpha), max(hits - 0.5, 0.0) / rows
    half = z * math.sqrt((share * (1 - share) + z * z / (4 * rows)) / rows)
    return (share + z * z / (2 * rows) - half) / (1 + z * z / rows)


def _solved(below: Callable[[float], float], alpha: float, near: float, most: float) -> float:
    """Where a probability reaches `alpha`, by secants: its logarithm is about a line."""

    def away(place: float) -> float:
        return math.log(max(below(math.exp(place)), _LEAST)) - math.log(alpha)

    last = math.log(most)
    one = min(math.log(max(near, 0.001 * most)), last - 0.1)
    other = one + 0.05
    first, second = away(one), away(other)
    for _ in range(_STEPS):
        if second in (0.0, first):
            break
        place = other - second * (other - one) / (second - first)
        one, first = other, second
        other = place if place < last else 0.5 * (other + last)
        second = away(other)
        if abs(other - one) <= _RESOLUTION:
            break
    return math.exp(other)
