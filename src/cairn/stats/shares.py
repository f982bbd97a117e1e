"""Accuracy, recall and specificity: the share of right decisions among the rows that count.

The rate of positive decisions and accuracy among the k likeliest classes are such shares too.

The label alone says which rows count, so one model's share is binomial (the exact bounds of
Clopper and Pearson) and two models' shares are paired decisions (`mcnemar`).
"""

import math

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import clopper_pearson
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.mcnemar import SKEWED, Discordance, Skewed
from cairn.stats.metrics import Metric
from cairn.stats.scored import Flags
from cairn.stats.totals import right_class


def measure_share(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """The share of right decisions with exact bounds; undefined if no row counts."""
    counted = counted_of(metric, sample)
    rows = int(counted.sum())
    if rows == 0:
        return Undefined(metric=metric.name, reason=nothing_counts(metric))
    right = int((right_of(metric, sample) & counted).sum())
    lower, upper = clopper_pearson(right, rows, alpha)
    return Estimate(
        metric=metric.name,
        better=metric.better,
        value=right / rows,
        standard_error=math.sqrt(right * (rows - right) / rows) / rows,
        lower=lower,
        upper=upper,
        alpha=alpha,
        rows=rows,
        method="Clopper-Pearson",
    )


def compare_shares(
    metric: Metric, pair: Pair, *, alpha: float, skewed: bool = True
) -> Difference | Undefined:
    """The paired difference of two shares; undefined if no row counts.

    Unless `skewed`, the score test alone counts, as in the first version of the statistics.
    """
    counted = counted_of(metric, pair.ours)
    rows = int(counted.sum())
    if rows == 0:
        return Undefined(metric=metric.name, reason=nothing_counts(metric))
    candidate, live = (right_of(metric, sample) & counted for sample in pair.samples())
    plain = Discordance(
        wins=int((candidate & ~live).sum()), losses=int((live & ~candidate).sum()), rows=rows
    )
    law = Skewed(plain=plain) if skewed else plain
    return Difference(
        metric=metric.name,
        better=metric.better,
        candidate=int(candidate.sum()) / rows,
        live=int(live.sum()) / rows,
        gain=plain.gain,
        standard_error=plain.standard_error,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        alpha=alpha,
        rows=rows,
        discordant=plain.wins + plain.losses,
        method=SKEWED if skewed else "exact McNemar, Tango",
        law=law,
    )


def counted_of(metric: Metric, sample: Sample) -> Flags:
    """Which rows the share is of."""
    if metric.kind == "recall":
        return sample.positive
    if metric.kind == "specificity":
        return ~sample.positive
    return np.ones(sample.rows, dtype=np.bool_)


def right_of(metric: Metric, sample: Sample) -> Flags:
    """Which rows are decided as the share counts them, whether they count or not."""
    if sample.task == "multiclass":
        return right_class(metric, sample)
    decided = sample.score >= metric.threshold
    return decided if metric.kind == "selection_rate" else decided == sample.positive


def nothing_counts(metric: Metric) -> str:
    """Say which rows there are none of."""
    which = {"recall": "positive rows", "specificity": "negative rows"}.get(
        metric.kind, "rows"
    )
    return f"there are no {which}"
