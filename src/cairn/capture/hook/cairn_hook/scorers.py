"""What a score is called: by the function that computed it, never by what is usual."""

from . import metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNNAMED = "score"
_BY_MIXIN = {"ClassifierMixin": "accuracy", "RegressorMixin": "r2"}
_DEEPEST = 8


def name_of_score(model: "Any") -> str:
    """Name what `model.score(X, y)` computes; `score` where its class computes its own."""
    for _ in range(_DEEPEST):
        owner = _owner(type(model))
        if owner.__module__ == "sklearn.base" and owner.__name__ in _BY_MIXIN:
            return _BY_MIXIN[owner.__name__]
        if not owner.__module__.startswith("sklearn."):
            return UNNAMED
        scoring = _scoring(model)
        if scoring is not None:
            return name_of(scoring)
        inner = _inner(model)
        if inner is None:
            return UNNAMED
        model = inner
    return UNNAMED


def name_of(scoring: "Any") -> str:
    """Name a scorer as its function is called, with what changes its result."""
    if isinstance(scoring, str):
        return scoring
    function = getattr(scoring, "_score_func", scoring)
    name = getattr(function, "__name__", UNNAMED)
    if name == "<lambda>":
        return UNNAMED
    spelled = metrics.name_of(name, getattr(scoring, "_kwargs", {}))
    return "neg_" + spelled if getattr(scoring, "_sign", 1) < 0 else spelled


def _owner(kind: "Any") -> "Any":
    return next((each for each in kind.__mro__ if "score" in each.__dict__), kind)


def _scoring(model: "Any") -> "Any":
    """Find the scorer that a search or a model with its own cross-validation uses, if any."""
    chosen, asked = getattr(model, "refit", None), getattr(model, "scoring", None)
    if isinstance(asked, str):
        return asked
    found: Any = getattr(model, "scorer_", asked)
    if isinstance(chosen, str) and (hasattr(found, "get") or hasattr(asked, "__len__")):
        return found.get(chosen, chosen) if hasattr(found, "get") else chosen
    return None if type(found).__name__ == "_PassthroughScorer" else found


def _inner(model: "Any") -> "Any":
    """Find the estimator that a pipeline or a wrapper of scikit-learn leaves the score to."""
    steps = getattr(model, "steps", None)
    if steps:
        return steps[-1][1]
    return getattr(model, "best_estimator_", None) or getattr(model, "estimator_", None)
