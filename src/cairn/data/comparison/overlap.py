"""Rows that two tables share: what a model was trained on must not be what it is judged by."""

from collections.abc import Sequence

from cairn.core.errors import Invalid
from cairn.core.request import Record
from cairn.core.snapshot import SnapshotInfo
from cairn.data.comparison.relation import Column, Relations
from cairn.data.comparison.shared_columns import Meeting, Shared, meet
from cairn.data.tables.table_files import TableFiles, named, tables_of
from cairn.project import Project

EXAMPLES = 5


class Overlap(Record, frozen=True):
    """How many of the `rows` of the second table are in the first as well, with examples.

    Rows are the same if they have the same `columns`: the key, or all that both tables have.
    """

    first: str
    second: str
    columns: tuple[str, ...]
    rows: int
    shared: int
    examples: tuple[dict[str, str], ...] = ()


def overlap(
    project: Project, first: str, second: str, *, key: Sequence[str] = (), file: str = ""
) -> Overlap:
    """Find the rows of a table of the snapshot `second` that a table of `first` has, too.

    Raises `NotFound` for a snapshot that is not there, `Invalid` if a snapshot has not one
    table and `file` names none, or if a key column is not in both.
    """
    held = [
        _table(project, project.find_snapshot(reference), reference, file)
        for reference in (first, second)
    ]
    with Relations(project.objects, project.settings.folder) as tables:
        old, new = (
            tables.add(name, table)
            for name, table in zip(("before", "after"), held, strict=True)
        )
        meeting = meet(tables, old, new)
        columns = _chosen(meeting, key, (first, old), (second, new))
        keys = ", ".join(each.column for each in columns)
        found = f"FROM b SEMI JOIN (SELECT DISTINCT {keys} FROM a) a ON {_same(columns)}"
        (rows,), (count,) = (
            tables.row(query)
            for query in ("SELECT count(*) FROM b", f"SELECT count(*) {found}")
        )
        spelled = ", ".join(f"b.{each.column}::VARCHAR" for each in meeting.shared)
        some = tables.rows(f"SELECT {spelled} {found} ORDER BY {keys} LIMIT {EXAMPLES}")
        return Overlap(
            first=first,
            second=second,
            columns=tuple(each.name for each in columns),
            rows=rows,
            shared=count,
            examples=tuple(
                {
                    each.name: "missing" if value is None else value
                    for each, value in zip(meeting.shared, row, strict=True)
                }
                for row in some
            ),
        )


def _chosen(
    meeting: Meeting,
    key: Sequence[str],
    old: tuple[str, Sequence[Column]],
    new: tuple[str, Sequence[Column]],
) -> list[Shared]:
    """Return the columns that make rows the same; raises `Invalid`."""
    by_name = {each.name: each for each in meeting.shared}
    strange = [name for name in key if name not in by_name]
    if strange or not by_name:
        (first, then), (second, now) = old, new
        why = meeting.without_meaning(strange[0]) if strange else "they share no column"
        raise Invalid(
            f"{first} and {second} cannot be compared: {why}; in {first}: "
            f"{', '.join(each.name for each in then)}; in {second}: "
            f"{', '.join(each.name for each in now)}"
        )
    return [by_name[name] for name in key] or list(meeting.shared)


def _same(columns: Sequence[Shared]) -> str:
    return " AND ".join(
        f"a.{each.column} IS NOT DISTINCT FROM b.{each.column}" for each in columns
    )


def _table(project: Project, info: SnapshotInfo, reference: str, file: str) -> TableFiles:
    tables = tables_of(project.objects, info)
    chosen = [table for table in tables if not file or table.name == file]
    if len(chosen) != 1:
        raise Invalid(
            f"{reference} has {len(tables)} tables ({named(tables, most=EXAMPLES)}); name one "
            "of them with --file"
        )
    return chosen[0]
