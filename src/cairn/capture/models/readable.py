"""A held-out set as a table for people and `cairn evaluate`, beside its exact form."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cairn.core.errors import CairnError
from cairn.flavors import read_frame
from cairn.flavors.frames.plain_table import (
    PlainTable,
    read_plain_column,
    read_plain_table,
    spelled,
)

FILE = "data.csv"


def add_readable_table(folder: Path, *, label: str) -> None:
    """Write `data.csv` beside `features` and `labels`, if they are a table.

    The index is a column, unless it only counts; numbers keep every digit.
    """
    try:
        table = read_plain_table(folder / "features")
        labels = None if table is None else read_plain_column(folder / "labels")
        if table is None or labels is None:
            _write_by_pandas(folder, label)
        elif label not in table.names:
            _write(folder / FILE, _columns(table, labels, label))
    except CairnError:  # of a kind that this environment cannot read: the exact form is there
        return


def _columns(table: PlainTable, labels: Any, label: str) -> list[tuple[str, Any]]:
    name = str(table.index_name or "id")
    columns = [*zip(table.names, table.columns, strict=True), (label, labels)]
    if isinstance(table.index, range) or name in (label, *table.names):
        return columns
    return [(name, table.index), *columns]


def _write(file: Path, columns: Sequence[tuple[str, Any]]) -> None:
    """Write what pandas would, which takes longer to import than a run."""
    with file.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target, lineterminator="\n")
        rows.writerow(name for name, _ in columns)
        rows.writerows(zip(*(spelled(column) for _, column in columns), strict=True))


def _write_by_pandas(folder: Path, label: str) -> None:
    """Write a table with columns that only pandas can spell, such as dates."""
    from cairn.data.features import as_table

    features, labels = read_frame(folder / "features"), read_frame(folder / "labels")
    table = as_table(features)
    values = getattr(labels, "to_numpy", lambda: labels)()
    if table is None or label in table.columns or getattr(values, "ndim", 1) != 1:
        return
    counts = type(table.index).__name__ == "RangeIndex"
    name = str(table.index.name or "id")
    table = table.assign(**{label: values})
    if not counts and name not in table.columns:
        table.index = table.index.set_names([name])
        table = table.reset_index()
    table.to_csv(folder / FILE, index=False, lineterminator="\n")
