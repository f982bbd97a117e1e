"""Configuration files and files of metrics: YAML, TOML, JSON and INI as plain values."""

import configparser
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from cairn.core.run import Scalar
from cairn.core.unfolded import is_bounded
from cairn.inventory.findings import ConfigFile
from cairn.inventory.names import is_hyperparameter
from cairn.inventory.source import plain, shown
from cairn.inventory.walk import Unreadable

MOST_BYTES = 1_000_000
MOST_SETTINGS = 200
MOST_VALUES = 20_000
SUFFIXES = (".yaml", ".yml", ".toml", ".json", ".ini", ".cfg")

_CONFIG_NAME = re.compile(
    r"(?:^|[/_.-])(?:configs?|conf|params|hparams|hyper\w*|settings)(?=[/_.-])"
)
_KEY = re.compile(rb"([A-Za-z][\w.-]*)[\"']?[ \t]*[:=]")
_TOOLS = re.compile(
    r"(?:^|/)(?:\.[^/]*|pyproject\.toml|setup\.cfg|cairn\.toml|package[^/]*\.json|tsconfig[^/]*|"
    r"[^/]*[.-]lock(?:\.\w+)?|(?:docker-)?compose[^/]*|mkdocs\.ya?ml|environment[^/]*\.ya?ml|"
    r"(?:tox|pytest|mypy|alembic)\.ini|ruff\.toml|codecov\.ya?ml|azure-pipelines[^/]*)$"
    r"|(?:^|/)(?:\.github|mlruns)/"
)
_POLICY = re.compile(rb"^cairn:\s*[\"']?policy/", re.MULTILINE)

Value = tuple[tuple[str, ...], Any]


def is_config(name: str) -> bool:
    """Tell whether a file may hold settings of a training, going by its name."""
    lower = name.lower()
    return lower.endswith(SUFFIXES) and _TOOLS.search(lower) is None


def is_named_config(name: str) -> bool:
    """Tell whether a file calls itself settings, whatever it contains."""
    return _CONFIG_NAME.search(name.lower()) is not None


def config_file(name: str, content: bytes) -> ConfigFile | None:
    """List the hyperparameters of a file; None if it neither has any nor is named for it."""
    named = is_named_config(name)
    if _POLICY.search(content) or not (named or _mentions(content)):
        return None
    settings: dict[str, Scalar] = {}
    for keys, value in leaves(document(name, content)):
        if any(is_hyperparameter(key) for key in keys[-1:]) and len(settings) < MOST_SETTINGS:
            settings[shown(".".join(keys))] = plain(value)
    return ConfigFile(path=name, settings=settings) if settings or named else None


def _mentions(content: bytes) -> bool:
    """Tell, without parsing, whether a file could set a hyperparameter."""
    keys = {key.rpartition(b".")[2] for key in _KEY.findall(content)}
    return any(is_hyperparameter(key.decode()) for key in keys)


def document(name: str, content: bytes) -> Any:
    """Read a file as plain values, by its suffix; raises `Unreadable`."""
    suffix = name.lower().rpartition(".")[2]
    read = {"toml": _toml, "json": _json, "ini": _ini, "cfg": _ini}.get(suffix, _yaml)
    try:
        return read(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text") from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error


def leaves(value: Any) -> Iterator[Value]:
    """Yield what lies at the ends of nested mappings, with the keys that lead there.

    Lists are ends. Stops after `MOST_VALUES`: YAML's aliases can make few bytes endless.
    """
    waiting: list[Value] = [((), value)]
    for _ in range(MOST_VALUES):
        if not waiting:
            return
        keys, found = waiting.pop()
        if isinstance(found, dict):
            pairs = list(cast("dict[Any, Any]", found).items())
            waiting.extend(((*keys, str(key)), part) for key, part in reversed(pairs))
        else:
            yield keys, found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unreadable(f"is not valid JSON: {error}") from error


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not valid TOML: {error}") from error


def _ini(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = lambda optionstr: optionstr
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Unreadable(f"is not a valid INI file: {error}") from error
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _nothing(_loader: object, _node: object) -> None:
    """Leave out a value whose tag only its own program understands."""


def _yaml(text: str) -> Any:
    import yaml

    library: Any = yaml  # it has no types
    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("Loader", (safe,), {})
    loader.add_constructor(None, _nothing)
    try:
        nodes: list[Any] = list(library.compose_all(text, Loader=loader))
        if not all(map(is_bounded, nodes)):
            raise Unreadable("names more by its aliases than anybody writes")
        parts: list[Any] = list(yaml.load_all(text, Loader=loader))
    except (
        *(yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError),
        RecursionError,
    ) as error:
        raise Unreadable(f"is not valid YAML: {error}") from error
    return parts[0] if len(parts) == 1 else dict(enumerate(parts))
