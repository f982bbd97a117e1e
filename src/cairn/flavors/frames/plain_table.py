"""A stored table without pandas: its names, index and columns as arrays and lists.

Whoever only writes out what a table holds need not wait for pandas, which takes longer to
import than all the rest. What pandas alone can spell (dates, categories, nullable numbers,
values of several types) makes no plain table.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cairn.flavors.frames.column import Column, Mixed, Plain, Text, read_values
from cairn.flavors.frames.frame import (
    Array,
    Index,
    Label,
    Range,
    Series,
    Stored,
    Table,
    Values,
    read_header,
)
from cairn.flavors.frames.npy import read_array

_NUMBERS, _FIXED_TEXT = "biuf", "U"


class PlainTable(NamedTuple):
    """Columns under their names as text; an index that only counts the rows is a range."""

    names: list[str]
    columns: list[Any]
    index: Any
    index_name: Label = None


def read_plain_table(directory: Path) -> PlainTable | None:
    """Read what `write_frame` wrote of a DataFrame, or of an array with rows and columns.

    A column is an array of numbers or truth values, or a list of texts and None. None for
    anything else, and where pandas is needed. Raises `Corrupt` as `read_frame` does.
    """
    match read_header(directory):
        case Array(file=file):
            array = read_array(directory / file)
            if array.ndim != 2 or array.dtype.kind not in _NUMBERS:  # noqa: PLR2004 (rows and columns)
                return None
            return PlainTable(unnamed(array.shape[1]), list(array.T), range(len(array)))
        case Table() as table:
            return _table(table, directory)
        case _:
            return None


def read_plain_column(directory: Path) -> Any:
    """Read a Series, a list, or an array of one dimension in the same way."""
    match read_header(directory):
        case Array(file=file):
            array = read_array(directory / file)
            known = array.dtype.kind in (*_NUMBERS, _FIXED_TEXT)
            return array if array.ndim == 1 and known else None
        case Series(column=column):
            return _column(column, directory)
        case Values(file=file):
            return _listed(read_values(directory / file))
        case _:
            return None


def unnamed(width: int) -> list[str]:
    """Name the columns of an array."""
    return [f"x{number}" for number in range(width)]


def spelled(column: Any) -> Sequence[Any]:
    """Give the values of a plain column as a text has them, and nothing for missing ones."""
    if isinstance(column, list):
        return ["" if value is None else value for value in values_of(column)]
    if column.dtype.kind == "f":
        return ["" if text == "nan" else text for text in column.astype(str).tolist()]
    return column.tolist()


def values_of(column: Any) -> list[Any]:
    """Give the values of a plain column, and None for missing ones."""
    if isinstance(column, list | range):
        return list(column)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (any plain column)
    values: list[Any] = column.tolist()
    if column.dtype.kind != "f":
        return values
    return [None if value != value else value for value in values]  # noqa: PLR0124 (NaN)


def _table(table: Table, directory: Path) -> PlainTable | None:
    names = _names(table.names, directory)
    columns = [_column(column, directory) for column in table.columns]
    if names is None or any(column is None for column in columns):
        return None
    match table.index:
        case Range(start=start, stop=stop, step=step, name=name):
            index = range(start, stop, step)
        case Stored(column=column, name=name):
            index = _column(column, directory)
    if index is None or any(len(column) != len(index) for column in columns):
        return None
    return PlainTable(names, columns, index, name)


def _names(names: Index, directory: Path) -> list[str] | None:
    match names:
        case Range(start=start, stop=stop, step=step):
            return [str(number) for number in range(start, stop, step)]
        case Stored(column=column):
            found = _column(column, directory)
            values = [None] if found is None else values_of(found)
            return None if None in values else [str(value) for value in values]


def _column(column: Column, directory: Path) -> Any:
    match column:
        case Plain(file=file, dtype=""):
            array = read_array(directory / file)
            return array if array.ndim == 1 and array.dtype.kind in _NUMBERS else None
        case Text(file=file) | Mixed(file=file):
            return _texts(read_values(directory / file))
        case _:
            return None


def _listed(values: list[Any]) -> Any:
    """Take a list as pandas does: numbers of one kind are numbers."""
    import numpy as np

    kinds: set[type] = {type(value) for value in values}
    if len(kinds) == 1 and kinds <= {int, float, bool}:
        array = np.array(values)
        return array if array.dtype.kind in _NUMBERS else None
    return _texts(values)


def _texts(values: list[Any]) -> list[str | None] | None:
    """Take texts, of which some may be missing; None for anything else among them."""
    found = [None if value != value else value for value in values]  # noqa: PLR0124 (NaN)
    return found if all(value is None or type(value) is str for value in found) else None
