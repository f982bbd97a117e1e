"""Between which numbers a row can lie, whatever its label turns out to be.

A model that says 0 or 1 may lose much on any row, even if it lost nothing on those that were
seen; one that never says more than 0.9 cannot. Two models that say nearly the same about
every row cannot lie far apart there, whatever the labels. Errors of numbers, and numbers of
the project's own other than 0 and 1, have no limits that a sample could tell: None.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cairn.stats.align import Sample
from cairn.stats.losses import numbers_of
from cairn.stats.metrics import Metric
from cairn.stats.scored import Floats

Limits = tuple[float, float]
_LEAST_LOSS = 4.6
"""Log loss of a row that was given 1%: what any model may say of a row that was not seen."""
_BEYOND = 2.0


def limits_of(metric: Metric, sample: Sample) -> Limits | None:
    """The least and the largest number that a row of one model can have."""
    if metric.kind == "mean":
        return (0.0, 1.0) if _says_whether(metric, sample) else None
    if sample.task == "regression":
        return None
    if metric.kind == "log_loss":
        most = max(float(one.max()) for one in _possible(metric, sample))
        return 0.0, max(most, min(_LEAST_LOSS, -math.log(metric.clip)))
    return 0.0, 2.0 if sample.task == "multiclass" else 1.0


def limits_between(metric: Metric, ours: Sample, theirs: Sample) -> Limits | None:
    """The least and the largest difference, ours less theirs, that a row can have.

    Twice as far as the models lie apart in any row that was seen, whatever its label. If they
    say the same about all of these, they may differ on others, as far as rows can.
    """
    each = limits_of(metric, ours), limits_of(metric, theirs)
    if each[0] is None or each[1] is None:
        return None
    most = max(each[0][1], each[1][1])
    if metric.kind == "mean" or ours.task == "ranking":
        return -most, most
    pairs = zip(_possible(metric, ours), _possible(metric, theirs), strict=True)
    apart = max(float(np.abs(one - other).max()) for one, other in pairs)
    reach = min(_BEYOND * apart, most) if apart > 0 else most
    return -reach, reach


def _possible(metric: Metric, sample: Sample) -> Iterator[Floats]:
    """The number of every row, had it each of the labels."""
    for label in range(len(sample.classes) or 2):
        labels = np.full(sample.rows, float(label))
        found = numbers_of(metric, replace(sample, label=labels))
        if not isinstance(found, str):
            yield found.values


def _says_whether(metric: Metric, sample: Sample) -> bool:
    found = numbers_of(metric, sample)
    return not isinstance(found, str) and bool(np.isin(found.values, (0.0, 1.0)).all())
