"""Tables in snapshots: CSV and Parquet become typed columns, alike everywhere."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cairn.core.errors import Invalid, NotFound
from cairn.core.snapshot import SnapshotInfo
from cairn.core.tree import SYMLINK, escape
from cairn.data.tables.cells import Cells
from cairn.data.tables.column import Column
from cairn.data.tables.columns import read_columns
from cairn.data.tables.table_files import (
    ALL_ROWS,
    DELIMITERS,
    PARQUET,
    TABLES,
    TableFiles,
    suffix_of,
)
from cairn.installed import installs
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 5
_PACKED = {".gz", ".bz2", ".xz", ".zip", ".zst"}


@dataclass(frozen=True)
class Table:
    """Columns of equal length, in the order of the file."""

    name: str
    rows: int
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column; raises `NotFound` with the name that is nearest."""
        for column in self.columns:
            if column.name == name:
                return column
        near = _nearest(name, self.names, "its columns are")
        raise NotFound(f"{self.name} has no column {name!r}{near}")

    def without(self, names: Iterable[str]) -> "Table":
        """Return the table without some columns; raises `NotFound` for one it has not."""
        dropped = {self.column(name).name for name in names}
        kept = tuple(column for column in self.columns if column.name not in dropped)
        return Table(self.name, self.rows, kept)

    def to_frame(self) -> "DataFrame":
        """Return a pandas DataFrame, typed as `pandas.read_csv` types the same file.

        Raises `Invalid` if pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise Invalid(
                "models need their rows as a pandas DataFrame, and pandas is not installed: "
                f"{installs('sklearn')}"
            ) from error
        series = {column.name: _for_pandas(column) for column in self.columns}
        return pd.DataFrame(series, index=pd.RangeIndex(self.rows))


def read_table(objects: ObjectStore, snapshot: SnapshotInfo, *, file: str = "") -> Table:
    """Read the table `file` of a snapshot, or the only one in it: CSV, TSV or Parquet.

    A frame and the result of a query are one table. Raises `NotFound` for a file that is not
    in the snapshot, `Invalid` for one that is not a whole table, each with what to do.
    """
    chosen = _choose(objects, snapshot, file)
    name = chosen.name
    if all(suffix_of(escape(entry.path)) in PARQUET for entry in chosen.entries):
        from cairn.data.tables.parquet_columns import read_parquet_columns

        contents = (objects.get(entry.digest) for entry in chosen.entries)
        columns = read_parquet_columns(contents, name=name)
        return Table(name, len(columns[0].array) if columns else 0, columns)
    delimiter = _delimiter(name)
    return parse_table(objects.get(chosen.entries[0].digest), name=name, delimiter=delimiter)


def parse_table(content: bytes, *, name: str, delimiter: str = ",") -> Table:
    """Read the bytes of a CSV file: a line of names, then a row a line, in UTF-8.

    Quotes are as in RFC 4180, empty lines are passed over. Raises `Invalid` naming the line.
    """
    cells = Cells(content, name=name, delimiter=delimiter)
    columns = read_columns(cells)
    rows = len(columns[0].array)
    return Table(name, rows, columns)


def _choose(objects: ObjectStore, snapshot: SnapshotInfo, file: str) -> TableFiles:
    entries = {escape(entry.path): entry for entry in tree_entries(objects, snapshot.tree)}
    if snapshot.kind in ("table", "query") and file in ("", ALL_ROWS):
        return TableFiles(ALL_ROWS, tuple(entries.values()))
    if file and file not in entries:
        known = tuple(entries)
        raise NotFound(f"the snapshot has no file {file!r}{_nearest(file, known, 'it has')}")
    tables = [file] if file else [name for name in entries if suffix_of(name) in TABLES]
    if not tables and len(entries) == 1:
        tables = list(entries)
    if len(tables) != 1:
        raise Invalid(
            f"the snapshot has {len(tables)} tables among {len(entries)} files; write "
            f"which is meant: file = {_some(tables or tuple(entries))}"
        )
    entry = entries[tables[0]]
    if entry.mode == SYMLINK:
        raise Invalid(f"{tables[0]} is a symbolic link: name the file that it leads to")
    return TableFiles(tables[0], (entry,))


def _delimiter(name: str) -> str:
    suffix = suffix_of(name)
    if suffix in _PACKED:
        raise Invalid(f"{name} is compressed: unpack it, and snapshot the table itself")
    if suffix not in DELIMITERS:
        raise Invalid(
            f"{name} is not read as a table: write it as CSV or Parquet "
            "(frame.to_csv(path, index=False)) and snapshot that"
        )
    return DELIMITERS[suffix]


def _for_pandas(column: Column) -> Any:
    """Return values as pandas reads them: NaN where missing, which no integer of CSV is."""
    if column.as_read is not None:
        return column.as_read.to_pandas().iloc[:, 0]
    if column.kind == "float" or not column.missing.any():
        return column.array.tolist() if column.kind == "text" else column.array
    array = column.array.astype(np.float64 if column.kind == "int" else object)
    array[column.missing] = np.nan
    return array.tolist() if column.kind == "text" else array


def _nearest(name: str, known: Sequence[str], otherwise: str) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; {otherwise} {_some(known)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
