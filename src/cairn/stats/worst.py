"""What a row that nobody saw could do to the totals of a metric, at its worst and at its best.

| metric | at its worst |
|---|---|
| balanced accuracy, MCC, F1, precision | decided wrongly, of each label that matters |
| roc_auc, average precision | a positive below all others; of an area, a negative above |
| macro F1, balanced accuracy of classes | of each class, taken for another |
| rmse, R2 | a squared error `REACH` spreads above the mean |

Of two models the one is at its worst where the other is at its best. A row counts as much as
one of the independent rows that these are worth (`information`).
"""

from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.information import Information, information
from cairn.stats.metrics import Metric
from cairn.stats.resample import Summed
from cairn.stats.scored import Flags, Floats
from cairn.stats.totals import PLACES

REACH = 20.0
_DECIDED = {
    "balanced_accuracy": ((True, 2, 3), (False, 1, 0)),
    "mcc": ((True, 2, 3), (False, 1, 0)),
    "f1": ((True, 2, 3),),
    "precision": ((False, 1, 0),),
}
_RANKED = {
    "average_precision": ((True, 1, 2 * PLACES - 1),),
    "roc_auc": ((True, 1, 2 * PLACES - 1), (False, 2 * PLACES - 2, 0)),
}
"""Of which label, and in which cell at its worst and at its best."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unknown:
    """Totals of rows that were not seen, a row each: towards lower values, and higher ones."""

    down: Floats
    up: Floats


def unknown_of(metric: Metric, sample: Sample, found: Summed) -> Unknown:
    """What could lower and raise the metric of one model."""
    bad, good = _ends(metric, (sample,), found.totals.shape[1])
    if metric.kind == "rmse":
        return Unknown(down=good, up=bad)
    return Unknown(down=bad, up=good)


def unknown_between(metric: Metric, pair: Pair, found: Summed) -> Unknown:
    """What could lower and raise the gain: totals of the candidate, then of the other."""
    width = found.totals.shape[1]
    ours, theirs = (
        _ends(metric, samples, width) for samples in (pair.samples(), pair.samples()[::-1])
    )
    return Unknown(
        down=np.concatenate([ours[0], theirs[1]], axis=1),
        up=np.concatenate([ours[1], theirs[0]], axis=1),
    )


def _ends(metric: Metric, models: tuple[Sample, ...], width: int) -> tuple[Floats, Floats]:
    """Totals of the first model's rows at their worst and at their best, beside the others."""
    if metric.kind in ("rmse", "r2"):
        return _squares(models, width)
    if models[0].task == "multiclass":
        return _classes(models, width)
    if metric.kind == "ece":  # a row may be wrong by 1 in any bin: `reweighed` adds that
        return np.zeros((1, width)), np.zeros((1, width))
    ends = (_DECIDED | _RANKED).get(metric.kind, ())
    said = [
        one.score if metric.kind in _RANKED else (one.score >= metric.threshold).astype(float)
        for one in models
    ]
    worst, best = np.zeros((len(ends), width)), np.zeros((len(ends), width))
    for place, (label, bad, good) in enumerate(ends):
        of_label = models[0].positive == label
        size = _size(models[0], of_label, _apart(said))
        worst[place, bad], best[place, good] = size, size
    return worst, best


def _classes(models: tuple[Sample, ...], width: int) -> tuple[Floats, Floats]:
    """Hits, said and true by class: another class is said, or the right one."""
    several = width // 3
    right = [(one.score.argmax(axis=1) == one.label).astype(float) for one in models]
    worst, best = np.zeros((several, width)), np.zeros((several, width))
    for name in range(several):
        size = _size(models[0], models[0].label == name, _apart(right))
        worst[name, [several + (name + 1) % several, 2 * several + name]] = size
        best[name, [name, several + name, 2 * several + name]] = size
    return worst, best


def _squares(models: tuple[Sample, ...], width: int) -> tuple[Floats, Floats]:
    """Squared error, weight, and the label's own share, which stays as it is."""
    squared = [(one.score - one.label) ** 2 for one in models]
    every = np.ones(models[0].rows, dtype=np.bool_)
    apart, own = (
        _known(models[0], every, _apart(squared)),
        _known(models[0], every, squared[0]),
    )
    spread = float(models[0].label.var())
    if apart is None or own is None:
        return np.zeros((0, width)), np.zeros((0, width))
    size, reach = apart.unseen, REACH * (apart.spread or spread or 1.0)
    usual = own.ratio if len(models) > 1 else 0.0
    rest = [1.0, 0.0, spread][: width - 1]
    worst = size * np.array([[own.ratio + reach, *rest]])
    return worst, size * np.array([[usual, *rest]])


def _apart(numbers: list[Floats]) -> Floats:
    """Numbers of one model, or by how much two models' differ."""
    return numbers[0] if len(numbers) == 1 else numbers[0] - numbers[1]


def _size(sample: Sample, counted: Flags, values: Floats) -> float:
    known = _known(sample, counted, values)
    if known is not None:
        return known.unseen
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    return float(weight[counted].sum())


def _known(sample: Sample, counted: Flags, values: Floats) -> Information | None:
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    unit = None if sample.unit is None else sample.unit[counted].astype(np.intp)
    return information(values[counted], weight[counted], unit)
