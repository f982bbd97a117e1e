"""Metrics judged by a bootstrap that allows for what was not seen.

Units get exponential weights (`draws`), and rows that nobody saw, at their worst or at their
best (`worst`), get such weights as well: with enough rows it is the usual bootstrap, and no
bound lies at its estimate because nothing else came up.

The calibration error is an absolute value, which chance makes too large, and its replicates
again. By the triangle inequality the true one is at least the observed one less what chance
adds to each bin, added up: that is how far its lower bound lies, and both of a difference.
"""

import math

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.information import kish
from cairn.stats.metrics import Metric
from cairn.stats.redrawn import Redrawn
from cairn.stats.resample import FEWEST_UNITS, RESAMPLES, Summed, Units, reweigh, units_of
from cairn.stats.scored import Floats
from cairn.stats.thin import thin_by
from cairn.stats.totals import sum_up, width_of
from cairn.stats.wald import FLAT, is_flat
from cairn.stats.worst import Unknown, unknown_between, unknown_of

METHOD = f"bootstrap with one more unit at its worst, {RESAMPLES:,} resamples"
_MOST_LOST = 0.01
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
    if reason := _too_often_undefined(drawn[0]):
        return Undefined(metric=metric.name, reason=reason)
    worth = _worth(metric, sample, units)
    law = Redrawn.of(value, *drawn, freedom=worth - 1)
    if metric.kind == "ece":
        law = _of_calibration(law, (found,), units)
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
        method=METHOD,
        units=None if sample.unit is None else units.apart,
        effective=None if sample.simple else worth,
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
    if reason := _too_often_undefined(drawn[0]):
        return Undefined(metric=metric.name, reason=reason)
    worth = _worth(metric, candidate, units)
    law = Redrawn.of(gain, *drawn, freedom=worth - 1)
    discordant = _differing(pair)
    if metric.kind == "ece":
        law = _of_calibration(law, (ours, theirs) if discordant else (), units)
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
        method=METHOD,
        law=law,
        units=None if candidate.unit is None else units.apart,
        effective=None if candidate.simple else worth,
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


def _drawn(found: Summed, unknown: Unknown, *, value: float) -> tuple[Floats, Floats]:
    """Replicates with unseen units at their worst, and at their best."""
    drawn, weights = reweigh(found.totals, unknown.down)
    shift = value - found.observed()
    low, high = (
        _values(found, drawn + weights @ rows) + shift for rows in (unknown.down, unknown.up)
    )
    return low, high


def _of_calibration(law: Redrawn, models: tuple[Summed, ...], units: Units) -> Redrawn:
    """Widen the law of calibration errors by what chance adds to bins.

    A row that nobody saw is at most as wrong as can be: by 1. Models that are alike on every
    row, of which there are none in `models`, can differ by such a row alone.
    """
    size = float(units.apart)
    _, weight = reweigh(np.ones((units.count, 1)), np.ones((1, 1)))
    unseen = weight[:, 0] / (size + weight[:, 0])
    beyond = unseen
    for found in models:
        drawn, _ = reweigh(found.totals, np.ones((0, 1)))
        seen = found.totals.sum(axis=0)
        noise = drawn[:, :-1] / drawn[:, -1:] - seen[:-1] / seen[-1]
        beyond = beyond + np.abs(noise).sum(axis=-1)
    by_bins = np.sort(beyond)
    up = (*law.up, np.sort(unseen) if len(models) == 1 else by_bins)
    return Redrawn(
        gain=law.gain,
        standard_error=law.standard_error or float(by_bins.std()),
        down=(*law.down, by_bins),
        up=up,
    )


def _worth(metric: Metric, sample: Sample, units: Units) -> float:
    """How many units of equal weight these are worth; of the rarer label if it matters."""
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    if metric.kind not in _BY_LABEL or sample.task != "binary":
        return kish(units.add(weight))
    return min(kish(units.add(weight * (sample.positive == label))) for label in (True, False))


def _values(found: Summed, totals: Floats) -> Floats:
    with np.errstate(all="ignore"):
        values = found.value(totals)
    return np.where(np.isfinite(values), values, np.nan)


def _too_often_undefined(drawn: Floats) -> str | None:
    lost = int(np.isnan(drawn).sum())
    if lost <= _MOST_LOST * drawn.size:
        return None
    return f"too few rows define it: {lost:,} of {drawn.size:,} resamples of them do not"


def _differing(pair: Pair) -> int:
    wrong = pair.candidate != pair.live
    return int((wrong.any(axis=1) if wrong.ndim > 1 else wrong).sum())
