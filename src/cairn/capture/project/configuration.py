"""Configuration files that a script read: their settings as parameters, without secrets."""

import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from cairn.core.run import Scalar
from cairn.core.secret import (
    PLACES,
    REDACTED,
    Known,
    hides,
    is_secret_name,
    redact,
    redact_value,
)
from cairn.core.unfolded import is_bounded

SUFFIXES = frozenset({".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties"})
LARGEST, MOST_SETTINGS, SHORTEST_SECRET = 256 << 10, 500, 4


def is_configuration(path: Path, content: bytes) -> bool:
    """Tell settings from data: by the suffix, and for JSON by being a small object."""
    if len(content) > LARGEST:
        return False
    if path.suffix.lower() == ".json":
        return isinstance(_parsed(path, content), dict)
    return path.suffix.lower() in SUFFIXES


def settings(path: Path, content: bytes) -> dict[str, Scalar]:
    """List the settings of a file by their dotted names; empty if it cannot be read."""
    found: dict[str, Scalar] = {}
    for name, value in _flat(_parsed(path, content)):
        found[name] = _shown(name, value)
        if len(found) == MOST_SETTINGS:
            break
    return found


def without_secrets(path: Path, content: bytes, known: Known) -> bytes:
    """Take the secrets out of a file; one without any comes back as it was, byte for byte."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    for value in sorted(secrets_in(path, content), key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:  # a part of a longer word is another word
            whole = rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"
            text = re.sub(whole, REDACTED, text)
    return redact(known.redact(text), PLACES["setting"]).encode()


def secrets_in(path: Path, content: bytes) -> set[str]:
    """List the values that are secret by their names, or by a section that they stand in."""
    return {
        str(item)
        for name, value in _flat(_parsed(path, content))
        for item in (cast("list[Any]", value) if isinstance(value, list) else [value])
        if _is_secret(name, item)
    }


def _parsed(path: Path, content: bytes) -> Any:
    try:
        match path.suffix.lower():
            case ".json":
                return msgspec.json.decode(content)
            case ".toml":
                return tomllib.loads(content.decode())
            case ".yaml" | ".yml":
                return _yaml(content)
            case _:
                return _ini(content.decode())
    except (ValueError, UnicodeDecodeError, configparser.Error, RecursionError):
        return None


def _yaml(content: bytes) -> Any:
    import yaml

    loader: Any = yaml.SafeLoader(content)
    try:
        node = loader.get_single_node()
        if not is_bounded(node):
            raise ValueError("its aliases name more than anybody writes")
        return None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()


def _ini(text: str) -> Any:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError:
        parser.read_string(f"[]\n{text}")
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    return {**sections.pop("", {}), **sections}


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested settings; a list of plain values is one leaf."""
    if isinstance(value, dict):
        for key, inner in cast("dict[Any, Any]", value).items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
        return
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if any(isinstance(item, dict | list) for item in items):
            for number, item in enumerate(items):
                yield from _flat(item, f"{name}.{number}")
            return
    if name:
        yield name, value


def _is_secret(name: str, value: Any) -> bool:
    """Tell whether a setting is secret: all words in a section such as `auth` are."""
    if value is None or isinstance(value, bool):
        return False
    *sections, last = name.split(".")
    if hides(last, str(value)):
        return True
    return isinstance(value, str) and any(
        is_secret_name(part) and hides(part, value) for part in (*sections, last)
    )


def _shown(name: str, value: Any) -> Scalar:
    """Spell a setting as a parameter, without what is secret in it."""
    if isinstance(value, list):
        return str([_shown(name, item) for item in cast("list[Any]", value)])
    if _is_secret(name, value):
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_value(name.rpartition(".")[2], str(value))
