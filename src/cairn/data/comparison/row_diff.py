"""Which rows two tables do not share: by key, or, without one, as whole rows.

Rows are told apart by a 64-bit hash over the columns that both tables have; then the values of
the rows that differ are compared one by one.
"""

from collections.abc import Sequence

from cairn.core.errors import Invalid
from cairn.core.request import Record
from cairn.core.words import counted
from cairn.data.comparison.relation import Relations
from cairn.data.comparison.shared_columns import Meeting, Shared

EXAMPLES = 5


class RowDiff(Record, frozen=True):
    """Rows only in the later table, only in the earlier one, and in both with other values.

    Without a `key` nothing is `changed`: such a row was removed and another added. Examples
    are keys, or whole rows, as text by column.
    """

    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    by_column: dict[str, int] = {}
    """Changed rows that differ in a column, most first."""
    added_rows: tuple[dict[str, str], ...] = ()
    removed_rows: tuple[dict[str, str], ...] = ()
    changed_rows: tuple[dict[str, str], ...] = ()
    """Of a changed row its key, and `before -> after` of every column that differs."""


def find_key(tables: Relations, meeting: Meeting) -> tuple[str, ...]:
    """Return the first column called `id` or `..._id` that names each row of both tables."""
    for shared in meeting.shared:
        if shared.name.lower() == "id" or shared.name.lower().endswith("_id"):
            found = [_problem(tables, relation, [shared]) for relation in ("a", "b")]
            if found == [None, None]:
                return (shared.name,)
    return ()


def diff_rows(
    tables: Relations, meeting: Meeting, key: Sequence[str], names: tuple[str, str]
) -> RowDiff:
    """Compare the relations `a` and `b` over the columns that they share.

    Raises `Invalid` if a key column is not in both, is missing or NaN in a row, or if two rows
    of a table have the same key.
    """
    if not key:
        return _whole_rows(tables, meeting.shared)
    by_name = {shared.name: shared for shared in meeting.shared}
    for name in key:
        if name not in by_name:
            raise Invalid(
                f"the key: {meeting.without_meaning(name)}; there are {', '.join(by_name)}"
            )
    keys = [by_name[name] for name in key]
    for relation, table in zip(("a", "b"), names, strict=True):
        problem = _problem(tables, relation, keys)
        if problem is not None:
            raise Invalid(f"{table}: {problem}; name columns that tell rows apart with --key")
    return _by_key(tables, keys, [each for each in meeting.shared if each not in keys])


def _problem(tables: Relations, relation: str, key: Sequence[Shared]) -> str | None:
    """Say why these columns are not a key of a relation."""
    for shared in key:
        bad = f"{shared.column} IS NULL"
        if shared.kind in ("DOUBLE", "FLOAT"):
            bad += f" OR isnan({shared.column})"
        (missing,) = tables.row(f"SELECT count(*) FILTER ({bad}) FROM {relation}")
        if missing:
            return f"{shared.name} is missing in {counted(missing, 'row')} and cannot be a key"
    columns = _list(key)
    spelled = ", ".join(f"{shared.column}::VARCHAR" for shared in key)
    found = tables.rows(
        f"SELECT {spelled}, count(*) FROM {relation} GROUP BY {columns} "
        f"HAVING count(*) > 1 ORDER BY {columns} LIMIT 1"
    )
    if found:
        *values, times = found[0]
        named = ", ".join(f"{each.name} {v}" for each, v in zip(key, values, strict=True))
        called = ", ".join(each.name for each in key)
        return f"{named} comes {times:,} times, so {called} is not a key"
    return None


def _by_key(tables: Relations, key: Sequence[Shared], others: Sequence[Shared]) -> RowDiff:
    columns, hashed = _list(key), f"hash({_list(others)})" if others else "0::UBIGINT"
    on = " AND ".join(f"a.{each.column} = b.{each.column}" for each in key)
    tables.run(
        "CREATE TEMP TABLE paired AS SELECT "
        + ", ".join(
            f"coalesce(a.{each.column}, b.{each.column}) AS {each.column}" for each in key
        )
        + ", CASE WHEN b.h IS NULL THEN 'removed' WHEN a.h IS NULL THEN 'added' "
        "ELSE 'changed' END AS what FROM "
        f"(SELECT {columns}, {hashed} AS h FROM a) a FULL OUTER JOIN "
        f"(SELECT {columns}, {hashed} AS h FROM b) b ON {on} "
        "WHERE a.h IS DISTINCT FROM b.h"
    )
    found = tables.rows("SELECT what, count(*) FROM paired GROUP BY what")
    counts = {str(what): int(rows) for what, rows in found}
    by_column, changed_rows = (
        _changes(tables, key, others) if counts.get("changed") else ({}, ())
    )
    added_rows, removed_rows = (
        _examples(tables, key, f"paired WHERE what = '{what}'")
        for what in ("added", "removed")
    )
    return RowDiff(
        key=tuple(each.name for each in key),
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0),
        by_column=by_column,
        added_rows=added_rows,
        removed_rows=removed_rows,
        changed_rows=changed_rows,
    )


