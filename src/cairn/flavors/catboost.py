"""CatBoost's models, in its own binary form: trees and what was asked of them, and no code.

CatBoost notes in a model when it was trained, and a random id. Both are left out, so that
equal trainings give equal bytes. Which class the model had stands beside it, in
`estimator.json`; without that, the loss function tells.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from msgspec import Meta

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Invalid
from cairn.core.request import Record
from cairn.flavors.disk import disk_errors, write_whole
from cairn.flavors.forms.catboost import MAGIC, parts_of
from cairn.flavors.library_file import files_of, read_judged, reading
from cairn.flavors.packages import package
from cairn.flavors.scoring import score as score_any

name: Final = "catboost"
FILE, BESIDE = "model.cbm", "estimator.json"
ACCIDENTS = ("train_finish_time", "model_guid")
_KINDS = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")
_CLASSIFIES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "Focal")
_RANKS = ("PairLogit", "Query", "YetiRank", "StochasticRank", "LambdaMart", "StochasticFilter")


class Estimator(Record, frozen=True, tag_field="cairn", tag="catboost/1"):
    """Which of CatBoost's classes a model has: they predict different things."""

    kind: Annotated[str, Meta(pattern=r"^CatBoost(Classifier|Regressor|Ranker)?$")]


def handles(model: object) -> bool:
    """Tell whether the model is one of CatBoost's own classes."""
    kind = type(model)
    return kind.__module__ == "catboost.core" and kind.__qualname__ in _KINDS


def recognises(directory: Path) -> bool:
    """Tell whether a file of the directory is a model of CatBoost's, by its first bytes."""
    return bool(files_of(directory, _starts))


@disk_errors()
def save(model: object, directory: Path) -> None:
    """Write `model.cbm` and `estimator.json`; equal models give equal bytes.

    Raises `Invalid` for a model that is not fitted.
    """
    if not handles(model):
        raise Invalid(f"a {type(model).__qualname__} is not a model of CatBoost's")
    content = model_bytes(model)
    beside = Estimator(kind=type(model).__qualname__)
    write_whole(directory / BESIDE, canonical(beside))
    write_whole(directory / FILE, content)


def model_bytes(model: Any) -> bytes:
    """Spell a model without time and random id; raises `Invalid` if it is not fitted."""
    if not model.is_fitted():
        raise Invalid(f"this {type(model).__qualname__} is not fitted")
    spelled = model.copy()
    told = spelled.get_metadata()
    for accident in ACCIDENTS:
        if accident in told.keys():  # noqa: SIM118 (it is not a mapping of Python's)
            del told[accident]
    with TemporaryDirectory(prefix="cairn-") as folder:  # it writes to files alone
        spelled.save_model(str(Path(folder) / FILE))
        return (Path(folder) / FILE).read_bytes()


@disk_errors()
def load(directory: Path, *, trust: bool) -> object:
    """Restore the one model of a directory, as a classifier, regressor or ranker if it is one.

    Raises `Refused` for a file that is not safe unless `trust`, and `Corrupt` for one that
    CatBoost cannot read.
    """
    file, content = read_judged(directory, _starts, trust=trust)
    catboost = package("catboost")
    with reading(file, "CatBoost"):
        parts_of(content)
        found = catboost.CatBoost().load_model(blob=content)
        if (directory / BESIDE).is_file():
            kind = from_canonical((directory / BESIDE).read_bytes(), Estimator).kind
        else:
            kind = _kind(found.get_metadata().get("params", "") or "")
        return getattr(catboost, kind)().load_model(blob=content)


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Predict one row of an array for each row of `inputs`.

    `CatBoost` itself gives raw values; trained to classify, it has probabilities as well.
    """
    if type(model).__qualname__ == "CatBoost" and method == "predict_proba":
        raw: Any = model
        kind = _kind(raw.get_metadata().get("params", "") or "")
        if kind != "CatBoostClassifier":
            raise Invalid("this CatBoost was not trained to classify: it has no probabilities")
        return raw.predict(inputs, prediction_type="Probability")
    return score_any(model, inputs, method=method)


def _kind(parameters: str) -> str:
    """Name the class that a loss function belongs to."""
    try:
        loss = json.loads(parameters)["loss_function"]["type"]
    except (ValueError, KeyError, TypeError):
        return "CatBoost"
    if loss.startswith(_CLASSIFIES):
        return "CatBoostClassifier"
    return "CatBoostRanker" if loss.startswith(_RANKS) else "CatBoostRegressor"


def _starts(content: bytes) -> bool:
    return content.startswith(MAGIC)
