"""Shares and means of rows, which may have weights and come in units.

| rows | bounds of one model | of two models |
|---|---|---|
| 0 or 1, each for itself | Clopper-Pearson | exact McNemar, Tango, saddle point |
| within limits | the wider of `unseen` and Student's t | the same |
| without limits | the same, as if `REACH` spreads were the limit | the same |

`unseen` allows for one unit more at its worst, so that nothing is held to be impossible
because it was not seen; t is for few large units. Of numbers without limits no sample says
what may come: the reach is an assumption, and where a few rows carry the variance, or a few
units the weight, there are bounds but no verdict (`thin`).
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.core.evaluation import Better
from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import clopper_pearson, normal_quantile
from cairn.stats.estimate import Difference, Estimate, Law, Thin, Undefined
from cairn.stats.information import Information, information
from cairn.stats.limits import Limits, limits_between, limits_of
from cairn.stats.losses import numbers_of
from cairn.stats.mcnemar import SKEWED, Discordance, Skewed
from cairn.stats.metrics import Metric
from cairn.stats.ratios import counted_and_right, dice, no_denominator
from cairn.stats.scored import Floats, Places
from cairn.stats.shares import counted_of, nothing_counts, right_of
from cairn.stats.thin import thin_of
from cairn.stats.unseen import Parts, Unseen
from cairn.stats.wald import FLAT, Wald
from cairn.stats.widest import Widest

REACH = 20.0
METHOD = "one more unit at its worst, t"
_SHARE, _GAIN = (0.0, 1.0), (-1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """The rows that count, a number each, and what such a row is called."""

    values: Floats
    weight: Floats | None
    unit: Places | None
    better: Better
    noun: str

    @property
    def simple(self) -> bool:
        """Whether every row stands for itself and counts once."""
        return self.weight is None and self.unit is None

    @property
    def whole(self) -> bool:
        """Whether every row stands for itself and says 0 or 1."""
        return self.simple and bool(np.isin(self.values, (0.0, 1.0)).all())

    def average(self) -> float:
        """The weighted mean."""
        return float(np.average(self.values, weights=self.weight))

    def information(self, values: Floats) -> Information | None:
        """What these rows say about the mean of some numbers."""
        weight = np.ones(values.size) if self.weight is None else self.weight
        return information(values, weight, self.unit)


def measure_average(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """A share, a ratio of counts or a mean, with bounds that allow for what was not seen."""
    rows = _rows_of(metric, sample)
    if isinstance(rows, str):
        return Undefined(metric=metric.name, reason=rows)
    limits = _limits(metric, sample)
    if rows.whole and limits == _SHARE:
        return _exact(metric, rows, alpha=alpha)
    known = rows.information(rows.values)
    if known is None:
        return Undefined(metric=metric.name, reason=_too_few(rows))
    law = _law(known, limits, scale=_scale(metric, sample))
    lower, upper = law.lower(alpha), law.upper(alpha)
    floor = -math.inf if metric.kind == "mean" and limits is None else 0.0
    shown = dice if metric.kind == "f1" else float
    return Estimate(
        metric=metric.name,
        better=rows.better,
        value=shown(known.ratio),
        standard_error=max(known.standard_error, _as_error(lower, upper, alpha)),
        lower=shown(max(floor, lower)),
        upper=shown(min(limits[1], upper) if limits else upper),
        alpha=alpha,
        rows=rows.values.size,
        method=METHOD,
        noun=rows.noun,
        units=None if rows.unit is None else known.units,
        effective=None if rows.simple else known.effective,
        freedom=None if rows.simple else known.freedom,
        thin=thin_of(metric, known, rows=rows.values.size, limited=limits is not None),
    )


def compare_averages(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """The paired difference of two shares or means."""
    ours, theirs = (_rows_of(metric, sample) for sample in pair.samples())
    if isinstance(ours, str):
        return Undefined(metric=metric.name, reason=f"candidate: {ours}")
    if isinstance(theirs, str):
        return Undefined(metric=metric.name, reason=f"live model: {theirs}")
    gains = (
        ours.values - theirs.values if ours.better == "higher" else theirs.values - ours.values
    )
    limits = _limits_between(metric, pair, better=ours.better)
    if ours.whole and theirs.whole and limits == _GAIN:
        plain = Discordance(
            wins=int((gains > 0).sum()), losses=int((gains < 0).sum()), rows=gains.size
        )
        return _difference(
            metric,
            (ours, theirs),
            Skewed(plain=plain),
            alpha=alpha,
            error=plain.standard_error,
            gain=plain.gain,
        )
    known = ours.information(gains)
    if known is None:
        return Undefined(metric=metric.name, reason=_too_few(ours))
    if limits is None and known.standard_error == 0 != known.ratio:
        return Undefined(metric=metric.name, reason=FLAT)
    scale = max(_scale(metric, sample) for sample in pair.samples())
    return _difference(
        metric,
        (ours, theirs),
        _law(known, limits, scale=scale),
        alpha=alpha,
        error=known.standard_error,
        gain=known.ratio,
        known=known,
        thin=thin_of(metric, known, rows=gains.size, limited=limits is not None),
    )


def _difference(
    metric: Metric,
    models: tuple[_Rows, _Rows],
    law: Law,
    *,
    alpha: float,
    error: float,
    gain: float,
    known: Information | None = None,
    thin: Thin | None = None,
) -> Difference:
    ours, theirs = models
    lower, upper = law.lower(alpha), law.upper(alpha)
    return Difference(
        metric=metric.name,
        better=ours.better,
        candidate=ours.average(),
        live=theirs.average(),
        gain=gain,
        standard_error=error if known is None else max(error, _as_error(lower, upper, alpha)),
        lower=lower,
        upper=upper,
        alpha=alpha,
        rows=ours.values.size,
        discordant=int((ours.values != theirs.values).sum()),
        method=METHOD if known else SKEWED,
        law=law,
        noun=ours.noun,
        units=known.units if known and ours.unit is not None else None,
        effective=known.effective if known and not ours.simple else None,
        freedom=known.freedom if known and not ours.simple else None,
        thin=thin,
    )


def _rows_of(metric: Metric, sample: Sample) -> _Rows | str:
    if metric.family == "mean":
        found = numbers_of(metric, sample)
        if isinstance(found, str):
            return found
        noun = "query" if sample.task == "ranking" and metric.kind != "mean" else "row"
        rows = _Rows(
            values=found.values,
            weight=found.weight,
            unit=None if found.unit is None else found.unit.astype(np.intp),
            better=found.better,
            noun=noun,
        )
        return rows if rows.values.size else _too_few(rows)
    if metric.family == "ratio":
        counted, values = counted_and_right(metric, sample)
    else:
        counted, values = counted_of(metric, sample), right_of(metric, sample)
    if not counted.any():
        return no_denominator(metric) if metric.family == "ratio" else nothing_counts(metric)
    return _Rows(
        values=values[counted].astype(np.float64),
        weight=None if sample.weight is None else sample.weight[counted],
        unit=None if sample.unit is None else sample.unit[counted].astype(np.intp),
        better=metric.better,
        noun="row",
    )


def _exact(metric: Metric, rows: _Rows, *, alpha: float) -> Estimate:
    right, many = int(rows.values.sum()), rows.values.size
    lower, upper = clopper_pearson(right, many, alpha)
    return Estimate(
        metric=metric.name,
        better=rows.better,
        value=right / many,
        standard_error=math.sqrt(right * (many - right) / many) / many,
        lower=lower,
        upper=upper,
        alpha=alpha,
        rows=many,
        method="Clopper-Pearson",
        noun=rows.noun,
    )


def _law(known: Information, limits: Limits | None, *, scale: float) -> Law:
    """The wider of t, and of one more unit at the end of the limits, or of the reach."""
    reach = REACH * (known.spread or scale)
    low, high = limits or (known.ratio - reach, known.ratio + reach)
    unseen = Unseen(
        parts=Parts.of(known.sums, known.sizes),
        gain=known.ratio,
        size=known.unseen,
        low=low,
        high=high,
    )
    if known.standard_error == 0:
        return unseen
    student = Wald(
        gain=known.ratio, standard_error=known.standard_error, freedom=known.freedom
    )
    return Widest(laws=(unseen, student))


def _limits(metric: Metric, sample: Sample) -> Limits | None:
    return limits_of(metric, sample) if metric.family == "mean" else _SHARE


def _limits_between(metric: Metric, pair: Pair, *, better: Better) -> Limits | None:
    if metric.family != "mean":
        return _GAIN
    found = limits_between(metric, pair.ours, pair.theirs)
    if found is None or better == "higher":
        return found
    return -found[1], -found[0]


def _scale(metric: Metric, sample: Sample) -> float:
    """What a row may be wrong by where all rows are alike: the spread of labels, or 1."""
    spread = float(sample.label.std()) if sample.task == "regression" else 0.0
    return spread ** (2 if metric.kind == "mse" else 1) or 1.0


def _as_error(lower: float, upper: float, alpha: float) -> float:
    """The standard error of a normal law with such bounds: what rows can show goes by them."""
    return (upper - lower) / (2 * normal_quantile(1 - alpha))


def _too_few(rows: _Rows) -> str:
    if rows.unit is not None:
        return "there are fewer than two units of rows that count, and a spread needs two"
    noun = "queries" if rows.noun == "query" else "rows"
    return f"there are {rows.values.size} {noun}, and a spread needs two"
