"""A CSV file for comparison: each cell as it was written, and as what its column is.

Models are shown what pandas makes of a file (`column.py`). Whoever compares files or looks for
a value asks what was written, so two rules are stricter here:

1. Text is text: `NA` and `null` in a column of text are those words, and only the empty cell
   is missing. In a column of numbers they count as missing, and that is said.
2. A column with leading zeros (`01067`) is text: they tell keys apart.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cairn.data.tables.arrow import ArrowTable, arrow
from cairn.data.tables.cells import Cells
from cairn.data.tables.column import MISSING, Column, Finder, Kind

_ZEROS = re.compile(r"^\s*[+-]?0[0-9]", re.MULTILINE)


class Written(NamedTuple):
    """A CSV file in memory, columns by their place: `c0` the values, `w0` the cells.

    A column of text has no cells beside it. `words` are those that count as missing in a
    column that is not text.
    """

    names: tuple[str, ...]
    table: ArrowTable
    words: dict[str, tuple[str, ...]]


def read_written(content: bytes, *, name: str, delimiter: str = ",") -> Written:
    """Read a CSV file as it was written; raises `Invalid` as `parse_table` does."""
    pa = arrow()
    cells = Cells(content, name=name, delimiter=delimiter)
    finders = [WrittenFinder() for _ in cells.names]
    for rows in cells.batches():
        for at, finder in enumerate(finders):
            finder.see(rows.column(at))
    schema = pa.schema(
        [pa.field(f"c{at}", finder.type) for at, finder in enumerate(finders)]
        + [pa.field(f"w{at}", pa.string()) for at, f in enumerate(finders) if f.kind != "text"]
    )
    batches: list[Any] = []
    for rows in cells.batches():
        columns = [rows.column(at) for at in range(len(finders))]
        arrays = [f.array(found) for f, found in zip(finders, columns, strict=True)]
        arrays += [
            pa.array(found, pa.string(), mask=_are_empty(found))
            for f, found in zip(finders, columns, strict=True)
            if f.kind != "text"
        ]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    words = {
        name: tuple(sorted(finder.words))
        for name, finder in zip(cells.names, finders, strict=True)
        if finder.words and finder.kind != "text"
    }
    return Written(tuple(cells.names), pa.Table.from_batches(batches, schema), words)


class WrittenFinder(Finder):
    """Finds out what a column is for comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._has_zeros = False

    def see(self, cells: Sequence[str]) -> None:
        """Look at more cells."""
        super().see(cells)
        self.words |= (MISSING - {""}).intersection(cells)
        if not self._has_zeros:
            self._has_zeros = _ZEROS.search("\n".join(cells)) is not None

    @property
    def kind(self) -> Kind:
        """What the column is by all that was seen."""
        kind = super().kind
        only_words = self.words and not self.has_values
        return "text" if only_words or (self._has_zeros and kind != "bool") else kind

    @property
    def type(self) -> Any:
        """The type of its values in Arrow."""
        pa = arrow()
        kinds = {"text": pa.string(), "bool": pa.bool_(), "float": pa.float64()}
        return kinds.get(self.kind) or (pa.uint64() if self.is_unsigned else pa.int64())

    def array(self, cells: Sequence[str]) -> Any:
        """Convert cells that were seen."""
        pa = arrow()
        if self.kind == "text":
            return pa.array(cells, pa.string(), mask=_are_empty(cells))
        column: Column = self.convert("", cells)
        return pa.array(column.array, self.type, mask=column.missing)


def _are_empty(cells: Sequence[str]) -> Any:
    return np.array([not cell for cell in cells], dtype=np.bool_)
