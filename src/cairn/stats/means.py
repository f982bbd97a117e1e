"""Log loss and Brier score: means of a loss a row, judged by Student's t.

Losses are skewed, and t leans on the central limit: at 60 rows the upper bound of a Brier
score misses about half again as often as alpha says, at 1,000 rows as often.

Log loss clips scores to [2.2e-16, 1 - 2.2e-16], as scikit-learn does: a tree ensemble says 0
and 1, and one such mistake would otherwise make the mean infinite.
"""

import math

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import student_quantile
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.metrics import Metric
from cairn.stats.predictions import Floats
from cairn.stats.wald import FLAT, Wald, is_flat

_CLIP = float(np.finfo(np.float64).eps)


def measure_mean(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """The mean loss with t bounds; undefined below two rows or if scores are no shares."""
    if reason := _why_not(sample):
        return Undefined(metric=metric.name, reason=reason)
    losses = _losses(metric, sample)
    value, error = _mean(losses)
    width = error * student_quantile(1 - alpha, losses.size - 1)
    return Estimate(
        metric=metric.name,
        better=metric.better,
        value=value,
        standard_error=error,
        lower=max(0.0, value - width),
        upper=value + width,
        alpha=alpha,
        rows=losses.size,
        method="t",
    )


def compare_means(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """The paired difference of two mean losses, by the t test on the differences."""
    candidate, live = pair.samples()
    for who, sample in (("candidate", candidate), ("live model", live)):
        if reason := _why_not(sample):
            return Undefined(metric=metric.name, reason=f"{who}: {reason}")
    ours, theirs = _losses(metric, candidate), _losses(metric, live)
    gain, error = _mean(theirs - ours)
    if is_flat(gain, error):
        return Undefined(metric=metric.name, reason=FLAT)
    law = Wald(gain=gain, standard_error=error, freedom=pair.rows - 1)
    return Difference(
        metric=metric.name,
        better=metric.better,
        candidate=float(ours.mean()),
        live=float(theirs.mean()),
        gain=gain,
        standard_error=error,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        alpha=alpha,
        rows=pair.rows,
        discordant=int((candidate.score != live.score).sum()),
        method="paired t",
        law=law,
    )


def _why_not(sample: Sample) -> str | None:
    if sample.rows < 2:  # noqa: PLR2004 - one row has no spread
        return f"there are {sample.rows} rows, and a spread needs two"
    outside = int(((sample.score < 0) | (sample.score > 1)).sum())
    return f"{outside} of {sample.rows} scores are not in 0..1" if outside else None


def _losses(metric: Metric, sample: Sample) -> Floats:
    if metric.kind == "brier":
        return (sample.score - sample.positive) ** 2
    likelihood = np.where(sample.positive, sample.score, 1 - sample.score)
    return -np.log(np.clip(likelihood, _CLIP, 1 - _CLIP))


def _mean(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(values.size)
