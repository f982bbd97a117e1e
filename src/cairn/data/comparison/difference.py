"""What changed between two snapshots: files, and in their tables columns, rows and values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cairn.core.errors import Invalid, NotFound
from cairn.core.request import Record
from cairn.core.snapshot import Query, Snapshot
from cairn.core.tree import Entry, escape
from cairn.data.comparison.column_diff import ColumnDiff, diff_columns
from cairn.data.comparison.relation import Relations
from cairn.data.comparison.row_diff import RowDiff, diff_rows, find_key
from cairn.data.comparison.shared_columns import meet
from cairn.data.tables.table_files import TableFiles, tables_of
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

TABLES = 10
"""Tables of one pair of snapshots that are compared row by row unless one is named."""


class FileDiff(Record, frozen=True):
    """One file that was added, removed or changed; sizes are in bytes."""

    path: str
    before: str | None = None
    after: str | None = None
    size_before: int | None = None
    size_after: int | None = None


class TableDiff(Record, frozen=True):
    """What changed in one table; `retyped` columns name both types, `file` both names."""

    file: str
    rows_before: int
    rows_after: int
    columns_added: dict[str, str]
    columns_removed: dict[str, str]
    columns_retyped: dict[str, str]
    rows: RowDiff
    columns: tuple[ColumnDiff, ...]
    not_compared: tuple[str, ...] = ()
    """Columns whose values hardly ever come twice, are lists, maps, structs or bytes, or have
    types that cannot be compared."""
    words_missing: dict[str, tuple[str, ...]] = {}
    """Words that count as missing in a column of numbers: `NA`."""


class SnapshotDiff(Record, frozen=True):
    """All that changed; `left_out` tables changed as well and were not looked into."""

    before: str
    after: str
    files: tuple[FileDiff, ...]
    tables: tuple[TableDiff, ...]
    left_out: tuple[str, ...] = ()


class _Pair(NamedTuple):
    before: TableFiles
    after: TableFiles

    @property
    def name(self) -> str:
        return " -> ".join(dict.fromkeys((self.before.name, self.after.name)))


def diff_snapshots(
    project: Project, before: str, after: str, *, key: Sequence[str] = (), file: str = ""
) -> SnapshotDiff:
    """Compare two snapshots by reference; bytes that are not in the store are those of lakes.

    Rows are told apart by the columns in `key`; by those that a query was ordered by; by an
    `id` that names every row; or else as whole rows. `file` limits the look into tables.
    Raises `NotFound` for a snapshot or file that is not there, `Invalid` for a bad key.
    """
    infos = [project.find_snapshot(reference) for reference in (before, after)]
    files = [
        {entry.path: entry for entry in tree_entries(project.objects, info.tree)}
        for info in infos
    ]
    held = [tables_of(project.objects, info) for info in infos]
    pairs = list(_pairs(*held))
    if file:
        pairs = [pair for pair in _same_name(*held) if pair.after.name == file]
        if not pairs:
            raise NotFound(f"the snapshots do not both have a table {file!r}")
    ordered = _ordered_by(project.objects, [info.digest for info in infos])
    return SnapshotDiff(
        before=before,
        after=after,
        files=tuple(_files(*files)),
        tables=tuple(_diff_tables(project, pair, key or ordered) for pair in pairs[:TABLES]),
        left_out=tuple(pair.name for pair in pairs[TABLES:]),
    )


def _files(old: Mapping[bytes, Entry], new: Mapping[bytes, Entry]) -> Iterator[FileDiff]:
    for path in sorted(old.keys() | new.keys()):
        a, b = old.get(path), new.get(path)
        if a != b:
            yield FileDiff(
                path=escape(path),
                before=a.digest if a else None,
                after=b.digest if b else None,
                size_before=a.size if a else None,
                size_after=b.size if b else None,
            )


def _pairs(old: Sequence[TableFiles], new: Sequence[TableFiles]) -> Iterator[_Pair]:
    """Yield tables of both that differ: of one name, or the only ones of two names."""
    same = _same_name(old, new)
    changed = [pair for pair in same if pair.before.content != pair.after.content]
    yield from changed
    names = {pair.before.name for pair in same}
    alone = [[table for table in each if table.name not in names] for each in (old, new)]
    if not changed and len(alone[0]) == len(alone[1]) == 1:
        yield _Pair(alone[0][0], alone[1][0])


def _same_name(old: Sequence[TableFiles], new: Sequence[TableFiles]) -> list[_Pair]:
    later = {table.name: table for table in new}
    return [_Pair(table, later[table.name]) for table in old if table.name in later]


def _ordered_by(objects: ObjectStore, digests: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that both queries were ordered by: no two rows are alike in them."""
    sources = [objects.get_record(digest, Snapshot).source for digest in digests]
    orders = {source.order for source in sources if isinstance(source, Query)}
    return orders.pop() if len(orders) == 1 and isinstance(sources[-1], Query) else ()


def _diff_tables(project: Project, pair: _Pair, key: Sequence[str]) -> TableDiff:
    with Relations(project.objects, project.settings.folder) as tables:
        old, new = tables.add("before", pair.before), tables.add("after", pair.after)
        meeting = meet(tables, old, new)
        if not meeting.shared:
            raise Invalid(
                f"{pair.name}: no column has the same name and a type that can be compared in "
                f"both; there are {', '.join(each.name for each in old)} and "
                f"{', '.join(each.name for each in new)}"
            )
        by = tuple(key) or find_key(tables, meeting)
        (rows_before,), (rows_after,) = (
            tables.row(f"SELECT count(*) FROM {relation}") for relation in ("a", "b")
        )
        columns = diff_columns(tables, meeting.shared)
        compared = {column.name for column in columns}
        return TableDiff(
            file=pair.name,
            rows_before=rows_before,
            rows_after=rows_after,
            columns_added=meeting.added,
            columns_removed=meeting.removed,
            columns_retyped=meeting.retyped,
            rows=diff_rows(tables, meeting, by, (pair.before.name, pair.after.name)),
            columns=columns,
            not_compared=tuple(
                name
                for name in (*(each.name for each in meeting.shared), *meeting.apart)
                if name not in compared
            ),
            words_missing=meeting.words,
        )
