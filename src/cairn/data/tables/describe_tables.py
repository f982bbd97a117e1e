"""The tables among a snapshot's files, described: schema, rows, missing values, columns.

The files are frozen as they are, and their digest is over their bytes. What a table's values
are is told beside it, so that the same table in another file is recognised.
"""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import chain
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Inconclusive, Invalid, Unavailable
from cairn.core.snapshot import TableFacts
from cairn.core.table import Profile, TableProfile
from cairn.core.tree import Entry, escape
from cairn.data.tables.arrow import Batch, Schema, arrow
from cairn.data.tables.cells import Cells
from cairn.data.tables.column import Column
from cairn.data.tables.columns import column_batches
from cairn.data.tables.parquet import Columns, learn, parquet_batches, reading_parquet
from cairn.data.tables.table_files import DELIMITERS, is_described, suffix_of
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries

MOST_TABLES = 20
MOST_BYTES = 256 * 2**20
MOST_UNPACKED = 2**31
MOST_COLUMNS = 100_000
PARQUET = ".parquet"


class Described(NamedTuple):
    """The profile of the tables, and one error for each that was not read as one.

    `Inconclusive` are those of which nobody says that they are broken.
    """

    profile: Profile | None
    complaints: tuple[CairnError, ...] = ()


def describe_files(objects: ObjectStore, tree: Digest) -> Described:
    """Describe the CSV and Parquet files of a tree, unless there are very many or large ones.

    Without PyArrow nothing is described; `profile` is None then.
    """
    return describe_tables(objects, list(filter(is_described, tree_entries(objects, tree))))


def describe_tables(objects: ObjectStore, tables: Sequence[Entry]) -> Described:
    """Describe files as `describe_files` does, those of which `is_described` is true."""
    if find_spec("pyarrow") is None:
        return Described(None)
    if not tables or sum(entry.size for entry in tables) > MOST_BYTES:
        return Described(None)
    found: list[TableProfile] = []
    complaints: list[CairnError] = []
    for entry in tables[:MOST_TABLES]:
        try:
            found.append(describe(objects, entry))
        except (Invalid, Unavailable, Inconclusive) as error:
            complaints.append(error)
    whole = len(tables) <= MOST_TABLES and found
    return Described(Profile(tables=tuple(found)) if whole else None, tuple(complaints))


def describe(objects: ObjectStore, entry: Entry) -> TableProfile:
    """Describe one file; raises `Invalid` for one that is not a regular table."""
    name = escape(entry.path)
    content, suffix = objects.get(entry.digest), suffix_of(name)
    if suffix == PARQUET:
        facts, columns = _parquet(content, name)
    else:
        facts, columns = _csv(Cells(content, name=name, delimiter=DELIMITERS[suffix]))
    return TableProfile(path=name, facts=facts, columns=columns)


def _parquet(content: bytes, name: str) -> tuple[TableFacts, Columns]:
    with reading_parquet(io.BytesIO(content), what=name) as file:
        batches = parquet_batches(file)
        return learn(batches, file.schema_arrow, what=name, most_bytes=MOST_UNPACKED)


def _csv(cells: Cells) -> tuple[TableFacts, Columns]:
    if len(cells.names) > MOST_COLUMNS:
        raise Inconclusive(
            f"{cells.name} has {len(cells.names):,} columns, and tables are described up to "
            f"{MOST_COLUMNS:,}"
        )
    batches = column_batches(cells)
    first = next(batches)
    schema = _schema(first)
    arrays = (_batch(columns, schema) for columns in chain([first], batches))
    return learn(arrays, schema, what=cells.name)


def _schema(columns: tuple[Column, ...]) -> Schema:
    pa = arrow()
    kinds = {"text": pa.string(), "bool": pa.bool_(), "float": pa.float64()}
    return pa.schema(
        [
            (column.name, kinds.get(column.kind) or pa.from_numpy_dtype(column.array.dtype))
            for column in columns
        ]
    )


def _batch(columns: tuple[Column, ...], schema: Schema) -> Batch:
    """Turn columns of text cells into Arrow; a missing float is missing, not NaN."""
    pa = arrow()
    arrays = [
        pa.array(
            column.array,
            kind,
            mask=column.missing if column.missing.any() else None,
            from_pandas=False,
        )
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
