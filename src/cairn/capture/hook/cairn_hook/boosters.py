"""XGBoost, LightGBM and CatBoost: what their own code reads, fits, predicts and writes.

Their scikit-learn classes are watched as all estimators are. Here is what those do not show:
boosters that are trained by a function, data that is read from a file in compiled code, and
models that are written in it.
"""

import weakref

from . import calls, estimators, fitted, frames, journal, readers, saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_MODELS = {
    "xgboost": ("Booster", "XGBModel"),
    "lightgbm": ("Booster",),
    "catboost": ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker"),
}
_DATA = {"xgboost": ("DMatrix",), "lightgbm": ("Dataset",), "catboost": ("Pool",)}
_PREDICTS = ("predict", "inplace_predict", "predict_proba")
_SAVES = ("save_model",)
_SETS = ("DMatrix", "QuantileDMatrix", "Dataset", "Pool")
_HELD, _KEPT = 2, 8
_sets: "list[tuple[Any, fitted.Held, fitted.Held]]" = []


def watch(module: "ModuleType") -> None:
    """Watch the models and the data sets of one library."""
    name = module.__name__
    for kind in filter(None, (getattr(module, each, None) for each in _MODELS[name])):
        if not _is_estimator(kind):
            fitted.kinds.append(kind)
        for method in _SAVES:
            _follow(kind, method, _wrote)
        for method in () if _is_estimator(kind) else (*_PREDICTS, "fit"):
            _follow(kind, method, _fitted if method == "fit" else _predicted)
    for data in _DATA[name]:
        readers.watch_class(getattr(module, data), "data", _made)
    calls.replace(module, "train", _trained_of_pool if name == "catboost" else _trained)


def _is_estimator(kind: "Any") -> bool:
    return any(each.__name__ == "BaseEstimator" for each in kind.__mro__)


def _follow(kind: "Any", method: str, follower: "Any") -> None:
    original = kind.__dict__.get(method)
    if callable(original) and not isinstance(original, calls.Watched):
        setattr(kind, method, calls.Watched(original, method, follower, _nothing))


def _nothing() -> None:
    """Have no state to compare with."""


@journal.guarded
def _trained(_start: "Any", result: "Any", args: "Any", named: "Any") -> None:
    given = calls.argument(args, named, 0, "params")
    rounds = calls.argument(args, named, 2, "num_boost_round")
    rows = calls.argument(args, named, 1, "dtrain", "train_set")
    _remember_trained(result, given, rows, num_boost_round=rounds)


@journal.guarded
def _trained_of_pool(_start: "Any", result: "Any", args: "Any", named: "Any") -> None:
    given = calls.argument(args, named, 1, "params")
    rows = calls.argument(args, named, 0, "pool")
    rows = named.get("dtrain") if rows is None else rows
    rounds = {name: named.get(name) for name in ("iterations", "num_boost_round")}
    _remember_trained(result, given, rows, **rounds)


def _remember_trained(model: "Any", given: "Any", rows: "Any", **rounds: "Any") -> None:
    if fitted.is_predictor(model):
        asked = {name: value for name, value in rounds.items() if value is not None}
        _remember(model, rows, None, {**(given or {}), **asked})


@journal.guarded
def _fitted(
    model: "Any", _method: str, _result: "Any", args: "Any", named: "Any", _start: "Any"
) -> None:
    labels = calls.argument(args, named, 1, "y")
    _remember(model, calls.argument(args, named, 0, "X"), labels, None)


@journal.guarded
def _made(data: "Any", args: "Any", named: "Any") -> None:
    """Remember the last data sets, and which rows and labels each was made of."""
    rows = calls.argument(args, named, 0, "data")
    labels = calls.argument(args, named, 1, "label")
    if hasattr(rows, "shape") and type(rows).__name__ not in _SETS:
        _sets.append((weakref.ref(data), fitted.Held(rows), fitted.Held(labels)))
    for _, older, its_labels in _sets[:-_HELD]:
        older.loosen()
        its_labels.loosen()
    del _sets[:-_KEPT]


def _rows_of(data: "Any") -> "tuple[Any, Any]":
    """Find the rows and labels that a data set was made of; None if they are gone."""
    for reference, rows, labels in reversed(_sets):
        if reference() is data:
            return rows(), labels()
    return None, None


def _remember(
    model: "Any", rows: "Any", labels: "Any", parameters: "dict[str, Any] | None"
) -> None:
    plain, labels = _rows_of(rows) if type(rows).__name__ in _SETS else (rows, labels)
    if hasattr(plain, "shape"):
        fit = estimators.fit_to(model, "fit", plain, labels)
    else:
        before = fitted.fit_of(model)
        key = before.key if before else fitted.new_key()
        fit = fitted.Fit(key, before.generation + 1 if before else 1)
    fit.parameters = parameters
    fitted.remember(model, fit)
    estimators.write_fitted(model, fit, rows)


@journal.guarded
def _predicted(
    model: "Any", method: str, result: "Any", args: "Any", named: "Any", _start: "Any"
) -> None:
    rows = calls.argument(args, named, 0, "data", "X")
    if type(rows).__name__ in _SETS:
        rows = _rows_of(rows)[0]
    if rows is not None and frames.count(result):
        fitted.note(model, method, rows, result)


@journal.guarded
def _wrote(
    model: "Any", _method: str, _result: "Any", args: "Any", named: "Any", _start: "Any"
) -> None:
    place = saved.place_of(calls.argument(args, named, 0, "fname", "filename"))
    if place is not None:
        saved.written(model, place, own=True)
