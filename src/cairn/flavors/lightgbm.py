"""LightGBM's boosters and estimators, in its own text: trees and parameters, and no code.

The text holds the booster alone. What makes an estimator of it, its class and the labels that
it tells apart, stands beside it in `estimator.json`.
"""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.flavors.disk import disk_errors, write_whole
from cairn.flavors.library_file import files_of, read_judged, reading
from cairn.flavors.packages import package
from cairn.flavors.scoring import probabilities
from cairn.flavors.scoring import score as score_any

name: Final = "lightgbm"
FILE, BESIDE = "model.txt", "estimator.json"
MAGIC = b"tree\nversion=v"
_MODULES = ("lightgbm.basic", "lightgbm.sklearn")
_PROBABILITIES = ("binary", "multiclass")
_FUNCTIONS = ("objective", "_objective")

Parameter = str | int | float | bool | None


class Estimator(Record, frozen=True, tag_field="cairn", tag="lightgbm/1"):
    """What the scikit-learn interface knows beside the booster."""

    kind: Annotated[str, Meta(pattern=r"^LGBM(Classifier|Regressor|Ranker|Model)$")]
    parameters: dict[str, Parameter]
    labels: tuple[str | int | float | bool, ...] = ()
    """The labels of a classifier, in the order of its probabilities."""
    label_type: str = ""
    """NumPy's name for the type of the labels: `<U3`, `int64`."""
    named: bool = False
    """Fitted to a table whose columns have names."""


def handles(model: object) -> bool:
    """Tell whether the model is a booster or an estimator of LightGBM's own."""
    return type(model).__module__ in _MODULES and (
        hasattr(model, "model_to_string") or hasattr(type(model), "booster_")
    )


def recognises(directory: Path) -> bool:
    """Tell whether a file of the directory is a model of LightGBM's, by its first bytes."""
    return bool(files_of(directory, _starts))


@disk_errors()
def save(model: object, directory: Path) -> None:
    """Write `model.txt`, and `estimator.json` for an estimator; equal models, equal bytes.

    Raises `Invalid` for a model that is not fitted, or that holds a function of its own.
    """
    if not handles(model):
        raise Invalid(f"a {type(model).__qualname__} is not a model of LightGBM's")
    text, beside = _spelled(model)
    if beside is not None:
        write_whole(directory / BESIDE, canonical(beside))
    write_whole(directory / FILE, text.encode())


@disk_errors()
def load(directory: Path, *, trust: bool) -> object:
    """Restore the one model of a directory: a booster, or the estimator that it was.

    Raises `Refused` for a file that is not safe unless `trust`, and `Corrupt` for one that
    LightGBM cannot read.
    """
    file, content = read_judged(directory, _starts, trust=trust)
    lightgbm = package("lightgbm")
    with reading(file, "LightGBM"):
        text = content.decode()
        _check_end(text)
        booster = lightgbm.Booster(model_str=text)
    if not (directory / BESIDE).is_file():
        return booster
    return _estimator(booster, from_canonical((directory / BESIDE).read_bytes(), Estimator))


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Predict one row of an array for each row of `inputs`.

    A booster that was trained to give probabilities has them as `predict_proba`, too.
    """
    lightgbm = package("lightgbm")
    if isinstance(model, lightgbm.Booster) and method == "predict_proba":
        found = score_any(model, inputs, method="predict")
        return probabilities(found, _objective(model), _PROBABILITIES)
    return score_any(model, inputs, method=method)


def _spelled(model: Any) -> tuple[str, Estimator | None]:
    if hasattr(model, "model_to_string"):
        return model.model_to_string(), None
    kind = type(model).__qualname__
    if any(callable(getattr(model, part, None)) for part in _FUNCTIONS):
        raise Invalid(
            f"this {kind} has a function as its objective, which LightGBM's format does not "
            "hold: keep the function in the project, and register the file"
        )
    try:
        text = model.booster_.model_to_string()
    except (ValueError, AttributeError) as error:  # NotFittedError is a ValueError
        raise Invalid(f"this {kind} is not fitted") from error
    labels = getattr(model, "classes_", None) if kind == "LGBMClassifier" else None
    told = {key: value for key, value in model.get_params().items() if _is_plain(value)}
    return text, Estimator(
        kind=kind,
        parameters=dict(sorted(told.items())),
        labels=() if labels is None else tuple(labels.tolist()),
        label_type="" if labels is None else labels.dtype.str,
        named=hasattr(model, "feature_names_in_"),
    )


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int | bool)


def _estimator(booster: Any, told: Estimator) -> object:
    """Make the estimator again: LightGBM has no way of its own, so its fields are set."""
    numpy, lightgbm = package("numpy"), package("lightgbm")
    model = getattr(lightgbm, told.kind)(**told.parameters)
    features = booster.num_feature()
    fields: dict[str, Any] = {
        "_Booster": booster,
        "_best_iteration": booster.best_iteration,
        "_objective": _objective(booster),
        "_n_features": features,
        "_n_features_in": features,
        "_fitted_with_feature_names": told.named,
        "fitted_": True,
    }
    if told.labels:
        labels = numpy.array(told.labels, dtype=told.label_type)
        encoder = package("sklearn.preprocessing").LabelEncoder().fit(labels)
        fields |= {"_le": encoder, "_classes": labels, "_n_classes": len(labels)}
        fields["_class_map"] = dict(zip(labels.tolist(), range(len(labels)), strict=True))
    for field, value in fields.items():
        setattr(model, field, value)
    return model


def _check_end(text: str) -> None:
    """Raise `Corrupt` for a text that was cut: LightGBM would take what there is."""
    _, trees, rest = text.partition("\nend of trees\n")
    _, parameters, _ = rest.partition("\nend of parameters\n")
    _, named, categories = rest.partition("\npandas_categorical:")
    if not trees or not (parameters or named):
        raise Corrupt("it ends before it is whole")
    if named:
        json.loads(categories)


def _objective(booster: Any) -> str:
    found = booster.dump_model(num_iteration=1).get("objective", "")
    return found.partition(" ")[0]


def _starts(content: bytes) -> bool:
    return content.startswith(MAGIC)
