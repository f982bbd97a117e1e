"""Tables and arrays <-> a directory of files: exact, deterministic, and never pickled.

`frame.json` says what the value is and where its parts lie; it is written last, so a directory
without it is unfinished. Numbers keep every bit, columns keep their names, types and order,
and arrays keep their memory order, because matrix products can differ in the last bit by it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.flavors.disk import disk_errors
from cairn.flavors.frames.column import (
    Column,
    read_column,
    read_values,
    write_column,
    write_values,
)
from cairn.flavors.frames.npy import read_array, write_array
from cairn.flavors.packages import package

HEADER = "frame.json"
Label = str | int | None


class Range(Record, frozen=True, tag="range"):
    """Row numbers that count up evenly: nothing has to be stored."""

    start: int
    stop: int
    step: int
    name: Label = None


class Stored(Record, frozen=True, tag="stored"):
    """Row or column names as a column of their own."""

    column: Column
    name: Label = None


Index = Range | Stored


class Array(Record, frozen=True, tag="array"):
    """A numpy array in one `.npy`."""

    file: str


class Objects(Record, frozen=True, tag="objects"):
    """A numpy array of Python values, flattened in C order."""

    file: str
    shape: tuple[int, ...]


class Values(Record, frozen=True, tag="list"):
    """A Python list."""

    file: str


class Sparse(Record, frozen=True, tag="sparse"):
    """A compressed sparse matrix: its three arrays and shape, untouched."""

    layout: Literal["csr", "csc"]
    container: Literal["array", "matrix"]
    shape: tuple[int, int]
    data: str
    indices: str
    pointers: str


class Series(Record, frozen=True, tag="series"):
    """A pandas Series."""

    column: Column
    index: Index
    name: Label = None


class Table(Record, frozen=True, tag="table"):
    """A pandas DataFrame."""

    names: Index
    columns: tuple[Column, ...]
    index: Index


class Frame(Record, frozen=True, tag_field="cairn", tag="frame/1"):
    """The content of `frame.json`."""

    value: Array | Objects | Values | Sparse | Series | Table


@disk_errors()
def write_frame(value: object, directory: Path) -> None:
    """Write a list, numpy array, sparse matrix, pandas Series or DataFrame into `directory`.

    Equal values give equal bytes. Raises `Invalid` if the directory is not empty, or naming
    the column that has no faithful spelling.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Invalid(f"{directory} is not empty: a table needs a directory of its own")
    header = canonical(Frame(value=_write(value, directory)))
    (directory / HEADER).write_bytes(header)


def read_frame(directory: Path) -> Any:
    """Read back what `write_frame` wrote; raises `Corrupt` if it is anything else."""
    value = read_header(directory)
    try:
        return _read(value, directory)
    except (ValueError, TypeError, KeyError, msgspec.ValidationError) as error:
        raise Corrupt(f"the table in {directory} does not fit together: {error}") from error


def read_header(directory: Path) -> Array | Objects | Values | Sparse | Series | Table:
    """Read what a value is and where its parts lie; raises `Corrupt` if it does not say."""
    try:
        content = (directory / HEADER).read_bytes()
    except OSError as error:
        raise Corrupt(
            f"{directory} has no {HEADER}: it holds no table, or half of one"
        ) from error
    return from_canonical(content, Frame).value


def row_count(value: Any) -> int:
    """Count the rows of anything that `write_frame` takes."""
    return int(value.shape[0]) if hasattr(value, "shape") else len(value)


def take_rows(value: Any, rows: Sequence[int]) -> Any:
    """Select rows by position, whatever the type; the type stays."""
    if hasattr(value, "iloc"):
        return value.iloc[list(rows)]
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [items[row] for row in rows]
    return value[list(rows)]


def columns(value: Any) -> tuple[tuple[str, str], ...]:
    """Name each column and its type: what a version's signature records."""
    if hasattr(value, "dtypes") and hasattr(value, "columns"):
        return tuple((str(name), str(value[name].dtype)) for name in value.columns)
    dtype = str(getattr(value, "dtype", "list"))
    width = value.shape[1] if len(getattr(value, "shape", ())) > 1 else 1
    return tuple((str(number), dtype) for number in range(width))


def _write(value: Any, directory: Path) -> Array | Objects | Values | Sparse | Series | Table:
    root, kind = type(value).__module__.partition(".")[0], type(value).__name__
    match root, kind:
        case "builtins", "list":
            write_values(value, directory / "values.jsonl")
            return Values(file="values.jsonl")
        case "numpy", "ndarray" | "memmap":
            return _write_array(value, directory)
        case "scipy", "csr_matrix" | "csc_matrix" | "csr_array" | "csc_array":
            return _write_sparse(value, directory)
        case "pandas", "Series":
            return _write_series(value, directory)
        case "pandas", "DataFrame":
            return _write_table(value, directory)
        case _:
            raise Invalid(
                f"a {root} {kind} cannot be stored as a table: give a list, a numpy array, "
                "a CSR or CSC matrix, or a pandas DataFrame or Series"
            )


