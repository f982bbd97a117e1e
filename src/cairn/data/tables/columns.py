"""The columns of a CSV file: what each of them is, decided by all of its cells.

A file that is larger than one batch is read twice: first to find out what the columns are,
then to convert their cells. So memory holds the values and one batch of cells.
"""

from collections.abc import Iterator

import numpy as np

from cairn.data.tables.cells import Cells, Rows
from cairn.data.tables.column import Column, Finder, read_column


def read_columns(cells: Cells) -> tuple[Column, ...]:
    """Read all columns of a file; raises `Invalid` naming a line that is not regular."""
    batches = list(column_batches(cells))
    return tuple(map(_joined, zip(*batches, strict=True)))


def column_batches(cells: Cells) -> Iterator[tuple[Column, ...]]:
    """Read some rows of all columns at a time; each column is of one kind in all of them."""
    batches = cells.batches()
    first = next(batches, Rows([], len(cells.names)))
    second = next(batches, None)
    if second is None:
        yield tuple(read_column(name, first.column(at)) for at, name in enumerate(cells.names))
        return
    finders = [Finder() for _ in cells.names]
    for rows in (first, second, *batches):
        for at, finder in enumerate(finders):
            finder.see(rows.column(at))
    del first, second
    for rows in cells.batches():
        yield tuple(
            finder.convert(name, rows.column(at))
            for at, (name, finder) in enumerate(zip(cells.names, finders, strict=True))
        )


def _joined(parts: tuple[Column, ...]) -> Column:
    if len(parts) == 1:
        return parts[0]
    array = np.concatenate([part.array for part in parts])
    missing = np.concatenate([part.missing for part in parts])
    return Column(parts[0].name, parts[0].kind, array, missing)
