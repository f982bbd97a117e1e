"""The outside libraries that flavors stand on, imported when a model needs them."""

from importlib import import_module
from typing import Any

from cairn.core.errors import Invalid
from cairn.flavors.light_skops import light_skops
from cairn.installed import installs

EXTRAS: dict[str, str] = {
    **dict.fromkeys(("sklearn", "skops", "pandas", "joblib", "scipy", "numpy"), "sklearn"),
    **{library: library for library in ("xgboost", "lightgbm", "catboost")},
}
"""Distribution extra that brings each package."""


def package(name: str) -> Any:
    """Import the module `name`, untyped: most of these libraries ship no types.

    Raises `Invalid` with the command that installs it.
    """
    try:
        return light_skops() if name == "skops.io" else import_module(name)
    except ModuleNotFoundError as error:
        root = name.partition(".")[0]
        raise Invalid(f"{root} is not installed: {installs(EXTRAS[root])}") from error
