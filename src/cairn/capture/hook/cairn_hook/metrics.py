"""Metrics that the script computes with scikit-learn, by their names and values."""

from . import calls, evaluated, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_TRUE = ("y_true", "labels_true")
_PREDICTED = (
    "y_pred",
    "y_score",
    "y_prob",
    "y_proba",
    "probas_pred",
    "pred_decision",
    "labels_pred",
)
# Arguments that change what is computed get into the name; the rest only speeds it up.
_SILENT = frozenset({*_TRUE, *_PREDICTED, "sample_weight", "zero_division", "labels"})


def watch(module: "ModuleType") -> None:
    """Watch every function of labels and predictions."""
    import inspect

    for name in module.__all__:
        function = getattr(module, name, None)
        if not inspect.isfunction(function):
            continue
        first = next(iter(inspect.signature(function).parameters), "")
        if first in _TRUE:
            calls.replace(module, name, _follower(name))


def _follower(function: str) -> "Any":
    def follow(_start: "Any", result: "Any", args: "Any", named: "Any") -> None:
        labels = calls.argument(args, named, 0, *_TRUE)
        predicted = calls.argument(args, named, 1, *_PREDICTED)
        if labels is not None:
            evaluated.measured(name_of(function, named), _number(result), labels, predicted)

    follow.__name__ = function
    return journal.guarded(follow)


def _number(result: "Any") -> "float | None":
    """Take a metric's value; arrays and reports are none."""
    from numbers import Real

    return float(result) if isinstance(result, Real) else None


def name_of(function: str, named: "Any") -> str:
    """Name a metric: `roc_auc`, `f1_macro`, `fbeta.beta-2`."""
    name = function[: -len("_score")] if function.endswith("_score") else function
    extras = []
    for key in sorted(named):
        value = named[key]
        if key == "average" and isinstance(value, str):
            name = name if value == "binary" else name + "_" + value
        elif key not in _SILENT and isinstance(value, (bool, int, float, str)):
            extras.append(".%s-%s" % (key, value))
    kept = [
        char if char.isalnum() or char in "_.@/-" else "-" for char in name + "".join(extras)
    ]
    return "".join(kept)[:100]
