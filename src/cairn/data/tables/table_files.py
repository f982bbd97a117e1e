"""The tables in a snapshot: which of its files are one, and which together are one table."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from cairn.core.snapshot import DeltaTable, IcebergTable, Query, Snapshot, SnapshotInfo, Table
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries

DELIMITERS = {".csv": ",", ".tsv": "\t"}
PARQUET = frozenset({".parquet", ".pq"})
TABLES = PARQUET | DELIMITERS.keys()
ALL_ROWS = "rows"
_DESCRIBED = (".parquet", *DELIMITERS)
_ENDINGS = tuple(map(str.encode, _DESCRIBED))
_LONGEST_ENDING = max(map(len, _ENDINGS))


class TableFiles(NamedTuple):
    """A table: its name, and the files that have its rows, in order."""

    name: str
    entries: tuple[Entry, ...]
    lake: DeltaTable | IcebergTable | None = None
    """Of a lake's table: what says which rows these files have."""

    @property
    def content(self) -> tuple[str, ...]:
        """What tells whether two tables are of the same bytes."""
        return tuple(entry.digest for entry in self.entries)


def is_described(entry: Entry) -> bool:
    """Tell whether a snapshot describes a file's rows: it is called CSV, TSV or Parquet."""
    may_be = entry.path[-_LONGEST_ENDING:].lower().endswith(_ENDINGS)
    return may_be and entry.mode != SYMLINK and suffix_of(escape(entry.path)) in _DESCRIBED


def tables_of(objects: ObjectStore, info: SnapshotInfo) -> list[TableFiles]:
    """List the tables of a snapshot that can be compared row by row, by their names.

    A frame, the result of a query or a table of a lake is one table, called `rows`, in however
    many files.
    """
    source = objects.get_record(info.digest, Snapshot).source
    if isinstance(source, DeltaTable | IcebergTable):
        return [TableFiles(ALL_ROWS, tuple(tree_entries(objects, info.tree)), source)]
    entries = [
        entry
        for entry in tree_entries(objects, info.tree)
        if entry.mode != SYMLINK and is_table(entry.path)
    ]
    if isinstance(source, Table | Query):
        return [TableFiles(ALL_ROWS, tuple(entries))]
    return [TableFiles(escape(entry.path), (entry,)) for entry in entries]


def is_table(path: bytes) -> bool:
    """Tell by its name whether a file can be compared row by row."""
    return suffix_of(os.fsdecode(path)) in TABLES


def suffix_of(name: str) -> str:
    """Return the last suffix of a file's name, in lower case."""
    return PurePosixPath(name).suffix.lower()


def named(tables: Sequence[TableFiles], *, most: int) -> str:
    """Name some tables in a sentence."""
    return ", ".join(table.name for table in tables[:most]) or "none"
