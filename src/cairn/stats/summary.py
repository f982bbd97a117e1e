"""The metrics that are recorded beside predictions: each is computed from the rows alone."""

from typing import get_args

from cairn.stats.align import sample
from cairn.stats.estimate import Undefined
from cairn.stats.measure import measure
from cairn.stats.metrics import Kind
from cairn.stats.predictions import Predictions

METRICS: tuple[str, ...] = tuple(sorted(get_args(Kind)))
DIGITS = 12
_SMALLEST = 1e-12


def summarise(predictions: Predictions) -> dict[str, float]:
    """Every metric that the rows define, by name, rounded so that machines agree.

    Raises `Invalid` if a label is neither 0 nor 1, or if rows have weights.
    """
    rows = sample(predictions)
    found = {name: measure(name, rows) for name in METRICS}
    return {
        name: rounded(estimate.value)
        for name, estimate in found.items()
        if not isinstance(estimate, Undefined)
    }


def rounded(value: float) -> float:
    """Keep twelve significant digits: libraries and processors differ in those after them."""
    return 0.0 if abs(value) < _SMALLEST else float(f"{value:.{DIGITS}g}")
