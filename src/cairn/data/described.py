"""The tables among a snapshot's files, described: schema, rows, missing values, columns.

The files are frozen as they are, and their digest is over their bytes. What a table's values
are is told beside it, so that the same table in another file is recognised.
"""

import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.snapshot import TableFacts
from cairn.core.table import Profile, TableProfile
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.data.arrow import Array, ArrowTable, arrow
from cairn.data.column import Column
from cairn.data.parquet import Columns, learn, reading_parquet
from cairn.data.table import DELIMITERS, parse_table
from cairn.objects import ObjectStore
from cairn.objects.tree import tree_entries

MOST_TABLES = 20
MOST_BYTES = 256 * 2**20
PARQUET = ".parquet"


class Described(NamedTuple):
    """The profile of the tables, and one sentence for each that cannot be read as one."""

    profile: Profile | None
    complaints: tuple[str, ...] = ()


def describe_files(objects: ObjectStore, tree: Digest) -> Described:
    """Describe the CSV and Parquet files of a tree, unless there are very many or large ones.

    Without PyArrow nothing is described; `profile` is None then.
    """
    if find_spec("pyarrow") is None:
        return Described(None)
    tables = list(_tables(objects, tree))
    if not tables or sum(entry.size for entry in tables) > MOST_BYTES:
        return Described(None)
    found: list[TableProfile] = []
    complaints: list[str] = []
    for entry in tables[:MOST_TABLES]:
        try:
            found.append(describe(objects, entry))
        except Invalid as error:
            complaints.append(str(error))
    whole = len(tables) <= MOST_TABLES and found
    return Described(Profile(tables=tuple(found)) if whole else None, tuple(complaints))


def describe(objects: ObjectStore, entry: Entry) -> TableProfile:
    """Describe one file; raises `Invalid` for one that is no regular table."""
    name = escape(entry.path)
    content = objects.get(entry.digest)
    if _suffix(entry) == PARQUET:
        facts, columns = _parquet(content, name)
    else:
        parsed = parse_table(content, name=name, delimiter=DELIMITERS[_suffix(entry)])
        table = _arrow(parsed.columns)
        facts, columns = learn(table.to_batches(), table.schema, what=name)
    return TableProfile(path=name, facts=facts, columns=columns)


def _tables(objects: ObjectStore, tree: Digest) -> Iterator[Entry]:
    for entry in tree_entries(objects, tree):
        if entry.mode != SYMLINK and _suffix(entry) in {PARQUET, *DELIMITERS}:
            yield entry


def _suffix(entry: Entry) -> str:
    return PurePosixPath(escape(entry.path)).suffix.lower()


def _parquet(content: bytes, name: str) -> tuple[TableFacts, Columns]:
    with reading_parquet(io.BytesIO(content), what=name) as file:
        return learn(file.iter_batches(), file.schema_arrow, what=name)


def _arrow(columns: tuple[Column, ...]) -> ArrowTable:
    pa = arrow()
    return pa.table({column.name: _array(column) for column in columns})


def _array(column: Column) -> Array:
    """Turn a column of text cells into Arrow; a missing float is missing, not NaN."""
    pa = arrow()
    values = column.array.tolist() if column.kind == "text" else column.array
    kinds = {"text": pa.string(), "bool": pa.bool_(), "float": pa.float64()}
    return pa.array(values, kinds.get(column.kind), mask=column.missing)
