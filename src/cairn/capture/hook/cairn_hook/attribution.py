"""Whose prediction is this array: given as it was made, or made from one.

1. An array is a prediction if it is the very array, a view or a copy of it or of a column.
2. It is made from one if it follows from it row by row: a threshold on scores, another name
   for each class, another scale. A prediction that says too little (one value for nearly all
   rows) could fit anything, and then nothing is claimed.
3. Of several that fit, the last one counts: the very array first, then a copy, then the rest.
"""

import math

from . import fitted, frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEAST_BITS = 8.0
_MOST_CLASSES = 100


def behind(predicted: "Any", total: int) -> "tuple[Any, bool]":
    """Find the prediction for `total` rows behind an array, and whether it is unchanged."""
    if predicted is None:
        return None, False
    near = [made for made in reversed(fitted.predictions) if made.count == total]
    known = [(made, made.result()) for made in near]
    known = [(made, result) for made, result in known if result is not None]
    for fits, whole in ((_is_view, True), (_is_copy, True), (_follows, False)):
        for made, result in known:
            if fits(predicted, result):
                return made, whole
    return None, False


def is_part(predicted: "Any") -> bool:
    """Tell whether an array shows some rows of a prediction: a metric of a part of a set."""
    import numpy as np

    left = np.asarray(predicted)
    results = (made.result() for made in fitted.predictions)
    return bool(left.size) and any(
        np.may_share_memory(left, np.asarray(result))
        for result in results
        if result is not None and frames.count(result) != len(left)
    )


def _is_view(predicted: "Any", result: "Any") -> bool:
    """Tell whether an array is the prediction itself, or shows its memory."""
    import numpy as np

    if predicted is result:
        return True
    left, right = np.asarray(predicted), np.asarray(result)
    return bool(left.size) and bool(np.may_share_memory(left, right))


def _is_copy(predicted: "Any", result: "Any") -> bool:
    """Tell whether an array equals the prediction, or a column of it."""
    import numpy as np

    left, right = np.asarray(predicted), np.asarray(result)
    columns = [right] if right.ndim == 1 else [right, *np.moveaxis(right, -1, 0)]
    return any(
        left.shape == each.shape and bool(np.array_equal(left, each)) for each in columns
    )


def _follows(predicted: "Any", result: "Any") -> bool:
    """Tell whether an array follows from a prediction, and says enough to tell."""
    import numpy as np

    left, right = np.asarray(predicted), np.asarray(result)
    left = left.reshape(len(left), -1)
    if left.shape[1] != 1 or right.ndim not in (1, 2):
        return False
    left = left[:, 0]
    values, codes = np.unique(left, return_inverse=True)
    if _bits(np.bincount(codes)) < LEAST_BITS:
        return False
    if right.ndim == 1:
        return _is_renamed(codes, right) or _is_rescaled(left, right)
    if len(values) <= right.shape[1] and _is_renamed(codes, right.argmax(axis=1)):
        return True
    return any(_is_rescaled(left, column) for column in np.moveaxis(right, -1, 0))


def _bits(sizes: "Any") -> float:
    """Measure how much the order of rows says: how rare it is to be met by chance."""
    total = math.lgamma(int(sizes.sum()) + 1)
    return (total - sum(math.lgamma(int(size) + 1) for size in sizes)) / math.log(2)


def _is_renamed(codes: "Any", classes: "Any") -> bool:
    """Tell whether each class has one name, and each name one class."""
    import numpy as np

    others = np.unique(classes, return_inverse=True)[1]
    amount = int(codes.max()) + 1
    if amount > _MOST_CLASSES or int(others.max()) + 1 != amount:
        return False
    return len(np.unique(codes.astype(np.int64) * amount + others)) == amount


def _is_rescaled(left: "Any", right: "Any") -> bool:
    """Tell whether numbers rise, or fall, with a prediction, and are equal where it is."""
    import numpy as np

    if left.dtype.kind not in "biuf" or right.dtype.kind not in "biuf":
        return False
    order = np.argsort(right, kind="stable")
    steps = np.diff(left[order].astype(np.float64))
    if np.any(steps[np.diff(right[order].astype(np.float64)) == 0]):
        return False
    return bool((steps >= 0).all() or (steps <= 0).all())
