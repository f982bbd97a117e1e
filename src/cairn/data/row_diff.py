"""Which rows two tables do not share: by key, or, without one, as whole rows.

Rows are told apart by a 64-bit hash over the columns that both tables have; then the values of
the rows that differ are compared one by one.
"""

from collections.abc import Mapping, Sequence

from cairn.core.errors import Invalid
from cairn.core.request import Record
from cairn.data.relation import Relations, quoted

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


def find_key(tables: Relations, shared: Mapping[str, str]) -> tuple[str, ...]:
    """Return the first column called `id` or `..._id` that names each row of both tables."""
    for name in shared:
        if name.lower() == "id" or name.lower().endswith("_id"):
            found = [_problem(tables, relation, (name,), shared) for relation in ("a", "b")]
            if found == [None, None]:
                return (name,)
    return ()


def diff_rows(
    tables: Relations, shared: Mapping[str, str], key: Sequence[str], names: tuple[str, str]
) -> RowDiff:
    """Compare the relations `a` and `b` over the columns in `shared`.

    Raises `Invalid` if a key column is not in both, is missing or NaN in a row, or if two rows
    of a table have the same key.
    """
    if not key:
        return _whole_rows(tables, shared)
    for name in key:
        if name not in shared:
            raise Invalid(f"the key {name!r} is not a column of both: {', '.join(shared)}")
    for relation, table in zip(("a", "b"), names, strict=True):
        problem = _problem(tables, relation, key, shared)
        if problem is not None:
            raise Invalid(f"{table}: {problem}; name columns that tell rows apart with --key")
    return _by_key(tables, shared, key)


def _problem(
    tables: Relations, relation: str, key: Sequence[str], shared: Mapping[str, str]
) -> str | None:
    """Say why these columns are no key of a relation."""
    for name in key:
        column = quoted(name)
        bad = f"{column} IS NULL"
        if shared[name] in ("DOUBLE", "FLOAT"):
            bad += f" OR isnan({column})"
        (missing,) = tables.row(f"SELECT count(*) FILTER ({bad}) FROM {relation}")
        if missing:
            return f"{name} is missing in {missing:,} rows and cannot be a key"
    columns = _list(key)
    found = tables.run(
        f"SELECT {columns}, count(*) FROM {relation} GROUP BY {columns} "
        "HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    ).fetchall()
    if found:
        *values, times = found[0]
        named = ", ".join(f"{n} {v}" for n, v in zip(key, values, strict=True))
        return f"{named} comes {times:,} times, so {', '.join(key)} is no key"
    return None


def _by_key(tables: Relations, shared: Mapping[str, str], key: Sequence[str]) -> RowDiff:
    others = [name for name in shared if name not in key]
    columns, hashed = _list(key), f"hash({_list(others)})" if others else "0::UBIGINT"
    on = " AND ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in key)
    tables.run(
        "CREATE TEMP TABLE paired AS SELECT "
        + ", ".join(f"coalesce(a.{quoted(n)}, b.{quoted(n)}) AS {quoted(n)}" for n in key)
        + ", CASE WHEN b.h IS NULL THEN 'removed' WHEN a.h IS NULL THEN 'added' "
        "ELSE 'changed' END AS what FROM "
        f"(SELECT {columns}, {hashed} AS h FROM a) a FULL OUTER JOIN "
        f"(SELECT {columns}, {hashed} AS h FROM b) b ON {on} "
        "WHERE a.h IS DISTINCT FROM b.h"
    )
    counts = dict(tables.run("SELECT what, count(*) FROM paired GROUP BY what").fetchall())
    by_column, changed_rows = (
        _changes(tables, key, others) if counts.get("changed") else ({}, ())
    )
    return RowDiff(
        key=tuple(key),
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0),
        by_column=by_column,
        added_rows=_examples(tables, f"SELECT {columns} FROM paired WHERE what = 'added'"),
        removed_rows=_examples(tables, f"SELECT {columns} FROM paired WHERE what = 'removed'"),
        changed_rows=changed_rows,
    )


def _changes(
    tables: Relations, key: Sequence[str], others: Sequence[str]
) -> tuple[dict[str, int], tuple[dict[str, str], ...]]:
    """Count the changed rows by column, and show some of them."""
    joined = (
        f"(SELECT * FROM paired WHERE what = 'changed') p JOIN a USING ({_list(key)}) "
        f"JOIN b USING ({_list(key)})"
    )
    differs = [f"a.{quoted(name)} IS DISTINCT FROM b.{quoted(name)}" for name in others]
    sums = tables.row(
        f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in differs)} FROM {joined}"
    )
    counts = {name: int(n) for name, n in zip(others, sums, strict=True) if n}
    shown = [f"p.{quoted(name)}::VARCHAR AS {quoted(name)}" for name in key]
    for name in counts:
        column = quoted(name)
        words = f"concat({_text(f'a.{column}')}, ' -> ', {_text(f'b.{column}')})"
        shown.append(
            f"CASE WHEN a.{column} IS DISTINCT FROM b.{column} THEN {words} END AS {column}"
        )
    by = ", ".join(f"p.{quoted(name)}" for name in key)
    rows = _examples(tables, f"SELECT {', '.join(shown)} FROM {joined}", order=by)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered), rows


def _whole_rows(tables: Relations, shared: Mapping[str, str]) -> RowDiff:
    """Count rows, each as often as it comes, that only one of the tables has."""
    columns = _list(tuple(shared))
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
        added_rows=_only_in(tables, "b", columns, "more > 0"),
        removed_rows=_only_in(tables, "a", columns, "more < 0"),
    )


def _only_in(
    tables: Relations, relation: str, columns: str, test: str
) -> tuple[dict[str, str], ...]:
    hashes = f"SELECT h FROM whole WHERE {test}"
    some = f"SELECT {columns} FROM {relation} WHERE hash({columns}) IN ({hashes})"
    return _examples(tables, some, order=columns)


def _examples(
    tables: Relations, query: str, *, order: str = "ALL"
) -> tuple[dict[str, str], ...]:
    found = tables.run(f"{query} ORDER BY {order} LIMIT {EXAMPLES}")
    names = [about[0] for about in found.description or ()]
    return tuple(
        {name: str(value) for name, value in zip(names, row, strict=True) if value is not None}
        for row in found.fetchall()
    )


def _text(expression: str) -> str:
    return f"coalesce({expression}::VARCHAR, 'missing')"


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))
