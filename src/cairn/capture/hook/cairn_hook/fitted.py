"""Fitted models and what they predicted: who is who, and what belongs to which fitting.

What the script hands over is held strongly for a while, so that `fit(load())` and
`metric(y, model.predict(scale(X)))` leave something to look at, and then only as long as the
script holds it.
"""

import os
import sys
import weakref

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST_HELD = 256 << 20
_SMALL = 256 << 10
_KEPT_PREDICTIONS, _HELD_PREDICTIONS, _HELD_FITS = 64, 2, 2


class Held:
    """A value that is held strongly until `loosen`, unless it is huge."""

    def __init__(self, value: "Any") -> None:
        size = 0 if value is None else frames.size(value)
        self._strong = value if size <= LARGEST_HELD else None
        self._is_small = size <= _SMALL
        try:
            self._weak: Any = weakref.ref(value)
        except TypeError:  # a list, or a number
            self._weak = None

    def __call__(self) -> "Any":
        """Return the value; None if it is gone."""
        if self._strong is not None:
            return self._strong
        return self._weak() if self._weak is not None else None

    def loosen(self) -> None:
        """Let the value go when the script does; a small one may stay."""
        if not self._is_small:
            self._strong = None


class Fit:
    """One fitting of one estimator; a model that was loaded has one without rows."""

    def __init__(self, key: str, generation: int) -> None:
        self.key = key
        self.generation = generation
        self.rows: Any = None
        self.labels: Any = None
        self.keys: Any = None
        self.sample: Any = None
        self.saved = False
        self.parameters: Any = None
        self.given: Any = None
        """Leads to the estimator that the work was left by, and that has the parameters."""

    def frame(self) -> "str | None":
        """Store what the estimator was fitted to, if it is still there and unchanged."""
        rows = None if self.rows is None else self.rows()
        if rows is None or not frames.are_same(self.keys, frames.row_keys(rows, again=True)):
            return None
        return frames.store(rows, self.labels(), self.keys)


class Prediction:
    """One call of a prediction method."""

    def __init__(
        self, model: "Any", fit: Fit, method: str, rows: "Any", result: "Any"
    ) -> None:
        self.model: Any = weakref.ref(model)
        self.fit = fit
        self.method = method
        self.rows = Held(rows)
        self.result = Held(result)
        self.count = frames.count(rows)


_fits: "dict[int, tuple[Any, Fit]]" = {}
_latest: "list[Fit]" = []
_count = [0]
predictions: "list[Prediction]" = []
kinds: "list[Any]" = []
"""Classes of models that are not estimators of scikit-learn."""


def is_predictor(value: "Any") -> bool:
    """Tell an estimator that predicts from a transformer and from everything else."""
    if isinstance(value, tuple(kinds)):
        return True
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
    """Say how an object was fitted, for as long as it lives."""
    place = id(model)

    def forget(reference: "Any") -> None:
        if _fits.get(place, (None,))[0] is reference:
            del _fits[place]

    _fits[place] = (weakref.ref(model, forget), fit)


def hold(fit: Fit, rows: "Any", labels: "Any") -> None:
    """Hold what a fit was given, and let go of what earlier ones were."""
    fit.rows, fit.labels = Held(rows), Held(labels)
    _latest.append(fit)
    for older in _latest[:-_HELD_FITS]:
        older.rows.loosen()
        older.labels.loosen()
    del _latest[:-_HELD_FITS]


def note(model: "Any", method: str, rows: "Any", result: "Any") -> Prediction:
    """Remember a prediction for the metric that may be computed from it."""
    fit = fit_of(model)
    if fit is None:
        fit = Fit(new_key(), 0)
        remember(model, fit)
    made = Prediction(model, fit, method, rows, result)
    predictions.append(made)
    for older in predictions[-_HELD_PREDICTIONS - 1 : -_HELD_PREDICTIONS]:
        older.rows.loosen()
        older.result.loosen()
    del predictions[:-_KEPT_PREDICTIONS]
    return made


def new_key() -> str:
    """Name an estimator of this process."""
    _count[0] += 1
    return "%d-%d" % (os.getpid(), _count[0])
