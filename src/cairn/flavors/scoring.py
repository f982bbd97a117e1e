"""Ask a model for predictions: one array with a row for each input, whatever it gives."""

from collections.abc import Sequence
from typing import Any

from cairn.core.errors import Invalid, first_line

METHODS = ("predict_proba", "decision_function", "predict", "transform")
"""What a model may offer, most telling first."""


def method_of(model: object) -> str:
    """Name the most telling prediction method that the model has; raises `Invalid` if none."""
    found = next((name for name in METHODS if callable(getattr(model, name, None))), None)
    if found is None:
        kind = type(model).__qualname__
        raise Invalid(f"{kind} cannot be scored: it has none of {', '.join(METHODS)}")
    return found


def score(model: object, inputs: Any, *, method: str = "") -> Any:
    """Predict: an array with one row for each row of `inputs`, by `method_of` unless named.

    Raises `Invalid` if the model has no such method, or cannot take these inputs.
    """
    name = method or method_of(model)
    predict: Any = getattr(model, name, None)
    if not callable(predict):
        raise Invalid(f"{type(model).__qualname__} has no method {name}")
    try:
        return as_array(predict(inputs))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        kind = type(model).__qualname__
        raise Invalid(
            f"{kind}.{name} does not take these inputs: {first_line(error)}"
        ) from error


def probabilities(outputs: Any, objective: str, known: Sequence[str]) -> Any:
    """Give probabilities of all classes from what a booster of an objective predicts.

    Of two classes it predicts the second alone. Raises `Invalid` unless the objective is one
    of `known`, which predict probabilities.
    """
    import numpy as np

    if objective not in known:
        said = objective or "an objective of its own"
        raise Invalid(
            f"a booster that was trained for {said} gives no probabilities: score it by "
            'predict (score = "predict" in cairn.toml)'
        )
    found = as_array(outputs)
    return np.column_stack((1 - found, found)) if found.ndim == 1 else found


def as_array(outputs: Any) -> Any:
    """Turn predictions into one array of numbers or fixed-width text; raises `Invalid`.

    Several outputs (a list of arrays) are put side by side, sparse ones are filled.
    """
    import numpy as np

    if hasattr(outputs, "toarray"):
        outputs = outputs.toarray()
    array = np.asarray(_side_by_side(outputs))
    if array.dtype.kind in "OT":
        array = _as_text(array)
    return array


def _side_by_side(outputs: Any) -> Any:
    import numpy as np

    is_list = type(outputs).__name__ == "list"
    several = is_list and all(np.ndim(part) > 1 for part in outputs)
    return np.concatenate(outputs, axis=1) if several else outputs


def _as_text(array: Any) -> Any:
    if not all(isinstance(value, str) for value in array.ravel()):
        raise Invalid("predictions are neither numbers nor text")
    return array.astype(str)
