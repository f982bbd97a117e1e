"""Fitted models and what they predicted: who is who, and what belongs to which fitting."""

import os
import sys
import weakref

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEPT_PREDICTIONS, _HELD_PREDICTIONS = 64, 2
LARGEST_HELD = 256 << 20


class Fit:
    """One fitting of one estimator; a model that was loaded has one without rows."""

    def __init__(self, key: str, generation: int) -> None:
        self.key = key
        self.generation = generation
        self.keys: Any = None
        self.sample: Any = None
        self.frame: Any = None


class Prediction:
    """One call of a prediction method; what it took and gave is held weakly, after a while.

    The latest ones are held: `metric(y, model.predict(scale(X)))` leaves nothing else behind.
    """

    def __init__(
        self, model: "Any", fit: Fit, method: str, rows: "Any", result: "Any"
    ) -> None:
        self.model = weak(model)
        self.fit = fit
        self.method = method
        self.rows = weak(rows)
        self.result = weak(result)
        self.count = frames.count(rows)
        self.held: Any = (rows, result) if frames.size(rows) <= LARGEST_HELD else None


_fits: "dict[int, tuple[Any, Fit]]" = {}
_count = [0]
predictions: "list[Prediction]" = []


def is_predictor(value: "Any") -> bool:
    """Tell an estimator that predicts from a transformer and from everything else."""
    base = sys.modules.get("sklearn.base")
    return (
        base is not None
        and isinstance(value, base.BaseEstimator)
        and hasattr(type(value), "predict")
    )


def fit_of(model: "Any") -> "Fit | None":
    """Return how this very object was fitted."""
    reference, fit = _fits.get(id(model), (None, None))
    return fit if reference is not None and reference() is model else None


def remember(model: "Any", fit: Fit) -> None:
    """Say how an object was fitted that we did not see being fitted."""
    _fits[id(model)] = (weakref.ref(model), fit)


def new_key() -> str:
    """Name an estimator of this process."""
    _count[0] += 1
    return "%d-%d" % (os.getpid(), _count[0])


def note(model: "Any", method: str, rows: "Any", result: "Any") -> Prediction:
    """Remember a prediction for the metric that may be computed from it."""
    fit = fit_of(model)
    if fit is None:
        fit = Fit(new_key(), 0)
        remember(model, fit)
    made = Prediction(model, fit, method, rows, result)
    predictions.append(made)
    for older in predictions[:-_HELD_PREDICTIONS]:
        older.held = None
    del predictions[:-_KEPT_PREDICTIONS]
    return made


def weak(value: "Any") -> "Any":
    """Hold a value without keeping it alive; lists and the like cannot be held so."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value
