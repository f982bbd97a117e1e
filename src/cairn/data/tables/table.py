"""Tables in snapshots: CSV and Parquet become typed columns, alike everywhere."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cairn.core.errors import Invalid, NotFound
from cairn.data.tables.cells import Cells
from cairn.data.tables.column import Column
from cairn.data.tables.columns import read_columns
from cairn.installed import installs

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 5


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
        near = nearest(name, self.names, "its columns are")
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


def parse_table(content: bytes, *, name: str, delimiter: str = ",") -> Table:
    """Read the bytes of a CSV file: a line of names, then a row a line, in UTF-8.

    Quotes are as in RFC 4180, empty lines are passed over. Raises `Invalid` naming the line.
    """
    cells = Cells(content, name=name, delimiter=delimiter)
    columns = read_columns(cells)
    rows = len(columns[0].array)
    return Table(name, rows, columns)


def _for_pandas(column: Column) -> Any:
    """Return values as pandas reads them: NaN where missing, which no integer of CSV is."""
    if column.as_read is not None:
        return column.as_read.to_pandas().iloc[:, 0]
    if column.kind == "float" or not column.missing.any():
        return column.array.tolist() if column.kind == "text" else column.array
    array = column.array.astype(np.float64 if column.kind == "int" else object)
    array[column.missing] = np.nan
    return array.tolist() if column.kind == "text" else array


def nearest(name: str, known: Sequence[str], otherwise: str) -> str:
    """Say which of the known names was meant, or what there is `otherwise`."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; {otherwise} {some(known)}"


def some(names: Sequence[str]) -> str:
    """Name the first few."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
