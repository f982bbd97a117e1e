"""Numbers a row whose mean is the metric: losses, errors, and those of the project's own."""

from dataclasses import dataclass

import numpy as np

from cairn.core.errors import Invalid
from cairn.stats.align import Sample
from cairn.stats.estimate import Better
from cairn.stats.metrics import Metric
from cairn.stats.queries import per_query
from cairn.stats.scored import Codes, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """One number a row, or a query; `weight` and `unit` as in a sample."""

    values: Floats
    better: Better
    weight: Floats | None = None
    unit: Codes | None = None


def numbers_of(metric: Metric, sample: Sample) -> Numbers | str:
    """The numbers whose mean a metric of the family `mean` is, or why there are none."""
    if metric.kind == "mean":
        own = sample.values.get(metric.target)
        if own is None:
            known = ", ".join(sorted(sample.values)) or "none"
            raise Invalid(
                f"the evaluation has no number {metric.target!r} of the project's own "
                f"(it has: {known})"
            )
        return _beside(sample, own.numbers, own.better)
    if sample.task == "ranking":
        values, weight = per_query(metric, sample)
        return Numbers(values=values, better=metric.better, weight=weight)
    if sample.task == "regression":
        error = sample.score - sample.label
        squared = metric.kind == "mse"
        return _beside(sample, error * error if squared else np.abs(error), metric.better)
    if outside := int(((sample.score < 0) | (sample.score > 1)).sum()):
        return f"{outside} of {sample.score.size} scores are not in 0..1"
    return _beside(sample, _probability_loss(metric, sample), metric.better)


def _beside(sample: Sample, values: Floats, better: Better) -> Numbers:
    return Numbers(values=values, better=better, weight=sample.weight, unit=sample.unit)


def _probability_loss(metric: Metric, sample: Sample) -> Floats:
    if sample.task == "binary":
        if metric.kind == "brier":
            return (sample.score - sample.positive) ** 2
        likelihood = np.where(sample.positive, sample.score, 1 - sample.score)
        return -np.log(np.clip(likelihood, metric.clip, 1 - metric.clip))
    row, true = np.arange(sample.rows), sample.label.astype(np.intp)
    total = sample.score.sum(axis=1)
    share = sample.score / np.where(total > 0, total, 1.0)[:, None]
    if metric.kind == "brier":  # Brier (1950): over all classes, hence up to 2
        return np.asarray((share**2).sum(axis=1) - 2 * share[row, true] + 1)
    return -np.log(np.clip(share[row, true], metric.clip, 1 - metric.clip))
