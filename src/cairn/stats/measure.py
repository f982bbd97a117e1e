"""The two questions to rows of predictions: how good is a model, and is another one better.

Closed forms come first: exact McNemar, DeLong, the delta method, Student's t. The bootstrap
judges what has none, and whatever is weighted or comes in units of several rows.
"""

from cairn.core.errors import Invalid
from cairn.stats.align import Pair, Sample
from cairn.stats.areas import compare_areas, measure_area
from cairn.stats.classes import one_class
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.means import compare_means, measure_mean
from cairn.stats.metrics import KINDS, Metric, parse_metric
from cairn.stats.ratios import compare_ratios, measure_ratio
from cairn.stats.resampled import compare_resampled, measure_resampled
from cairn.stats.shares import compare_shares, measure_share

_MEASURE = {
    "share": measure_share,
    "ratio": measure_ratio,
    "mean": measure_mean,
    "area": measure_area,
    "total": measure_resampled,
}
_COMPARE = {
    "share": compare_shares,
    "ratio": compare_ratios,
    "mean": compare_means,
    "area": compare_areas,
    "total": compare_resampled,
}


def measure(metric: str, sample: Sample, *, alpha: float = 0.05) -> Estimate | Undefined:
    """One metric of one model, with one-sided bounds of error `alpha` each.

    Raises `Invalid` for an unknown metric, one of another task, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, sample, alpha=alpha)
    rows = one_class(parsed, sample)
    return (_MEASURE[parsed.family] if _plain(parsed, rows) else measure_resampled)(
        parsed, rows, alpha=alpha
    )


def compare(metric: str, pair: Pair, *, alpha: float = 0.05) -> Difference | Undefined:
    """One metric of candidate and live model on the same rows, paired.

    Raises `Invalid` for an unknown metric, one of another task, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, pair.ours, alpha=alpha)
    rows = Pair(
        ids=pair.ids, ours=one_class(parsed, pair.ours), theirs=one_class(parsed, pair.theirs)
    )
    return (_COMPARE[parsed.family] if _plain(parsed, rows.ours) else compare_resampled)(
        parsed, rows, alpha=alpha
    )


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
