"""YAML as DVC writes it, read without guessing: every scalar is the text that stands there."""

import json
import re
from typing import Any, cast

from cairn.core.errors import Corrupt
from cairn.core.run import Scalar
from cairn.core.unfolded import is_bounded

_TRUTH = {"true": True, "false": False}


def load(name: str, content: bytes) -> Any:
    """Read a file of DVC's; nothing in it is an empty mapping. Raises `Corrupt`."""
    import yaml

    library: Any = yaml  # it has no types
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        text = content.decode("utf-8-sig")
        if not is_bounded(library.compose(text, Loader=loader)):
            raise Corrupt(f"{name} names more by its aliases than anybody writes")
        return yaml.load(text, Loader=loader) or {}  # noqa: S506 (text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise Corrupt(f"{name} is not valid YAML: {what}; restore it from git") from error


def mapping(value: Any, name: str) -> dict[str, Any]:
    """Return a value that has to be names with values; raises `Corrupt`."""
    if not isinstance(value, dict):
        raise Corrupt(f"{name} is not a file of DVC's: it should hold names with values")
    return cast("dict[str, Any]", value)


def scalar(value: Any) -> Scalar:
    """Read a value as YAML's core schema does; what is not a scalar becomes text."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value.lower() in _TRUTH:
        return _TRUTH[value.lower()]
    if re.fullmatch(r"[-+]?[0-9]{1,15}", value):
        return int(value)
    if re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", value):
        return float(value)
    return value
