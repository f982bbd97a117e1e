"""Metrics as functions of totals over rows, which is what the bootstrap resamples.

| kind | totals of each unit |
|---|---|
| decisions (accuracy .. mcc) | rows by label and decision |
| means | sum of the numbers, and of the weights |
| rmse, r2 | sums of squares |
| macro_f1, balanced_accuracy of classes | rows by class: right, said, true |
| ece | rows, and what is promised too much, by bin of the score |
| roc_auc, average_precision | positive and negative rows by place of the score |
| median_absolute_error | rows by size of the error |

Scores and errors are put into at most `PLACES` places that hold equally many rows; with more
distinct values than that, the value over places differs a little from the exact one, and only
the spread of its replicates around it is used.
"""

from collections.abc import Callable

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.estimate import Better
from cairn.stats.losses import numbers_of
from cairn.stats.metrics import Metric
from cairn.stats.resample import Summed, Units
from cairn.stats.scored import Flags, Floats, Places

PLACES = 256


def width_of(metric: Metric, sample: Sample) -> int:
    """About how many totals a unit has."""
    if metric.kind in _BY_PLACE:
        return 2 * PLACES
    return max(4, 3 * len(sample.classes), metric.bins if metric.kind == "ece" else 0)


def sum_up(metric: Metric, sample: Sample, units: Units) -> Summed | str:
    """Totals of a metric on rows of one model, or why there are none."""
    if metric.family == "mean":
        return _mean(metric, sample, units)
    if sample.task == "multiclass":
        return _classes(metric, sample, units)
    if metric.kind in _DECISIONS:
        return _decisions(metric, sample, units)
    return _OTHERS[metric.kind](metric, sample, units)


def better_of(metric: Metric, sample: Sample) -> Better:
    """Which way is better: the project's own numbers say it themselves."""
    own = sample.values.get(metric.target) if metric.kind == "mean" else None
    return own.better if own else metric.better


def _mean(metric: Metric, sample: Sample, units: Units) -> Summed | str:
    found = numbers_of(metric, sample)
    if isinstance(found, str):
        return found
    weight = np.ones_like(found.values) if found.weight is None else found.weight
    totals = np.stack([units.add(weight * found.values), units.add(weight)], axis=1)
    return Summed(totals=totals, value=lambda t: t[..., 0] / t[..., 1])


def _decisions(metric: Metric, sample: Sample, units: Units) -> Summed:
    decided = sample.score >= metric.threshold
    cells = 2 * sample.positive.astype(np.intp) + decided
    return Summed(
        totals=units.tally(cells, 4, sample.weight),
        value=lambda t: _DECISIONS[metric.kind](t[..., 0], t[..., 1], t[..., 2], t[..., 3]),
    )


def _matthews(quiet: Floats, alarms: Floats, misses: Floats, hits: Floats) -> Floats:
    """Matthews (1975); zero times zero, so undefined, if a row or column is empty."""
    spread = (hits + alarms) * (hits + misses) * (quiet + alarms) * (quiet + misses)
    return (hits * quiet - alarms * misses) / np.sqrt(spread)


_DECISIONS: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "accuracy": lambda tn, fp, fn, tp: (tn + tp) / (tn + fp + fn + tp),
    "recall": lambda tn, fp, fn, tp: tp / (tp + fn),  # noqa: ARG005 - one signature for all
    "specificity": lambda tn, fp, fn, tp: tn / (tn + fp),  # noqa: ARG005 - as above
    "selection_rate": lambda tn, fp, fn, tp: (tp + fp) / (tn + fp + fn + tp),
    "precision": lambda tn, fp, fn, tp: tp / (tp + fp),  # noqa: ARG005 - as above
    "f1": lambda tn, fp, fn, tp: 2 * tp / (2 * tp + fp + fn),  # noqa: ARG005 - as above
    "balanced_accuracy": lambda tn, fp, fn, tp: (tp / (tp + fn) + tn / (tn + fp)) / 2,
    "mcc": _matthews,
}


def _classes(metric: Metric, sample: Sample, units: Units) -> Summed:
    several, true = len(sample.classes), sample.label.astype(np.intp)
    said = sample.score.argmax(axis=1)
    if metric.kind in ("accuracy", "top_k_accuracy"):
        right = right_class(metric, sample).astype(np.intp)
        totals = units.tally(right, 2, sample.weight)
        return Summed(totals=totals, value=lambda t: t[..., 1] / t.sum(axis=-1))
    correct = (said == true).astype(np.float64)
    weight = correct if sample.weight is None else correct * sample.weight
    totals = [
        units.tally(true, several, weight),
        units.tally(said, several, sample.weight),
        units.tally(true, several, sample.weight),
    ]

    def value(t: Floats) -> Floats:
        hits, told, there = (t[..., at * several : (at + 1) * several] for at in range(3))
        if metric.kind == "macro_f1":
            both = told + there
            return np.where(both > 0, 2 * hits / np.where(both > 0, both, 1), 0).mean(axis=-1)
        recall = np.where(there > 0, hits / np.where(there > 0, there, 1), 0)
        return recall.sum(axis=-1) / (there > 0).sum(axis=-1)

    return Summed(totals=np.concatenate(totals, axis=1), value=value)