def _write_array(value: Any, directory: Path) -> Array | Objects:
    if value.dtype.hasobject:
        write_values(value.ravel().tolist(), directory / "values.jsonl")
        return Objects(file="values.jsonl", shape=value.shape)
    write_array(value, directory / "array.npy")
    return Array(file="array.npy")


def _write_sparse(value: Any, directory: Path) -> Sparse:
    parts = {"data": value.data, "indices": value.indices, "pointers": value.indptr}
    for name, part in parts.items():
        write_array(part, directory / f"{name}.npy")
    is_array = type(value).__name__.endswith("_array")
    return Sparse(
        layout=value.format,
        container="array" if is_array else "matrix",
        shape=(int(value.shape[0]), int(value.shape[1])),
        data="data.npy",
        indices="indices.npy",
        pointers="pointers.npy",
    )


def _write_series(value: Any, directory: Path) -> Series:
    return Series(
        column=_write_named(value, directory, "c0", value.name),
        index=_write_index(value.index, directory),
        name=_label(value.name),
    )


def _write_table(value: Any, directory: Path) -> Table:
    columns = tuple(
        _write_named(value.iloc[:, number], directory, f"c{number}", name)
        for number, name in enumerate(value.columns)
    )
    return Table(
        names=_write_index(value.columns, directory, "names"),
        columns=columns,
        index=_write_index(value.index, directory),
    )


def _write_named(values: Any, directory: Path, stem: str, name: object) -> Column:
    try:
        return write_column(values, directory, stem)
    except Invalid as error:
        raise Invalid(f"column {name!r} cannot be stored: {error}") from error


def _write_index(index: Any, directory: Path, stem: str = "index") -> Index:
    pandas = package("pandas")
    if isinstance(index, pandas.RangeIndex):
        return Range(
            start=index.start, stop=index.stop, step=index.step, name=_label(index.name)
        )
    if isinstance(index, pandas.MultiIndex):
        raise Invalid(f"the {stem} has several levels: call reset_index() or join the names")
    return Stored(column=_write_named(index, directory, stem, stem), name=_label(index.name))


def _label(name: Any) -> Label:
    if name is None or isinstance(name, str):
        return name
    try:
        return int(name)
    except (TypeError, ValueError) as error:
        raise Invalid(f"the name {name!r} is neither text nor a whole number") from error


def _read(value: Any, directory: Path) -> Any:
    match value:
        case Array(file=file):
            return read_array(directory / file)
        case Objects(file=file, shape=shape):
            return _read_objects(read_values(directory / file), shape)
        case Values(file=file):
            return read_values(directory / file)
        case Sparse():
            return _read_sparse(value, directory)
        case Series(column=column, index=index, name=name):
            series = read_column(column, directory)
            series.index = _read_index(index, directory)
            return series.rename(name)
        case Table():
            return _read_table(value, directory)
        case _:
            raise TypeError(f"{value} is not a table")


def _read_table(stored: Table, directory: Path) -> Any:
    index = _read_index(stored.index, directory)
    series = [read_column(column, directory) for column in stored.columns]
    for number, column in enumerate(series):
        if len(column) != len(index):  # pandas would fill up the shorter one
            raise ValueError(f"column {number} has {len(column)} of {len(index)} rows")
    table = package("pandas").DataFrame(dict(enumerate(series)))
    table.columns = _read_index(stored.names, directory)
    return table.set_axis(index, axis=0)


def _read_objects(values: list[Any], shape: tuple[int, ...]) -> Any:
    import numpy as np

    flat = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # assigning a list at once would unpack lists
        flat[place] = value
    return flat.reshape(shape)


def _read_sparse(stored: Sparse, directory: Path) -> Any:
    sparse = package("scipy.sparse")
    parts = (stored.data, stored.indices, stored.pointers)
    kind = getattr(sparse, f"{stored.layout}_{stored.container}")
    matrix = kind(tuple(read_array(directory / part) for part in parts), shape=stored.shape)
    matrix.check_format(full_check=True)
    return matrix


def _read_index(index: Index, directory: Path) -> Any:
    pandas = package("pandas")
    match index:
        case Range(start=start, stop=stop, step=step, name=name):
            return pandas.RangeIndex(start, stop, step, name=name)
        case Stored(column=column, name=name):
            return pandas.Index(read_column(column, directory), name=name)
