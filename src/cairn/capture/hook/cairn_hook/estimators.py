"""Estimators: what each was fitted to, and what it predicted."""

import os
import sys
import weakref

from . import calls, frames, journal, seeds_numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

FITS = ("fit", "partial_fit", "fit_predict")
PREDICTIONS = ("predict", "predict_proba", "decision_function")
_LEFT_ALONE = (property, calls.Watched)
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


def watch(module: "ModuleType") -> None:
    """Watch every subclass of BaseEstimator, those of the script too."""
    base = module.BaseEstimator
    if "_cairn_watched" in base.__dict__:
        return
    base._cairn_watched = True
    own = base.__dict__.get("__init_subclass__")

    def __init_subclass__(cls: "Any", **named: "Any") -> None:  # noqa: N807 (set on a class)
        if own is not None:
            own.__get__(None, cls)(**named)
        else:
            super(base, cls).__init_subclass__(**named)
        _watch_class(cls)

    base.__init_subclass__ = classmethod(__init_subclass__)


def _watch_class(cls: "Any") -> None:
    """Watch the methods of a class, those that it has from mixins too."""
    try:
        for owner in cls.__mro__:
            for name in (*FITS, *PREDICTIONS, "score"):
                _watch_method(owner, name)
    except Exception as error:
        journal.fault("estimators", error)


def _watch_method(owner: "Any", name: str) -> None:
    original = owner.__dict__.get(name)
    is_method = hasattr(original, "__get__") and not isinstance(original, _LEFT_ALONE)
    if is_method and not getattr(original, "__isabstractmethod__", False):
        watched = calls.Watched(original, name, _followers[name], seeds_numpy.state)
        setattr(owner, name, watched)


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


@journal.guarded
def _fitted(
    model: "Any", method: str, _result: "Any", args: "Any", named: "Any", start: "Any"
) -> None:
    unseeded = seeds_numpy.consumed(start)
    if unseeded:
        journal.write("unseeded", generator="%s (numpy.random)" % type(model).__name__)
    rows, labels = (
        calls.argument(args, named, place, *names)
        for place, names in ((0, ("X",)), (1, ("y", "Y")))
    )
    if rows is None or not is_predictor(model):
        return
    before = fit_of(model)
    fit = Fit(before.key if before else new_key(), before.generation + 1 if before else 1)
    fit.sample = frames.sample(rows)
    fit.keys = frames.row_keys(rows)
    if method == "partial_fit":
        _extend(fit, before)
    else:
        fit.frame = frames.store(rows, labels, fit.keys)
    remember(model, fit)
    best = getattr(model, "best_estimator_", None)
    if best is not None:
        remember(best, fit)
    journal.write(
        "fitted",
        model=fit.key,
        generation=fit.generation,
        kind=type(model).__name__,
        frame=fit.frame,
        rows=frames.count(rows),
    )


def _extend(fit: Fit, before: "Fit | None") -> None:
    """Learning goes on: what was seen before was seen as well."""
    import numpy as np

    if before is not None and before.keys is not None and fit.keys is not None:
        fit.keys = np.concatenate([before.keys, fit.keys])


@journal.guarded
def _predicted(
    model: "Any", method: str, result: "Any", args: "Any", named: "Any", start: "Any"
) -> None:
    if seeds_numpy.consumed(start):
        journal.write("unseeded", generator="%s (numpy.random)" % type(model).__name__)
    rows = calls.argument(args, named, 0, "X")
    if rows is not None and is_predictor(model):
        note(model, method, rows, result)


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


@journal.guarded
def _scored(
    model: "Any", _method: str, result: "Any", args: "Any", named: "Any", _start: "Any"
) -> None:
    from . import evaluated

    rows = calls.argument(args, named, 0, "X")
    labels = calls.argument(args, named, 1, "y", "Y")
    if rows is not None and labels is not None and is_predictor(model):
        made = note(model, "score", rows, None)
        evaluated.measured(_score_name(model), result, labels, None, prediction=made)


def _score_name(model: "Any") -> str:
    scoring = getattr(model, "scoring", None)
    if isinstance(scoring, str):
        return scoring
    base = sys.modules["sklearn.base"]
    if base.is_classifier(model):
        return "accuracy"
    return "r2" if base.is_regressor(model) else "score"


def weak(value: "Any") -> "Any":
    """Hold a value without keeping it alive; lists and the like cannot be held so."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


_followers = {
    **dict.fromkeys(FITS, _fitted),
    **dict.fromkeys(PREDICTIONS, _predicted),
    "score": _scored,
}
