"""Precision and F1: ratios whose denominator depends on the model's own decisions.

One model: given the predicted positives, the true ones among them are binomial; given
true positives and errors together, so are the true positives, and F1 = 2 J / (1 + J) for
their share J. Both therefore have exact bounds (Clopper and Pearson 1934).

Two models: the delta method over the eight counts of (label, candidate's decision, live
model's decision), a multinomial, so that the covariance of the two ratios is in. Half a row
is added to each cell where the decisions differ, or a handful of rows without a difference
would look like certainty (after Bonett and Price 2012, as in `mcnemar`).
"""

import math

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import clopper_pearson
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.metrics import Metric
from cairn.stats.scored import Flags, Floats
from cairn.stats.wald import Wald

# Weights of the cells [label, decision] in numerator and denominator.
_PRECISION = (np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
_F1 = (np.array([[0.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0], [1.0, 2.0]]))
_EXTRA = 0.5


def measure_ratio(metric: Metric, sample: Sample, *, alpha: float) -> Estimate | Undefined:
    """Precision or F1 with exact bounds; undefined if its denominator is 0."""
    f1 = metric.kind == "f1"
    counted, right = counted_and_right(metric, sample)
    rows = int(counted.sum())
    if rows == 0:
        return Undefined(metric=metric.name, reason=no_denominator(metric))
    hits = int(right.sum())
    share = hits / rows
    lower, upper = clopper_pearson(hits, rows, alpha)
    slope = 2 / (1 + share) ** 2 if f1 else 1.0
    return Estimate(
        metric=metric.name,
        better=metric.better,
        value=dice(share) if f1 else share,
        standard_error=slope * math.sqrt(share * (1 - share) / rows),
        lower=dice(lower) if f1 else lower,
        upper=dice(upper) if f1 else upper,
        alpha=alpha,
        rows=rows,
        method="Clopper-Pearson",
    )


def counted_and_right(metric: Metric, sample: Sample) -> tuple[Flags, Flags]:
    """The rows in the denominator, and those of them that are true positives."""
    predicted = sample.score >= metric.threshold
    counted = predicted | sample.positive if metric.kind == "f1" else predicted
    return counted, predicted & sample.positive


def compare_ratios(metric: Metric, pair: Pair, *, alpha: float) -> Difference | Undefined:
    """The paired difference of precision or F1; undefined if a denominator is 0."""
    counts = _cells(pair, metric.threshold)
    candidate = _ratio(metric, counts.sum(axis=2))
    live = _ratio(metric, counts.sum(axis=1))
    if candidate is None or live is None:
        who = "the live model" if candidate else "the candidate"
        return Undefined(metric=metric.name, reason=no_denominator(metric, who))
    influence = candidate[1][:, :, None] - live[1][:, None, :]
    smoothed = counts + _EXTRA * (1 - np.eye(2))
    law = Wald(
        gain=candidate[0] - live[0],
        # `fsum`, so that swapping the models, which swaps the cells, changes no digit.
        standard_error=math.sqrt(math.fsum((influence**2 * smoothed).ravel().tolist())),
    )
    _, weights = _parts(metric)
    matters = (weights[:, :, None] + weights[:, None, :]) > 0
    return Difference(
        metric=metric.name,
        better=metric.better,
        candidate=candidate[0],
        live=live[0],
        gain=law.gain,
        standard_error=law.standard_error,
        lower=law.lower(alpha),
        upper=law.upper(alpha),
        alpha=alpha,
        rows=int(counts[matters].sum()),
        discordant=int((counts * (1 - np.eye(2))).sum()),
        method="delta",
        law=law,
    )


def _cells(pair: Pair, threshold: float) -> Floats:
    """Rows by [label, candidate's decision, live model's decision]."""
    flags: list[Flags] = [pair.positive, pair.candidate >= threshold, pair.live >= threshold]
    code = np.ravel_multi_index([flag.astype(np.intp) for flag in flags], (2, 2, 2))
    return np.bincount(code, minlength=8).reshape(2, 2, 2).astype(np.float64)


def _parts(metric: Metric) -> tuple[Floats, Floats]:
    return _F1 if metric.kind == "f1" else _PRECISION


def _ratio(metric: Metric, counts: Floats) -> tuple[float, Floats] | None:
    """The ratio and the influence of one row of each cell [label, decision] on it."""
    above, below = _parts(metric)
    denominator = float((below * counts).sum())
    if denominator == 0:
        return None
    value = float((above * counts).sum()) / denominator
    return value, (above - value * below) / denominator


def dice(share: float) -> float:
    """F1 from the share of true positives among true positives and errors."""
    return 2 * share / (1 + share)


def no_denominator(metric: Metric, who: str = "the model") -> str:
    """Say why there is no precision, or no F1, of a model."""
    found = "there is no positive row and " if metric.kind == "f1" else ""
    return f"{found}{who} predicts none positive"
