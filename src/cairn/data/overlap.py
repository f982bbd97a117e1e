"""Rows that two tables share: what a model was trained on must not be what it is judged by."""

from collections.abc import Sequence

from cairn.core.errors import Invalid
from cairn.core.request import Record
from cairn.core.snapshot import SnapshotInfo
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.data.relation import Relations, is_table, quoted
from cairn.objects.tree import tree_entries
from cairn.registry import Registry

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
    registry: Registry, first: str, second: str, *, key: Sequence[str] = (), file: str = ""
) -> Overlap:
    """Find the rows of a table of the snapshot `second` that a table of `first` has, too.

    Raises `NotFound` for a snapshot that is not there, `Invalid` if a snapshot has not one
    table and `file` names none, or if a key column is not in both.
    """
    entries = [
        _table(registry, registry.find_snapshot(reference), reference, file)
        for reference in (first, second)
    ]
    with Relations(registry.objects) as tables:
        old, new = (tables.add(name, entry) for name, entry in zip("ab", entries, strict=True))
        shared = [name for name, kind in new.items() if old.get(name) == kind]
        columns = tuple(key) or tuple(shared)
        strange = [name for name in columns if name not in shared]
        if strange or not columns:
            raise Invalid(
                f"{first} and {second} do not share "
                f"{' or '.join(strange) or 'any column'} with one type; in {first}: "
                f"{', '.join(old)}; in {second}: {', '.join(new)}"
            )
        named = ", ".join(map(quoted, columns))
        found = f"FROM b SEMI JOIN (SELECT DISTINCT {named} FROM a) a ON {_same(columns)}"
        (rows,), (count,) = (
            tables.row(query)
            for query in ("SELECT count(*) FROM b", f"SELECT count(*) {found}")
        )
        some = tables.run(f"SELECT b.* {found} ORDER BY ALL LIMIT {EXAMPLES}")
        names = [about[0] for about in some.description or ()]
        return Overlap(
            first=first,
            second=second,
            columns=columns,
            rows=rows,
            shared=count,
            examples=tuple(
                {name: str(value) for name, value in zip(names, row, strict=True)}
                for row in some.fetchall()
            ),
        )


def _same(columns: Sequence[str]) -> str:
    return " AND ".join(
        f"a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in columns
    )


def _table(registry: Registry, info: SnapshotInfo, reference: str, file: str) -> Entry:
    entries = [
        entry
        for entry in tree_entries(registry.objects, info.tree)
        if entry.mode != SYMLINK and is_table(entry.path)
    ]
    named = [entry for entry in entries if not file or escape(entry.path) == file]
    if len(named) != 1:
        there = ", ".join(escape(entry.path) for entry in entries[:EXAMPLES]) or "none"
        raise Invalid(
            f"{reference} has {len(entries)} tables ({there}); name one of them with --file"
        )
    return named[0]