def right_class(metric: Metric, sample: Sample) -> Flags:
    """Whether the likeliest class is the true one, or the true one among the k likeliest.

    Of classes that tie, the first by name is the likeliest; among k, ties count against.
    """
    true = sample.label.astype(np.intp)
    if metric.kind == "accuracy":
        return sample.score.argmax(axis=1) == true
    share = sample.score[np.arange(sample.rows), true]
    return (sample.score >= share[:, None]).sum(axis=1) <= metric.k


def _squares(metric: Metric, sample: Sample, units: Units) -> Summed:
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    error = sample.score - sample.label
    centred = sample.label - np.average(sample.label, weights=weight)
    columns = [weight * error * error, weight, weight * centred, weight * centred * centred]
    totals = np.stack([units.add(column) for column in columns], axis=1)
    if metric.kind == "rmse":
        return Summed(totals=totals[:, :2], value=lambda t: np.sqrt(t[..., 0] / t[..., 1]))
    return Summed(
        totals=totals,
        value=lambda t: 1 - t[..., 0] / (t[..., 3] - t[..., 2] ** 2 / t[..., 1]),
    )


def _calibration(metric: Metric, sample: Sample, units: Units) -> Summed | str:
    if outside := int(((sample.score < 0) | (sample.score > 1)).sum()):
        return f"{outside} of {sample.rows} scores are not in 0..1"
    bins = bin_of(sample.score, metric.bins)
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    excess = units.tally(bins, metric.bins, weight * (sample.score - sample.positive))
    totals = np.concatenate([excess, units.add(weight)[:, None]], axis=1)
    return Summed(totals=totals, value=lambda t: np.abs(t[..., :-1]).sum(axis=-1) / t[..., -1])


def bin_of(score: Floats, bins: int) -> Places:
    """Bins of equal width over 0..1, 1 in the last."""
    return np.minimum((score * bins).astype(np.intp), bins - 1)


def _area(metric: Metric, sample: Sample, units: Units) -> Summed:
    place = _place(sample.score)
    totals = units.tally(2 * place + sample.positive, 2 * PLACES, sample.weight)

    def area(t: Floats) -> Floats:
        zeros, ones = t[..., 0::2], t[..., 1::2]
        below = np.cumsum(zeros, axis=-1) - zeros / 2
        pairs = zeros.sum(axis=-1) * ones.sum(axis=-1)
        return (ones * below).sum(axis=-1) / pairs

    def precision(t: Floats) -> Floats:
        ones, zeros = t[..., ::-1][..., 0::2], t[..., ::-1][..., 1::2]
        hits, alarms = np.cumsum(ones, axis=-1), np.cumsum(zeros, axis=-1)
        seen = hits + alarms
        share = np.where(seen > 0, hits / np.where(seen > 0, seen, 1), 0)
        return (ones * share).sum(axis=-1) / hits[..., -1]

    value = area if metric.kind == "roc_auc" else precision
    every, rank = np.unique(sample.score, return_inverse=True)
    alone = np.bincount(
        2 * rank + sample.positive, weights=sample.weight, minlength=2 * every.size
    )
    return Summed(totals=totals, value=value, exact=float(value(alone.astype(np.float64))))


def _median(_: Metric, sample: Sample, units: Units) -> Summed:
    error = np.abs(sample.score - sample.label)
    place = _place(error)
    rows = np.maximum(np.bincount(place, minlength=PLACES), 1)
    middle = np.bincount(place, weights=error, minlength=PLACES) / rows
    middle = np.maximum.accumulate(middle)  # places without a row stand behind the last

    def value(t: Floats) -> Floats:
        reached = np.cumsum(t, axis=-1)
        half = reached[..., -1:] / 2
        upper = (reached < half).sum(axis=-1)
        before = np.take_along_axis(reached - t, upper[..., None], axis=-1)
        inside = np.take_along_axis(t, upper[..., None], axis=-1)
        share = ((half - before) / np.where(inside > 0, inside, 1))[..., 0]
        edges = np.concatenate(([middle[0]], (middle[1:] + middle[:-1]) / 2, [middle[-1]]))
        return edges[upper] + share * (edges[upper + 1] - edges[upper])

    return Summed(
        totals=units.tally(place, PLACES, sample.weight),
        value=value,
        exact=_weighted_median(error, sample.weight),
    )


def _weighted_median(values: Floats, weight: Floats | None) -> float:
    if weight is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    middle = int(np.searchsorted(reached, float(reached[-1]) / 2))
    return float(values[order[middle]])


def _place(values: Floats) -> Places:
    """Which of `PLACES` places each value has: all distinct ones, or equally filled ones."""
    distinct, of_row = np.unique(values, return_inverse=True)
    if distinct.size <= PLACES:
        return of_row.astype(np.intp)
    edges = np.quantile(values, np.arange(1, PLACES) / PLACES)
    return np.searchsorted(edges, values, side="right").astype(np.intp)


_BY_PLACE = ("roc_auc", "average_precision", "median_absolute_error")
_OTHERS: dict[str, Callable[[Metric, Sample, Units], Summed | str]] = {
    "rmse": _squares,
    "r2": _squares,
    "ece": _calibration,
    "roc_auc": _area,
    "average_precision": _area,
    "median_absolute_error": _median,
}
