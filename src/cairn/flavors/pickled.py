"""Pickle and joblib files: loaded only after a scan, and only if the caller says so.

Placeholder until the scan is in place.
"""

from pathlib import Path
from typing import Any, Final

from cairn.core.errors import Refused
from cairn.flavors.scoring import score as score_any

name: Final = "pickle"


def handles(model: object) -> bool:
    del model
    return False


def recognises(directory: Path) -> bool:
    return False


def save(model: object, directory: Path) -> None:
    raise Refused("no")


def load(directory: Path, *, trust: bool) -> object:
    raise Refused("no")


def score(model: object, inputs: Any, *, method: str) -> Any:
    return score_any(model, inputs, method=method)
