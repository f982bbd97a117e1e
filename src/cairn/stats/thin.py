"""Where rows are too few in truth, whatever their number: bounds, but no verdict."""

import math

from cairn.stats.estimate import Thin
from cairn.stats.information import Information
from cairn.stats.metrics import Metric

LEAST_UNITS = 10.0
LEAST_CARRYING = 10.0
_LIGHTER = {
    "mse": "mae or median_absolute_error",
    "rmse": "mae or median_absolute_error",
    "r2": "mae or median_absolute_error",
    "mae": "median_absolute_error",
}


def thin_of(metric: Metric, known: Information, *, rows: int, limited: bool) -> Thin | None:
    """Say why units say too little for a verdict; None if they say enough.

    Weights or units of very different size count as few; and of numbers without limits those
    whose variance a few units carry, for the next such unit is a matter of luck.
    """
    if known.effective < min(LEAST_UNITS, known.units):
        return Thin(
            reason=f"they are worth {known.effective:.1f} units of equal weight, and a "
            f"verdict needs {LEAST_UNITS:g}",
            rows=math.ceil(rows * LEAST_UNITS / known.effective),
        )
    if limited or known.carrying >= LEAST_CARRYING or known.carrying == 0:
        return None
    return Thin(
        reason=f"the variance lies in as few as {known.carrying:.1f} of them, and a verdict "
        f"needs {LEAST_CARRYING:g}",
        rows=math.ceil(rows * LEAST_CARRYING / known.carrying),
        instead=_LIGHTER.get(metric.kind, ""),
    )
