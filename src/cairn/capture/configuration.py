"""Configuration files that a script read: their settings as parameters, without secrets."""

import configparser
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from cairn.capture.redact import REDACTED, is_secret_name, redact_text
from cairn.core.run import Scalar

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


def without_secrets(path: Path, content: bytes) -> bytes:
    """Take the secrets out of a file; one without any comes back as it was, byte for byte."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    for name, value in _flat(_parsed(path, content)):
        secret = isinstance(value, str) and any(map(is_secret_name, name.split(".")))
        if secret and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, REDACTED)
    return redact_text(text).encode()


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

    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


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


def _shown(name: str, value: Any) -> Scalar:
    """Spell a setting as a parameter; a secret by its name, or inside a section of them."""
    if value is None or isinstance(value, bool):
        return value
    if any(map(is_secret_name, name.split("."))):
        return REDACTED
    return value if isinstance(value, int | float | str) else str(value)
