"""The two questions to rows of predictions: how good is a model, and is another one better.

Closed forms come first: exact McNemar, DeLong, the delta method. Means, and shares of
rows that are weighted or come in units, allow for what was not seen; the bootstrap judges the
rest. The first version of the statistics, by which decisions of earlier releases are replayed,
judged means by t, and took for impossible what was not seen.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cairn.core.errors import Invalid
from cairn.core.gate import STATISTICS
from cairn.stats.align import Pair, Sample
from cairn.stats.areas import compare_areas, measure_area
from cairn.stats.averages import compare_averages, measure_average
from cairn.stats.classes import one_class
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.mcnemar import Discordance
from cairn.stats.means import compare_means, measure_mean
from cairn.stats.metrics import KINDS, Family, Metric, farthest, parse_metric
from cairn.stats.ratios import compare_ratios, measure_ratio
from cairn.stats.resampled import compare_resampled, measure_resampled
from cairn.stats.reweighed import compare_reweighed, measure_reweighed
from cairn.stats.shares import compare_shares, measure_share
from cairn.stats.wald import Wald

Measure = Callable[..., Estimate | Undefined]
Compare = Callable[..., Difference | Undefined]

_FIRST = 1
_MEASURE: dict[Family, Measure] = {
    "share": measure_share,
    "ratio": measure_ratio,
    "mean": measure_mean,
    "area": measure_area,
    "total": measure_resampled,
}
_COMPARE: dict[Family, Compare] = {
    "share": partial(compare_shares, skewed=False),
    "ratio": compare_ratios,
    "mean": compare_means,
    "area": compare_areas,
    "total": compare_resampled,
}


def measure(
    metric: str, sample: Sample, *, alpha: float = 0.05, statistics: int = STATISTICS
) -> Estimate | Undefined:
    """One metric of one model, with one-sided bounds of error `alpha` each.

    Raises `Invalid` for an unknown metric, one of another task, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, sample, alpha=alpha)
    rows = one_class(parsed, sample)
    if statistics == _FIRST:
        chosen = _MEASURE[parsed.family] if _plain(parsed, rows) else measure_resampled
        return chosen(parsed, rows, alpha=alpha)
    rows = _unweighted(rows)
    return _measuring(parsed, rows)(parsed, rows, alpha=alpha)


def compare(
    metric: str, pair: Pair, *, alpha: float = 0.05, statistics: int = STATISTICS
) -> Difference | Undefined:
    """One metric of candidate and live model on the same rows, paired.

    Raises `Invalid` for an unknown metric, one of another task, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, pair.ours, alpha=alpha)
    ours, theirs = one_class(parsed, pair.ours), one_class(parsed, pair.theirs)
    if statistics == _FIRST:
        chosen = _COMPARE[parsed.family] if _plain(parsed, ours) else compare_resampled
        return chosen(parsed, Pair(ids=pair.ids, ours=ours, theirs=theirs), alpha=alpha)
    rows = Pair(ids=pair.ids, ours=_unweighted(ours), theirs=_unweighted(theirs))
    found = _comparing(parsed, rows.ours)(parsed, rows, alpha=alpha)
    return found if isinstance(found, Undefined) else _possible(found, parsed, ours)


def _possible(found: Difference, metric: Metric, sample: Sample) -> Difference:
    """Keep the bounds of a difference within what two models can differ by."""
    most = farthest(metric, sample.task)
    lower, upper = max(found.lower, -most), min(found.upper, most)
    return replace(found, lower=lower, upper=upper, most=most)


def _measuring(metric: Metric, rows: Sample) -> Measure:
    averaged = metric.family in ("share", "ratio") and not rows.simple
    if averaged or metric.family == "mean":
        return measure_average
    plain = metric.family != "total" and rows.simple
    return _MEASURE[metric.family] if plain else measure_reweighed


def _comparing(metric: Metric, rows: Sample) -> Compare:
    if metric.family == "mean" or (metric.family == "share" and not rows.simple):
        return compare_averages
    plain = metric.family != "total" and rows.simple
    return _COMPARING[metric.family] if plain else compare_reweighed


def _compare_ratios(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """By Student's law with the freedom of the rarer label, for rows may be few."""
    found = compare_ratios(metric, pair, alpha=alpha)
    if isinstance(found, Undefined):
        return found
    positives = int(pair.positive.sum())
    rarer = min(positives, pair.rows - positives)
    law = Wald(gain=found.gain, standard_error=found.standard_error, freedom=max(rarer - 1, 1))
    return replace(
        found,
        law=law,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        rarer=rarer,
        freedom=law.freedom,
        method="delta, t",
    )


def _compare_areas(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """By DeLong's test; models that are alike on every row may differ on others."""
    found = compare_areas(metric, pair, alpha=alpha)
    if isinstance(found, Undefined):
        return found
    if found.standard_error > 0:
        freedom = found.law.freedom if isinstance(found.law, Wald) else None
        return replace(found, freedom=freedom, method="DeLong, t")
    positives = int(pair.positive.sum())
    law = Discordance(wins=0, losses=0, rows=min(positives, pair.rows - positives))
    return replace(
        found,
        law=law,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        standard_error=law.standard_error,
        method="Tango",
    )


_COMPARING: dict[Family, Compare] = {
    "share": compare_shares,
    "ratio": _compare_ratios,
    "area": _compare_areas,
}


def _unweighted(rows: Sample) -> Sample:
    """Leave out weights that are all the same, for they say nothing."""
    weight = rows.weight
    if weight is None or not weight.size or weight[0] <= 0 or (weight != weight[0]).any():
        return rows
    return replace(rows, weight=None)


def _plain(metric: Metric, sample: Sample) -> bool:
    """Whether rows (of a ranking: queries) stand for themselves and count once."""
    by_query = sample.task == "ranking" and metric.kind != "mean"
    return sample.weight is None and (sample.unit is None or by_query)


def _checked(name: str, sample: Sample, *, alpha: float) -> Metric:
    if not 0 < alpha < 0.5:  # noqa: PLR2004 - a bound on the wrong side of the estimate
        raise Invalid(f"alpha = {alpha:g} must lie between 0 and 0.5")
    metric = parse_metric(name)
    kind = KINDS[metric.kind]
    fits = sample.task in kind.tasks
    if metric.target and metric.kind != "mean":
        fits = sample.task == "multiclass"
    if fits:
        return metric
    there = sorted(word for word, known in KINDS.items() if sample.task in known.tasks)
    raise Invalid(
        f"metric {name!r} is not one of task {sample.task}, which has {', '.join(there)}"
    )
