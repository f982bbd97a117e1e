"""How much rows say: as many independent, equal ones as they are worth.

- `effective` is Kish's number (1965, "Survey Sampling"): the squared sum of sizes over the sum
  of squares. A thousand units of which ten have all the weight are worth ten.
- `carrying` is the same of squared deviations: how many units carry the variance, and half the
  degrees of freedom that it is known with. Where three rows carry it, another sample of the
  same size has another variance.
- `freedom` is that of Student's law for units of these sizes (Satterthwaite 1946).
- `unseen` is the size of one more unit. Rows of a unit that have little in common are worth
  more than the unit; how much more is as uncertain as the variance, and the cautious end of
  that is taken (Korn and Graubard 1998, "Confidence intervals for proportions with small
  expected number of positive counts", Survey Methodology 24, for shares).
"""

from dataclasses import dataclass

import numpy as np

from cairn.stats.scored import Floats, Places
from cairn.stats.wald import is_flat

_CAUTIOUS = 1.645


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Information:
    """What units say about a ratio of totals, `spread` being that of rows."""

    sums: Floats
    sizes: Floats
    ratio: float
    standard_error: float
    spread: float
    effective: float
    carrying: float
    freedom: float
    unseen: float

    @property
    def units(self) -> int:
        """Number of units."""
        return self.sums.size


def information(values: Floats, weight: Floats, unit: Places | None) -> Information | None:
    """Sum up rows by unit; None if fewer than two units have any weight."""
    place = np.arange(values.size, dtype=np.intp) if unit is None else unit
    sums = np.bincount(place, weight * values).astype(np.float64)
    sizes = np.bincount(place, weight).astype(np.float64)
    sums, sizes = sums[sizes > 0], sizes[sizes > 0]
    if sums.size < 2:  # noqa: PLR2004 - one unit has no spread
        return None
    total = float(sizes.sum())
    ratio = float(sums.sum()) / total
    squares = (sums - ratio * sizes) ** 2
    variance = sums.size / (sums.size - 1) * float(squares.sum()) / total**2
    if is_flat(ratio, variance**0.5):
        variance = 0.0
    spread = float((weight * (values - ratio) ** 2).sum()) / total
    effective, carrying = kish(sizes), kish(squares)
    worth = effective
    if unit is not None and variance > 0:
        alike = min(spread / variance, kish(weight))
        worth = max(min(alike, effective), alike * _least_share(2 * carrying))
    return Information(
        sums=sums,
        sizes=sizes,
        ratio=ratio,
        standard_error=variance**0.5,
        spread=spread**0.5,
        effective=effective,
        carrying=carrying,
        freedom=max(kish(sizes**2) - 1, 1.0),
        unseen=total / max(worth, 1.0),
    )


def kish(sizes: Floats) -> float:
    """How many equal ones are worth as much as these; 0 if there is nothing."""
    squares = float((sizes * sizes).sum())
    return float(sizes.sum()) ** 2 / squares if squares > 0 else 0.0


def _least_share(freedom: float) -> float:
    """What a variance may be too small by: the lower 5% of chi-squared over its mean.

    As Wilson and Hilferty (1931) approximate it.
    """
    part = 2 / (9 * freedom)
    return max(1 - part - _CAUTIOUS * part**0.5, 0.0) ** 3
