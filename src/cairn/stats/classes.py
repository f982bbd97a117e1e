"""One class of several against all others: `recall/late` is the recall of that class."""

from dataclasses import replace

import numpy as np

from cairn.core.errors import Invalid
from cairn.stats.align import Sample
from cairn.stats.metrics import Metric


def one_class(metric: Metric, sample: Sample) -> Sample:
    """See the class that a metric names as positive; other samples stay as they are.

    Areas rank by the class's score, all else by whether the class is the likeliest. Raises
    `Invalid` if there is no such class.
    """
    if not metric.target or sample.task != "multiclass" or metric.kind == "mean":
        return sample
    if metric.target not in sample.classes:
        known = ", ".join(sample.classes)
        raise Invalid(f"there is no class {metric.target!r}; there are {known}")
    place = sample.classes.index(metric.target)
    ranked = metric.kind == "roc_auc"
    chosen = sample.score[:, place] if ranked else sample.score.argmax(axis=1) == place
    return replace(
        sample,
        task="binary",
        classes=(),
        label=(sample.label == place).astype(np.float64),
        score=chosen.astype(np.float64),
    )