def _changes(
    tables: Relations, key: Sequence[Shared], others: Sequence[Shared]
) -> tuple[dict[str, int], tuple[dict[str, str], ...]]:
    """Count the changed rows by column, and show some of them."""
    joined = (
        f"(SELECT * FROM paired WHERE what = 'changed') p JOIN a USING ({_list(key)}) "
        f"JOIN b USING ({_list(key)})"
    )
    differs = [f"a.{each.column} IS DISTINCT FROM b.{each.column}" for each in others]
    sums = tables.row(
        f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in differs)} FROM {joined}"
    )
    counts = [(each, int(n)) for each, n in zip(others, sums, strict=True) if n]
    shown = [f"p.{each.column}::VARCHAR" for each in key]
    for each, _ in counts:
        column = each.column
        words = f"concat({_text(f'a.{column}')}, ' -> ', {_text(f'b.{column}')})"
        shown.append(f"CASE WHEN a.{column} IS DISTINCT FROM b.{column} THEN {words} END")
    by = ", ".join(f"p.{each.column}" for each in key)
    found = tables.rows(
        f"SELECT {', '.join(shown)} FROM {joined} ORDER BY {by} LIMIT {EXAMPLES}"
    )
    names = [each.name for each in (*key, *(each for each, _ in counts))]
    ordered = sorted(
        ((each.name, n) for each, n in counts), key=lambda item: (-item[1], item[0])
    )
    return dict(ordered), _named(names, found)


def _whole_rows(tables: Relations, shared: Sequence[Shared]) -> RowDiff:
    """Count rows, each as often as it comes, that only one of the tables has."""
    columns = _list(shared)
    tables.run(
        "CREATE TEMP TABLE whole AS SELECT h, coalesce(b.n, 0) - coalesce(a.n, 0) AS more "
        "FROM "
        f"(SELECT hash({columns}) AS h, count(*) AS n FROM a GROUP BY h) a FULL OUTER JOIN "
        f"(SELECT hash({columns}) AS h, count(*) AS n FROM b GROUP BY h) b USING (h) "
        "WHERE more <> 0"
    )
    added, removed = tables.row(
        "SELECT coalesce(sum(more) FILTER (more > 0), 0)::BIGINT, "
        "coalesce(-sum(more) FILTER (more < 0), 0)::BIGINT FROM whole"
    )
    return RowDiff(
        key=(),
        added=added,
        removed=removed,
        changed=0,
        added_rows=_only_in(tables, "b", shared, "more > 0"),
        removed_rows=_only_in(tables, "a", shared, "more < 0"),
    )


def _only_in(
    tables: Relations, relation: str, shared: Sequence[Shared], test: str
) -> tuple[dict[str, str], ...]:
    hashes = f"SELECT h FROM whole WHERE {test}"
    return _examples(tables, shared, f"{relation} WHERE hash({_list(shared)}) IN ({hashes})")


def _examples(
    tables: Relations, shared: Sequence[Shared], rows: str
) -> tuple[dict[str, str], ...]:
    """Show some rows as text, so that no type needs anything else to be shown."""
    spelled = ", ".join(f"{each.column}::VARCHAR" for each in shared)
    found = tables.rows(
        f"SELECT {spelled} FROM {rows} ORDER BY {_list(shared)} LIMIT {EXAMPLES}"
    )
    return _named([each.name for each in shared], found)


def _named(
    names: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> tuple[dict[str, str], ...]:
    return tuple(
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in rows
    )


def _text(expression: str) -> str:
    return f"coalesce({expression}::VARCHAR, 'missing')"


def _list(shared: Sequence[Shared]) -> str:
    return ", ".join(each.column for each in shared)
