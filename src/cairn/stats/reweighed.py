"""Metrics judged by a bootstrap that allows for what was not seen.

Units get exponential weights (`draws`), and rows that nobody saw, at their worst or at their
best (`worst`), get such weights as well: with enough rows it is the usual bootstrap, and no
bound lies at its estimate because nothing else came up.

The calibration error is an absolute value, which chance makes too large, and its replicates
again. By the triangle inequality the true one is at least the observed one less what chance
adds to each bin, added up: that is how far its lower bound lies, and both of a difference.
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.information import kish
from cairn.stats.metrics import Metric
from cairn.stats.redrawn import Redrawn
from cairn.stats.resample import (
    FEWEST_UNITS,
    RESAMPLES,
    Summed,
    Units,
    reweigh,
    too_often_undefined,
    units_of,
)
from cairn.stats.scored import Floats
from cairn.stats.thin import thin_by
from cairn.stats.totals import sum_up, width_of
from cairn.stats.wald import FLAT, is_flat
from cairn.stats.worst import Unknown, unknown_between, unknown_of

METHOD = f"bootstrap with one more unit at its worst, {RESAMPLES:,} resamples"
_OF_BINS = f"{METHOD}, and what chance adds to bins"
_RANGES = {
    "mcc": (-1.0, 1.0),
    "r2": (-math.inf, 1.0),
    **dict.fromkeys(("rmse", "median_absolute_error"), (0.0, math.inf)),
}
_BY_LABEL = ("balanced_accuracy", "mcc", "f1", "precision", "roc_auc", "average_precision")


def measure_reweighed(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """Any metric of totals, with bootstrap bounds; undefined below `FEWEST_UNITS` units."""
    units = units_of(sample.rows, sample.unit, width=width_of(metric, sample))
    found = _summed(metric, sample, units)
    if isinstance(found, str):
        return Undefined(metric=metric.name, reason=found)
    value = found.observed() if found.exact is None else found.exact
    drawn = _drawn(found, unknown_of(metric, sample, found), value=value)
    if reason := too_often_undefined(drawn.low):
        return Undefined(metric=metric.name, reason=reason)
    worth = _worth(metric, sample, units)
    law = Redrawn.of(value, drawn.low, drawn.high, freedom=worth - 1)
    if metric.kind == "ece":
        law = _of_calibration(law, found, drawn, models=1, worth=worth)
    low, high = _RANGES.get(metric.kind, (0.0, 1.0))
    return Estimate(
        metric=metric.name,
        better=metric.better,
        value=value,
        standard_error=law.standard_error,
        lower=max(low, law.lower(alpha)),
        upper=min(high, law.upper(alpha)),
        alpha=alpha,
        rows=sample.rows,
        method=_OF_BINS if metric.kind == "ece" else METHOD,
        units=None if sample.unit is None else units.apart,
        effective=None if sample.simple else worth,
        rarer=worth if _by_label(metric, sample) else None,
        freedom=_freedom(metric, sample, worth),
        thin=thin_by(metric, (sample,), worth=worth),
    )


def compare_reweighed(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """The paired difference of a metric of totals: both models get the same weights."""
    candidate = pair.ours
    units = units_of(pair.rows, candidate.unit, width=2 * width_of(metric, candidate))
    ours, theirs = (_summed(metric, one, units) for one in pair.samples())
    if isinstance(ours, str):
        return Undefined(metric=metric.name, reason=f"candidate: {ours}")
    if isinstance(theirs, str):
        return Undefined(metric=metric.name, reason=f"live model: {theirs}")
    sign = 1 if metric.better == "higher" else -1
    both = _side_by_side(ours, theirs, sign=sign)
    values = [one.observed() if one.exact is None else one.exact for one in (ours, theirs)]
    gain = values[0] - values[1] if sign > 0 else values[1] - values[0]
    drawn = _drawn(both, unknown_between(metric, pair, ours), value=gain)
    if reason := too_often_undefined(drawn.low):
        return Undefined(metric=metric.name, reason=reason)
    worth = _worth(metric, candidate, units)
    law = Redrawn.of(gain, drawn.low, drawn.high, freedom=worth - 1)
    discordant = _differing(pair)
    if metric.kind == "ece":
        law = _of_calibration(law, both, drawn, models=2 if discordant else 0, worth=worth)
    if is_flat(gain, law.standard_error):
        return Undefined(metric=metric.name, reason=FLAT)
    return Difference(
        metric=metric.name,
        better=metric.better,
        candidate=values[0],
        live=values[1],
        gain=gain,
        standard_error=law.standard_error,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        alpha=alpha,
        rows=pair.rows,
        discordant=discordant,
        method=_OF_BINS if metric.kind == "ece" else METHOD,
        law=law,
        units=None if candidate.unit is None else units.apart,
        effective=None if candidate.simple else worth,
        rarer=worth if _by_label(metric, candidate) else None,
        freedom=_freedom(metric, candidate, worth),
        thin=thin_by(metric, pair.samples(), worth=worth),
    )


def _summed(metric: Metric, sample: Sample, units: Units) -> Summed | str:
    if units.apart < FEWEST_UNITS:
        noun = "rows" if sample.unit is None else "units of rows that belong together"
        return f"there are {units.apart} {noun}, and resampling needs {FEWEST_UNITS}"
    if metric.kind in ("roc_auc", "average_precision"):
        ones = int(sample.positive.sum())
        if ones in (0, sample.rows):
            return f"there are no {'negative' if ones else 'positive'} rows"
    found = sum_up(metric, sample, units)
    if isinstance(found, str):
        return found
    with np.errstate(all="ignore"):
        defined = math.isfinite(found.observed())
    return found if defined else "these rows leave it without a denominator"


def _side_by_side(ours: Summed, theirs: Summed, *, sign: int) -> Summed:
    """The gain as a function of both models' totals."""
    width = ours.totals.shape[1]

    def gain(totals: Floats) -> Floats:
        mine, others = ours.value(totals[..., :width]), theirs.value(totals[..., width:])
        return mine - others if sign > 0 else others - mine

    return Summed(totals=np.concatenate([ours.totals, theirs.totals], axis=1), value=gain)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """Totals of resamples, weights of unseen units, and the metric with these at both ends."""

    totals: Floats
    weights: Floats
    low: Floats
    high: Floats


