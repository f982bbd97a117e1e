"""XGBoost's boosters and estimators, in its own Universal Binary JSON: data, and no code.

The file says itself what kind of estimator it is, so one that `save_model` wrote is loaded as
the estimator that wrote it. Hyperparameters of training are not in it: they stand in the
version.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from cairn.core.errors import Invalid, first_line
from cairn.flavors.disk import disk_errors, write_whole
from cairn.flavors.forms.ubjson import follow
from cairn.flavors.library_file import files_of, read_judged, reading
from cairn.flavors.packages import package
from cairn.flavors.scoring import probabilities
from cairn.flavors.scoring import score as score_any

name: Final = "xgboost"
FILE = "model.ubj"
_TEXT = re.compile(rb'\s*\{\s*"(?:version|learner)"\s*:\s*[\[{]')
_BINARY = re.compile(rb"\{L\0{7}[\x07]learner", re.DOTALL)
_MODULES = ("xgboost.core", "xgboost.sklearn")
_ESTIMATORS = {
    "ranker": "XGBRanker",
    "classifier": "XGBClassifier",
    "regressor": "XGBRegressor",
}
_PROBABILITIES = ("binary:logistic", "multi:softprob")
_FUNCTIONS = ("objective", "eval_metric")


def handles(model: object) -> bool:
    """Tell whether the model is a booster or an estimator of XGBoost's own."""
    return type(model).__module__ in _MODULES and hasattr(model, "save_model")


def recognises(directory: Path) -> bool:
    """Tell whether a file of the directory is a model of XGBoost's, by its first bytes."""
    return bool(files_of(directory, _starts))


@disk_errors()
def save(model: object, directory: Path) -> None:
    """Write `model.ubj`; equal models give equal bytes.

    Raises `Invalid` for a model that is not fitted, or that was fitted by a function of its
    own, which the file cannot hold.
    """
    if not handles(model):
        raise Invalid(f"a {type(model).__qualname__} is not a model of XGBoost's")
    for part in _FUNCTIONS:
        if callable(getattr(model, part, None)):
            raise Invalid(
                f"this {type(model).__qualname__} has a function as its {part}, which "
                "XGBoost's format does not hold: keep the function in the project, and "
                "register the file"
            )
    write_whole(directory / FILE, model_bytes(model))


def model_bytes(model: Any) -> bytes:
    """Spell a model as its `save_model` does; raises `Invalid` if it is not fitted."""
    xgboost = package("xgboost")
    if isinstance(model, xgboost.Booster):
        return bytes(model.save_raw("ubj"))
    try:
        booster = model.get_booster()
    except (ValueError, AttributeError) as error:  # NotFittedError is a ValueError
        raise Invalid(f"this {type(model).__qualname__} is not fitted") from error
    kinds = [
        word for word, kind in _ESTIMATORS.items() if isinstance(model, getattr(xgboost, kind))
    ]
    told = booster.copy()
    if kinds:
        told.set_attr(scikit_learn=json.dumps({"_estimator_type": kinds[0]}))
    return bytes(told.save_raw("ubj"))


@disk_errors()
def load(directory: Path, *, trust: bool) -> object:
    """Restore the one model of a directory: a booster, or the estimator that it was.

    Raises `Refused` for a file that is not safe unless `trust`, and `Corrupt` for one that
    XGBoost cannot read.
    """
    file, content = read_judged(directory, _starts, trust=trust)
    xgboost = package("xgboost")
    with reading(file, "XGBoost"):
        _check_end(content)
        booster = xgboost.Booster(model_file=bytearray(content))
        told = booster.attr("scikit_learn") or ""
        kind = next((kind for word, kind in _ESTIMATORS.items() if f'"{word}"' in told), None)
        if kind is None:
            return booster
        model = getattr(xgboost, kind)()
        model.load_model(bytearray(content))
        return model


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Predict one row of an array for each row of `inputs`.

    A booster that was trained to give probabilities has them as `predict_proba`, too.
    """
    xgboost = package("xgboost")
    if isinstance(model, xgboost.Booster):
        try:
            inputs = xgboost.DMatrix(inputs)
        except (ValueError, TypeError) as error:
            raise Invalid(
                f"XGBoost does not take these inputs: {first_line(error)}"
            ) from error
        if method == "predict_proba":
            found = score_any(model, inputs, method="predict")
            return probabilities(found, _objective(model), _PROBABILITIES)
    return score_any(model, inputs, method=method)


def _objective(booster: Any) -> str:
    return str(json.loads(booster.save_config())["learner"]["objective"]["name"])


def _check_end(content: bytes) -> None:
    """Raise for a file that was cut: XGBoost would read on in memory that is not its own."""
    if _BINARY.match(content):
        follow(content)
    else:
        json.loads(content)


def _starts(content: bytes) -> bool:
    return bool(_TEXT.match(content) or _BINARY.match(content))
