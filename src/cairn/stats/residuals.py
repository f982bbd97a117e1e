"""Residuals of predicted numbers: how far off a model is, from small labels to large ones.

Every row counts once, whatever its weight: a picture is looked at, no check is judged by it.
"""

from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Sample

BANDS = 8
_MOST = (0.1, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Rows whose labels lie from `low` to `high`: the median residual, and most of them.

    A residual is the number predicted less the label; `most` holds 80% of them.
    """

    rows: int
    low: float
    high: float
    middle: float
    most: tuple[float, float]


def bands(sample: Sample, *, count: int = BANDS) -> tuple[Band, ...]:
    """Part rows by their labels into at most `count` bands of like size."""
    edges = np.unique(np.quantile(sample.label, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, sample.label, side="left")
    found: list[Band] = []
    for at in np.unique(place).tolist():
        inside = place == at
        labels = sample.label[inside]
        residuals = sample.score[inside] - labels
        low, middle, high = np.quantile(residuals, (_MOST[0], 0.5, _MOST[1])).tolist()
        found.append(
            Band(
                rows=int(inside.sum()),
                low=float(labels.min()),
                high=float(labels.max()),
                middle=middle,
                most=(low, high),
            )
        )
    return tuple(found)
