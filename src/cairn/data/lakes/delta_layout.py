"""What the log of a Delta table, as it is in a snapshot, says of the table's rows."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from cairn.core.errors import Corrupt, Invalid, Unavailable, first_line
from cairn.core.tree import Entry
from cairn.data.lakes.delta_log import State, masked, replay
from cairn.data.lakes.layout import Layout, Part
from cairn.data.tables.arrow import DataType, arrow
from cairn.installed import installs

LOG = b"_delta_log/"


def delta_layout(
    entries: Mapping[bytes, Entry], read: Callable[[Entry], bytes], *, what: str
) -> Layout:
    """Replay the log among a snapshot's files.

    Raises `Invalid` for a table whose rows the data files alone do not say, `Corrupt` for a
    log that is not whole.
    """
    state = _replayed(entries, read)
    if masked(state):
        raise Invalid(f"{what} has deletion vectors, which say which rows of a file are gone")
    try:
        files = sorted(state.active.values(), key=_age)
        return Layout(_schema(state, what), tuple(map(_part, files)))
    except (ValueError, TypeError, AttributeError) as error:
        raise Corrupt(f"the log of {what} cannot be read: {first_line(error)}") from error


def values_of_files(
    entries: Mapping[bytes, Entry], read: Callable[[Entry], bytes]
) -> dict[bytes, dict[str, str]]:
    """Return the values that all rows of a file have in a column, as the log writes them."""
    adds = _replayed(entries, read).active.values()
    return {
        _path(add): {name: text for name, text in _values(add).items() if text} for add in adds
    }


def _replayed(entries: Mapping[bytes, Entry], read: Callable[[Entry], bytes]) -> State:
    logged = sorted(
        (entry for path, entry in entries.items() if path.startswith(LOG)),
        key=lambda entry: (not entry.path.endswith(b".parquet"), entry.path),
    )
    return replay((os.fsdecode(entry.path), read(entry)) for entry in logged)


def _values(add: dict[str, Any]) -> dict[str, str | None]:
    return dict(add.get("partitionValues") or {})


def _path(add: dict[str, Any]) -> bytes:
    return os.fsencode(unquote(str(add.get("path"))))


def _age(add: dict[str, Any]) -> tuple[int, str]:
    return int(add.get("modificationTime") or 0), str(add.get("path"))


def library() -> Any:
    """Import the library that reads Delta tables, or say that it is not installed."""
    try:
        return import_module("deltalake")
    except ImportError as error:
        raise Unavailable(
            f"reading Delta tables needs a library that is not installed: {installs('delta')}"
        ) from error


def _schema(state: State, what: str) -> Any:
    read = library().Schema.from_json
    try:
        return arrow().schema(read(str(state.metadata["schemaString"])).to_arrow())
    except (KeyError, ValueError) as error:
        raise Corrupt(
            f"the log of {what} does not say what its columns are: {first_line(error)}"
        ) from error


def _part(add: dict[str, Any]) -> Part:
    """Describe an active file; a column of a folder's name has one value in all its rows."""
    return Part(_path(add), {name: _given(text) for name, text in _values(add).items()})


def _given(text: str | None) -> Callable[[DataType], Any]:
    """Read a value as the protocol writes it; an empty text is a missing value."""

    def value(kind: DataType) -> Any:
        pa = arrow()
        if not text:
            return pa.scalar(None, kind)
        spelled = pa.scalar(text)
        if pa.types.is_timestamp(kind) and kind.tz:
            plain = pa.scalar(text.removesuffix("Z").replace("T", " "))
            return plain.cast(pa.timestamp(kind.unit)).cast(kind)
        return spelled.cast(kind)

    return value
