"""Tables of files as columns in memory, to meet their rows again in what a run captured."""

import io
from typing import Any

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.tree import Entry, escape
from cairn.data.giver import Giver
from cairn.data.rows.asked import Looked
from cairn.data.rows.contents import Source
from cairn.data.rows.kind import START, kind_of, suffix_of, unpacked, unpacked_name
from cairn.data.tables.column import Column
from cairn.data.tables.parquet import reading_parquet
from cairn.data.tables.table import parse_table
from cairn.data.tables.table_files import DELIMITERS


def source_of(giver: Giver, entry: Entry, looked: Looked) -> Source | None:
    """Read a CSV or Parquet file in which a row was looked for; None for any other kind."""
    what = escape(entry.path)
    name, is_packed = unpacked_name(what)
    content = unpacked(giver, entry, what) if is_packed else giver.get(entry.digest)
    kind = kind_of(name, content[:START])
    if looked.at is None or kind not in ("csv", "parquet"):
        return None
    if kind == "csv":
        table = parse_table(content, name=name, delimiter=DELIMITERS[suffix_of(name)])
        return Source([(column.name, _values(column)) for column in table.columns], looked.at)
    with reading_parquet(io.BytesIO(content), what=name) as file:
        whole = file.read()
        names: list[str] = whole.column_names
        columns = [(name, whole.column(at).to_numpy()) for at, name in enumerate(names)]
    return Source(columns, looked.at)


def row_count(giver: Giver, entry: Entry) -> int:
    """Count the rows of a CSV file; raises `Invalid` for what is none."""
    name = escape(entry.path)
    if suffix_of(name) not in DELIMITERS:
        raise Invalid(f"{name} is not a CSV file")
    return parse_table(
        giver.get(entry.digest), name=name, delimiter=DELIMITERS[suffix_of(name)]
    ).rows


def _values(column: Column) -> Any:
    """Return values as a script has them: NaN where missing."""
    if not column.missing.any():
        return column.array
    array = column.array.astype(object if column.kind == "text" else np.float64)
    array[column.missing] = np.nan
    return array
