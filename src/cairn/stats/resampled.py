"""Metrics judged by the Poisson bootstrap: what has no closed form, weights, repeated units.

Bounds lie symmetrically about the observed value, at the larger of the distances of the lower
and the upper quantile of the replicates: the wider of the percentile and the basic interval.
Either alone misses too often where the other does not (docs/design: statistics of the gate).
Distances are stretched for few units, as Hesterberg (2015, "What teachers should know about
the bootstrap", The American Statistician 69, section 5.3) says of percentile intervals.

An error too small for the number of resamples, as alpha spending asks for, continues the tail
as a normal one, from the last quantile that `_SUPPORT` replicates lie beyond.
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import normal_above, normal_quantile, student_quantile
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.metrics import Metric
from cairn.stats.queries import per_query
from cairn.stats.resample import (
    FEWEST_UNITS,
    RESAMPLES,
    Summed,
    Units,
    replicate,
    too_often_undefined,
    units_of,
)
from cairn.stats.scored import Floats
from cairn.stats.totals import better_of, sum_up, width_of
from cairn.stats.wald import FLAT, is_flat

METHOD = f"Poisson bootstrap, {RESAMPLES:,} resamples"
_SUPPORT = 25
_LEAST = _SUPPORT / (RESAMPLES + 1)
_RANGES = {
    "mcc": (-1.0, 1.0),
    "r2": (-math.inf, 1.0),
    "mean": (-math.inf, math.inf),
    "brier": (0.0, 2.0),
    **dict.fromkeys(
        ("log_loss", "mae", "mse", "rmse", "median_absolute_error"), (0.0, math.inf)
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """The law of an observed gain, from replicates of it.

    `below` and `above` are how far each replicate lies beyond the gain, sorted; where a
    resample did not define the metric, infinitely far on both sides.
    """

    gain: float
    below: Floats
    above: Floats

    @classmethod
    def of(cls, gain: float, replicates: Floats, *, units: int) -> "Resampled":
        """Make the law; distances are stretched for few `units`."""
        wide = student_quantile(0.95, units - 1) / normal_quantile(0.95)
        away = (replicates - gain) * wide * math.sqrt(units / (units - 1))
        lost = np.isnan(away)
        return cls(
            gain=gain,
            below=np.sort(np.where(lost, math.inf, -away)),
            above=np.sort(np.where(lost, math.inf, away)),
        )

    @property
    def standard_error(self) -> float:
        """Of the gain: the spread of its replicates."""
        known = self.above[np.isfinite(self.above)]
        return float(known.std(ddof=1))

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return self._beyond(self.gain - gain)

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return self._beyond(gain - self.gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        return self.gain - self._distance(alpha)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return self.gain + self._distance(alpha)

    def _distance(self, alpha: float) -> float:
        if alpha < _LEAST:
            return self._distance(_LEAST) * _normal(alpha) / _normal(_LEAST)
        at = self.below.size - math.floor(alpha * (self.below.size + 1) + 1e-9)
        return max(0.0, float(self.below[at]), float(self.above[at]))

    def _beyond(self, distance: float) -> float:
        if distance < 0:
            return max(self._beyond(0.0), 1 - self._beyond(-distance))
        least = self._distance(_LEAST)
        if distance > least:
            return normal_above(distance / least * _normal(_LEAST)) if least else 0.0
        counts = [
            tail.size - int(np.searchsorted(tail, distance, side="left"))
            for tail in (self.below, self.above)
        ]
        return min(1.0, (1 + max(counts)) / (self.below.size + 1))


def measure_resampled(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """Any metric with bootstrap bounds; undefined below `FEWEST_UNITS` units."""
    units = _units(metric, sample, models=1)
    found = _summed(metric, sample, units)
    if isinstance(found, str):
        return Undefined(metric=metric.name, reason=found)
    value = found.observed() if found.exact is None else found.exact
    drawn = found.of(replicate(found.totals)) + (value - found.observed())
    if reason := too_often_undefined(drawn):
        return Undefined(metric=metric.name, reason=reason)
    law = Resampled.of(value, drawn, units=units.apart)
    low, high = _RANGES.get(metric.kind, (0.0, 1.0))
    return Estimate(
        metric=metric.name,
        better=better_of(metric, sample),
        value=value,
        standard_error=law.standard_error,
        lower=max(low, law.lower(alpha)),
        upper=min(high, law.upper(alpha)),
        alpha=alpha,
        rows=sample.rows,
        method=METHOD,
    )


def compare_resampled(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """The paired difference of any metric: both models get the counts of one resample."""
    candidate, live = pair.samples()
    units = _units(metric, candidate, models=2)
    ours, theirs = _summed(metric, candidate, units), _summed(metric, live, units)
    if isinstance(ours, str):
        return Undefined(metric=metric.name, reason=f"candidate: {ours}")
    if isinstance(theirs, str):
        return Undefined(metric=metric.name, reason=f"live model: {theirs}")
    better = better_of(metric, candidate)
    drawn = _paired(ours, theirs) if better == "higher" else -_paired(ours, theirs)
    values = [one.observed() if one.exact is None else one.exact for one in (ours, theirs)]
    gain = values[0] - values[1] if better == "higher" else values[1] - values[0]
    coarse = ours.observed() - theirs.observed()
    drawn += gain - (coarse if better == "higher" else -coarse)
    if reason := too_often_undefined(drawn):
        return Undefined(metric=metric.name, reason=reason)
    law = Resampled.of(gain, drawn, units=units.apart)
    if is_flat(gain, law.standard_error):
        return Undefined(metric=metric.name, reason=FLAT)
    return Difference(
        metric=metric.name,
        better=better,
        candidate=values[0],
        live=values[1],
        gain=gain,
        standard_error=law.standard_error,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        alpha=alpha,
        rows=pair.rows,
        discordant=_differing(pair),
        method=METHOD,
        law=law,
    )


def _units(metric: Metric, sample: Sample, *, models: int) -> Units:
    """Rows or what they belong to; the queries of a ranking have one number each."""
    width = models * width_of(metric, sample)
    if sample.task != "ranking" or metric.kind == "mean":
        return units_of(sample.rows, sample.unit, width=width)
    values, _ = per_query(metric, sample)
    return units_of(values.size, None, width=width)


def _summed(metric: Metric, sample: Sample, units: Units) -> Summed | str:
    if units.apart < FEWEST_UNITS:
        noun = "rows" if sample.unit is None else "units of rows that belong together"
        return f"there are {units.apart} {noun}, and resampling needs {FEWEST_UNITS}"
    found = sum_up(metric, sample, units)
    if isinstance(found, str):
        return found
    with np.errstate(all="ignore"):
        defined = math.isfinite(found.observed())
    return found if defined else "these rows leave it without a denominator"


def _paired(ours: Summed, theirs: Summed) -> Floats:
    width = ours.totals.shape[1]
    drawn = replicate(np.concatenate([ours.totals, theirs.totals], axis=1))
    return ours.of(drawn[:, :width]) - theirs.of(drawn[:, width:])


def _differing(pair: Pair) -> int:
    if pair.task == "values":
        return pair.rows
    wrong = pair.candidate != pair.live
    return int((wrong.any(axis=1) if wrong.ndim > 1 else wrong).sum())


def _normal(alpha: float) -> float:
    return normal_quantile(1 - alpha)
