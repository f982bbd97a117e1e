"""The two questions to rows of predictions: how good is a model, and is another one better."""

from cairn.core.errors import Invalid
from cairn.stats.align import Pair, Sample
from cairn.stats.areas import compare_areas, measure_area
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.means import compare_means, measure_mean
from cairn.stats.metrics import Metric, parse_metric
from cairn.stats.ratios import compare_ratios, measure_ratio
from cairn.stats.shares import compare_shares, measure_share

_MEASURE = {
    "share": measure_share,
    "ratio": measure_ratio,
    "mean": measure_mean,
    "area": measure_area,
}
_COMPARE = {
    "share": compare_shares,
    "ratio": compare_ratios,
    "mean": compare_means,
    "area": compare_areas,
}


def measure(metric: str, sample: Sample, *, alpha: float = 0.05) -> Estimate | Undefined:
    """One metric of one model, with one-sided bounds of error `alpha` each.

    Raises `Invalid` for an unknown metric, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, alpha)
    return _MEASURE[parsed.family](parsed, sample, alpha=alpha)


def compare(metric: str, pair: Pair, *, alpha: float = 0.05) -> Difference | Undefined:
    """One metric of candidate and live model on the same rows, paired.

    Raises `Invalid` for an unknown metric, or an `alpha` not in 0..0.5.
    """
    parsed = _checked(metric, alpha)
    return _COMPARE[parsed.family](parsed, pair, alpha=alpha)


def _checked(metric: str, alpha: float) -> Metric:
    if not 0 < alpha < 0.5:  # noqa: PLR2004 - a bound on the wrong side of the estimate
        raise Invalid(f"alpha = {alpha:g} must lie between 0 and 0.5")
    return parse_metric(metric)
