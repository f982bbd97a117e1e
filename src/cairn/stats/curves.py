"""Curves of two-class scores: what a threshold trades, and whether a score means its share.

Every row counts once, whatever its weight: a curve is looked at, no check is judged by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.distributions import wilson
from cairn.stats.scored import Floats

POINTS = 200
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of like score: their mean score, the share that is positive, bounds of it."""

    rows: int
    predicted: float
    share: float
    lower: float
    upper: float


def both_labels(sample: Sample) -> bool:
    """Whether there are rows of either label; without, there is no curve."""
    return 0 < int(sample.positive.sum()) < sample.rows


def roc(sample: Sample) -> tuple[Point, ...]:
    """False positive rate and recall from the highest threshold to the lowest.

    Both labels must occur. Of many points about `POINTS` are kept, evenly along the curve.
    """
    right, wrong = _decided(sample)
    across, up = wrong / wrong[-1], right / right[-1]
    return ((0.0, 0.0), *_some(across, up, along=across + up))


def precision_recall(sample: Sample) -> tuple[Point, ...]:
    """Recall and precision from the highest threshold to the lowest; some label is 1."""
    right, wrong = _decided(sample)
    recall = right / right[-1]
    return _some(recall, right / (right + wrong), along=recall)


def calibration(sample: Sample, *, bins: int = 10, alpha: float = 0.025) -> tuple[Bin, ...]:
    """Bins of equal width over scores from 0 to 1; Wilson's bounds, each of error `alpha`.

    Empty bins are left out. The bounds take rows for independent of each other.
    """
    place = np.minimum((sample.score * bins).astype(np.intp), bins - 1)
    rows = np.bincount(place, minlength=bins)
    positive = np.bincount(place, weights=sample.positive, minlength=bins)
    total = np.bincount(place, weights=sample.score, minlength=bins)
    found: list[Bin] = []
    for at in np.flatnonzero(rows).tolist():
        many, right = int(rows[at]), int(positive[at])
        lower, upper = wilson(right, many, alpha)
        found.append(
            Bin(
                rows=many,
                predicted=float(total[at]) / many,
                share=right / many,
                lower=lower,
                upper=upper,
            )
        )
    return tuple(found)


def shares(sample: Sample) -> bool:
    """Whether all scores lie from 0 to 1, as calibration wants them."""
    return bool(((sample.score >= 0) & (sample.score <= 1)).all())


def _decided(sample: Sample) -> tuple[Floats, Floats]:
    """Rows decided positive, rightly and wrongly, at each score that occurs, falling."""
    order = np.argsort(-sample.score, kind="stable")
    score, positive = sample.score[order], sample.positive[order]
    last = np.append(np.flatnonzero(np.diff(score)), score.size - 1)
    right = np.cumsum(positive, dtype=np.float64)[last]
    return right, last + 1 - right


def _some(x: Floats, y: Floats, *, along: Floats) -> tuple[Point, ...]:
    if x.size <= POINTS:
        return tuple(zip(x.tolist(), y.tolist(), strict=True))
    steps: Sequence[float] = np.linspace(0, float(along[-1]), POINTS).tolist()
    places = np.unique([0, x.size - 1, *np.searchsorted(along, steps).tolist()])
    kept = places[places < x.size]
    return tuple(zip(x[kept].tolist(), y[kept].tolist(), strict=True))
