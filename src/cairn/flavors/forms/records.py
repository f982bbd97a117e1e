"""JSON: data, except where a key tells some loader what to import, to call or to run.

Loaders that build objects from JSON find what to build under keys of their own. Each object is
looked at as it is read, from the inside out, and is not kept.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from cairn.flavors.forms.keras import odd_object
from cairn.flavors.forms.templates import has_template, judge_template
from cairn.flavors.limits import OverLimit
from cairn.flavors.verdict import Verdict, listed, safe, unknown, unsafe, worse

Pairs = list[tuple[str, Any]]

BUILDERS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(keys.split()), why)
    for keys, why in (
        ("_target_", "it names something that Hydra calls"),
        ("auto_map", "it names code that a loader imports"),
        ("class_path", "it names a class that a loader makes"),
        ("lc type", "it names an object that LangChain makes"),
        ("base_model_class parent_library", "it names a module that a loader imports"),
        ("module class", "it names a class that a loader may make"),
        ("module function", "it names a function that a loader may call"),
        ("module qualname", "it names something that a loader may call"),
        ("impl pt", "it names code that a loader imports"),
        ("nbformat cells", "it is a notebook, which holds code"),
        ("$type", "it names a type that a loader makes"),
        ("@class", "it names a class that a loader makes"),
        ("__class__", "it names a class that a loader makes"),
        ("__type__", "it names a type that a loader makes"),
        ("__reduce__", "it says what a loader calls"),
        ("__lambda__", "it holds a function"),
    )
)
"""Keys that, all in one object, make some loader import or call what they name."""

COMMANDS = frozenset(
    ("cmd", "command", "entrypoint", "exec", "postinstall", "preinstall", "run")
)

_YAML_KEY = re.compile(
    r"^[ \t{,-]*[\"']?(_target_|auto_map|class_path|loader_module|py/\w+|\$type|"
    + "|".join(sorted(COMMANDS))
    + r")[\"']?[ \t]*:[ \t]*(\S.*)$",
    re.MULTILINE,
)


class _Looking:
    """What one reading has found."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self.verdict = safe("json")

    def object(self, pairs: Pairs) -> str:
        """Look at an object; in its place stands only that there was one."""
        keys = {key for key, _ in pairs}
        for wanted, why in BUILDERS:
            if wanted <= keys:
                self.found[f"{why} ({', '.join(sorted(wanted))})"] = None
        if any(key.startswith("py/") for key in keys):
            self.worsen(unsafe("json", "it is a jsonpickle, which calls what it names"))
        if {"class_name", "config"} <= keys:
            self.worsen(odd_object(dict(pairs)))
        for key, value in pairs:
            if isinstance(value, str):
                self.text(key, value)
            elif key == "trust_remote_code" and value is True:
                self.found["it asks a loader to trust the code beside it"] = None
        return ""

    def text(self, key: str, value: str) -> None:
        """Look at a text under a key."""
        small = key.lower()
        if key == "loader_module" and not value.startswith("mlflow."):
            self.found[f"it names a module that MLflow imports: {value[:80]}"] = None
        elif small in COMMANDS and (" " in value or "/" in value):
            self.found[f"it says what to run, under {key!r}"] = None
        elif key == "type" and value.rpartition(".")[0] and not _is_known_type(value):
            self.found[f"it names a class that a loader may make: {value[:80]}"] = None
        if has_template(value) and ("{%" in value or "template" in small):
            self.worsen(judge_template(value))

    def worsen(self, verdict: Verdict) -> None:
        """Add what was found, once."""
        if not set(verdict.reasons) <= set(self.verdict.reasons):
            self.verdict = worse(self.verdict, verdict)


def _is_known_type(value: str) -> bool:
    """Tell whether a type is written as a number is, or is of the one library that does so."""
    return (
        value.startswith("sentence_transformers.") or not value.replace(".", "").isidentifier()
    )


def judge_json(text: str, form: str = "json") -> Verdict | None:
    """Judge a text as JSON; None if it is not."""
    looking = _Looking()
    if not _parse(text, looking.object):
        return None
    return _verdict(looking, form)


def judge_lines(text: str) -> Verdict | None:
    """Judge a text as JSON, one value a line; None if it is not."""
    if text[:1] not in ("{", "[", '"'):
        return None
    looking = _Looking()
    for line in text.splitlines():
        if line.strip() and not _parse(line, looking.object):
            return None
    return _verdict(looking, "jsonl")


def _verdict(looking: _Looking, form: str) -> Verdict:
    found = listed(list(looking.found))
    verdict = looking.verdict._replace(format=form)
    return worse(verdict, unknown(form, *found)) if found else verdict


def _parse(text: str, look: Callable[[Pairs], str]) -> bool:
    try:
        # `len`: a number of a million digits is not worth computing
        json.loads(text, object_pairs_hook=look, parse_int=len, parse_float=len)
    except ValueError:
        return False
    except RecursionError as error:
        raise OverLimit("its JSON is nested deeper than Cairn follows") from error
    return True


def keys_of_yaml(text: str) -> Iterator[str]:
    """Say which keys of a YAML text tell a loader what to call or to run."""
    for found in _YAML_KEY.finditer(text):
        key, value = found[1], found[2].strip("'\" ")
        if key == "loader_module" and value.startswith("mlflow."):
            continue
        if key in COMMANDS and not (" " in value or "/" in value or value in "|>"):
            continue
        yield f"it says what to import or to run, under {key!r}"
        return
