"""Curves of two-class scores: what a threshold trades, and whether a score means its share.

Of curves of thresholds every row counts once, whatever its weight: they are looked at, and no
check is judged by them. Bins of the score are those of the check `calibration`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.effective import Share, share_of_rows, share_of_units
from cairn.stats.scored import Floats, Places
from cairn.stats.totals import bin_of

POINTS = 200
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of like score: their mean score, the share that is positive, bounds of it.

    `place` is the number of the bin, from the lowest scores on.
    """

    place: int
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
    """Bins of equal width over scores from 0 to 1, with bounds, each of error `alpha`.

    A bin takes its lower edge in, the last one both; empty ones are left out. Rows count by
    their weights, and as the independent rows that they are worth (`effective`).
    """
    place = bin_of(sample.score, bins)
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    found: list[Bin] = []
    for at in range(bins):
        inside = np.flatnonzero(place == at)
        if not weight[inside].sum():
            continue
        share = _share(sample, inside, weight[inside])
        lower, upper = share.bounds(alpha)
        found.append(
            Bin(
                place=at,
                rows=inside.size,
                predicted=float(np.average(sample.score[inside], weights=weight[inside])),
                share=share.value,
                lower=lower,
                upper=upper,
            )
        )
    return tuple(found)


def _share(sample: Sample, inside: Places, sizes: Floats) -> Share:
    """The share of positive rows among those of a bin."""
    hits = sizes * sample.positive[inside]
    if sample.simple:
        return share_of_rows(float(hits.sum()), inside.size)
    unit = inside if sample.unit is None else sample.unit[inside]
    _, of = np.unique(unit, return_inverse=True)
    most = float(sizes.sum() ** 2 / (sizes**2).sum())
    totals = [np.bincount(of, one).astype(np.float64) for one in (sizes, hits)]
    return share_of_units(*totals, most=most)


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