def _drawn(found: Summed, unknown: Unknown, *, value: float) -> _Drawn:
    """Draw replicates with unseen units at their worst, and at their best."""
    totals, weights = reweigh(found.totals, unknown.down)
    shift = value - found.observed()
    low, high = (
        found.of(totals + weights @ rows) + shift for rows in (unknown.down, unknown.up)
    )
    return _Drawn(totals=totals, weights=weights, low=low, high=high)


def _of_calibration(
    law: Redrawn, found: Summed, drawn: _Drawn, *, models: int, worth: float
) -> Redrawn:
    """Widen the law of calibration errors by what chance adds to bins.

    A row that nobody saw is at most as wrong as can be: by 1. `models` are those whose bins
    differ: two that are alike on every row can differ by such a row alone.
    """
    width = found.totals.shape[1] // max(models, 1)
    weight, seen = drawn.weights[:, 0], found.totals.sum(axis=0)
    unseen = weight / (max(worth, 1.0) + weight)
    beyond = unseen
    for first in range(0, models * width, width):
        bins, all_ = slice(first, first + width - 1), first + width - 1
        noise = drawn.totals[:, bins] / drawn.totals[:, all_, None] - seen[bins] / seen[all_]
        beyond = beyond + np.abs(noise).sum(axis=-1)
    by_bins = np.sort(beyond)
    return Redrawn(
        gain=law.gain,
        standard_error=law.standard_error or float(by_bins.std()),
        down=(*law.down, by_bins),
        up=(*law.up, np.sort(unseen) if models == 1 else by_bins),
    )


def _freedom(metric: Metric, sample: Sample, worth: float) -> float | None:
    """Degrees of freedom, where the number of rows does not give them."""
    by_rows = sample.simple and not _by_label(metric, sample)
    return None if by_rows else max(worth - 1, 1.0)


def _by_label(metric: Metric, sample: Sample) -> bool:
    return metric.kind in _BY_LABEL and sample.task == "binary"


def _worth(metric: Metric, sample: Sample, units: Units) -> float:
    """How many units of equal weight these are worth; of the rarer label if it matters."""
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    if not _by_label(metric, sample):
        return kish(units.add(weight))
    return min(kish(units.add(weight * (sample.positive == label))) for label in (True, False))


def _differing(pair: Pair) -> int:
    wrong = pair.candidate != pair.live
    return int((wrong.any(axis=1) if wrong.ndim > 1 else wrong).sum())
