"""Estimators: what each was fitted to, and what it predicted."""

import weakref

from . import calls, evaluated, fitted, frames, journal, scorers, seeds_numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

FITS = ("fit", "partial_fit", "fit_predict")
PREDICTIONS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
# What a search or a wrapper of a library leaves the work to, and is asked in its place.
_INNER = ("best_estimator_", "_Booster")
_watched: "list[Any]" = []
_LEFT_ALONE = (property, calls.Watched)


def watch(module: "ModuleType") -> None:
    """Watch every subclass of BaseEstimator, those of the script too."""
    base = module.BaseEstimator
    if _watched:
        return
    _watched.append(base)
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


@journal.guarded
def _fitted(
    model: "Any", method: str, _result: "Any", args: "Any", named: "Any", start: "Any"
) -> None:
    if seeds_numpy.consumed(start):
        journal.unseeded("%s (numpy.random)" % type(model).__name__)
    rows = calls.argument(args, named, 0, "X")
    labels = calls.argument(args, named, 1, "y", "Y")
    if rows is None or not fitted.is_predictor(model):
        return
    fit = fit_to(model, method, rows, labels)
    fitted.remember(model, fit)
    for inner in _INNER:
        found = getattr(model, inner, None)
        if found is not None:
            fit.given = weakref.ref(model)
            fitted.remember(found, fit)
    write_fitted(model, fit, rows)


def write_fitted(model: "Any", fit: "fitted.Fit", rows: "Any") -> None:
    """Write down that a model was fitted."""
    journal.write(
        "fitted",
        model=fit.key,
        generation=fit.generation,
        kind=type(model).__name__,
        rows=frames.count(rows),
    )


def fit_to(model: "Any", method: str, rows: "Any", labels: "Any") -> "fitted.Fit":
    """Remember what the estimator was fitted to, now that it has been."""
    before = fitted.fit_of(model)
    key = before.key if before else fitted.new_key()
    fit = fitted.Fit(key, before.generation + 1 if before else 1)
    fit.sample = frames.sample(rows)
    fit.keys = frames.row_keys(rows)
    if method == "partial_fit":
        _extend(fit, before)
    else:
        fitted.hold(fit, rows, labels)
    return fit


def _extend(fit: "fitted.Fit", before: "fitted.Fit | None") -> None:
    """Learning goes on: what was seen before was seen as well."""
    import numpy as np

    if before is not None and before.keys is not None and fit.keys is not None:
        fit.keys = np.concatenate([before.keys, fit.keys])


@journal.guarded
def _predicted(
    model: "Any", method: str, result: "Any", args: "Any", named: "Any", start: "Any"
) -> None:
    if seeds_numpy.consumed(start):
        journal.unseeded("%s (numpy.random)" % type(model).__name__)
    rows = calls.argument(args, named, 0, "X")
    if rows is not None and fitted.is_predictor(model):
        fitted.note(model, method, rows, result)


@journal.guarded
def _scored(
    model: "Any", _method: str, result: "Any", args: "Any", named: "Any", _start: "Any"
) -> None:
    rows = calls.argument(args, named, 0, "X")
    labels = calls.argument(args, named, 1, "y", "Y")
    if rows is not None and labels is not None and fitted.is_predictor(model):
        made = fitted.note(model, "score", rows, None)
        evaluated.measured(scorers.name_of_score(model), result, labels, None, prediction=made)


_followers = {
    **dict.fromkeys(FITS, _fitted),
    **dict.fromkeys(PREDICTIONS, _predicted),
    "score": _scored,
}
