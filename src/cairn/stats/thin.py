"""Where rows are too few in truth, whatever their number: bounds, but no verdict."""

import math
from collections.abc import Sequence

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.estimate import Thin
from cairn.stats.information import Information, information
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
        return _worth(known.effective, rows)
    return None if limited else _carried(metric, known, rows=rows)


def thin_by(metric: Metric, models: Sequence[Sample], *, worth: float) -> Thin | None:
    """Say the same of a metric of totals, whose rows are `worth` as many equal units."""
    one = models[0]
    if not one.simple and worth < LEAST_UNITS:
        return _worth(worth, one.rows)
    if metric.kind not in ("rmse", "r2"):
        return None
    errors = [(model.score - model.label) ** 2 for model in models]
    apart = errors[0] if len(errors) == 1 else errors[0] - errors[1]
    weight = np.ones(one.rows) if one.weight is None else one.weight
    unit = None if one.unit is None else one.unit.astype(np.intp)
    known = information(apart, weight, unit)
    return None if known is None else _carried(metric, known, rows=one.rows)


def _worth(worth: float, rows: int) -> Thin:
    return Thin(
        reason=f"they are worth {worth:.1f} units of equal weight, and a verdict needs "
        f"{LEAST_UNITS:g}",
        rows=math.ceil(rows * LEAST_UNITS / max(worth, 1.0)),
    )


def _carried(metric: Metric, known: Information, *, rows: int) -> Thin | None:
    if known.carrying >= LEAST_CARRYING or known.carrying == 0:
        return None
    return Thin(
        reason=f"the variance lies in as few as {known.carrying:.1f} of them, and a verdict "
        f"needs {LEAST_CARRYING:g}",
        rows=math.ceil(rows * LEAST_CARRYING / known.carrying),
        instead=_LIGHTER.get(metric.kind, ""),
    )
