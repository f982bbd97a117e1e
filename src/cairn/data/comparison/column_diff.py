"""What moved in the columns that two tables share."""

import re
from collections.abc import Sequence
from typing import Literal

from cairn.core.request import Record
from cairn.data.comparison.relation import Relations
from cairn.data.comparison.shared_columns import Shared
from cairn.stats import shift

_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)")
_TIMES = re.compile(r"TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?|DATE")
_CATEGORIES = re.compile(r"VARCHAR|BOOLEAN|UUID|ENUM\([^\]]*\)")
_MISSING, _DEVIATIONS = 0.02, 3.3
_NAMES_FROM = 0.8
"""Where more of the rows than this have a rare value in both, values are names of rows."""


class ColumnDiff(Record, frozen=True):
    """How the values of a column are spread in both tables.

    `psi` is the population stability index over `bins`, `noise` what chance alone gives;
    `before` and `after` are shares of rows by bin. `typical` is the mean of numbers, the
    middle of times, and the most frequent of other values.
    """

    name: str
    kind: Literal["numbers", "times", "categories"]
    psi: float
    noise: float
    shifted: bool
    typical_before: str
    typical_after: str
    missing_before: float
    missing_after: float
    missing_shifted: bool
    """Whether the share of missing values moved by two points, and more than by chance."""
    bins: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]


def diff_columns(tables: Relations, shared: Sequence[Shared]) -> tuple[ColumnDiff, ...]:
    """Compare the columns of the relations `a` and `b`, what moved most first.

    Lists, maps, structs, bytes and texts that are hardly ever the same in two rows are left
    out.
    """
    found: list[ColumnDiff] = []
    for each in shared:
        if _TIMES.fullmatch(each.kind):
            found.append(_numbers(tables, each, "times"))
        elif _NUMBERS.fullmatch(each.kind):
            found.append(_numbers(tables, each, "numbers"))
        elif _CATEGORIES.fullmatch(each.kind):
            found += _categories(tables, each)
    return tuple(sorted(found, key=lambda column: (-column.psi, column.name)))


def _numbers(
    tables: Relations, shared: Shared, kind: Literal["numbers", "times"]
) -> ColumnDiff:
    value = f"epoch({shared.column})" if kind == "times" else shared.column
    moved = shift.of_numbers(tables.numbers(value, "a"), tables.numbers(value, "b"))
    typical = [_middle(tables, relation, shared.column, kind) for relation in ("a", "b")]
    return _column(tables, shared, kind, moved, typical)


def _middle(tables: Relations, relation: str, column: str, kind: str) -> str:
    if kind == "times":
        (found,) = tables.row(f"SELECT median({column})::VARCHAR FROM {relation}")
        return str(found) if found is not None else "-"
    finite = f"SELECT CAST({column} AS DOUBLE) AS v FROM {relation}"
    (mean,) = tables.row(f"SELECT avg(v) FROM ({finite}) WHERE isfinite(v)")
    return "-" if mean is None else f"{mean:.4g}"


def _categories(tables: Relations, shared: Shared) -> list[ColumnDiff]:
    """Count the values that are frequent in either table; the rest is one category."""
    value = f"{shared.column}::VARCHAR"
    rows = tables.rows(
        "SELECT v, sum(a)::BIGINT, sum(b)::BIGINT FROM ("
        f"SELECT {value} AS v, count(*) AS a, 0 AS b FROM a WHERE v IS NOT NULL GROUP BY v "
        f"UNION ALL SELECT {value} AS v, 0, count(*) FROM b WHERE v IS NOT NULL GROUP BY v"
        f") GROUP BY v ORDER BY sum(a) + sum(b) DESC, v LIMIT {shift.CATEGORIES - 2}"
    )
    counts = [{str(row[0]): int(row[place]) for row in rows} for place in (1, 2)]
    rare: list[float] = []
    for found, relation in zip(counts, ("a", "b"), strict=True):
        whole, present = tables.row(f"SELECT count(*), count({shared.column}) FROM {relation}")
        others, missing = present - sum(found.values()), whole - present
        rare.append(others / whole if whole else 0)
        rest = {"(other)": others, "(missing)": missing}
        found.update({word: rows for word, rows in rest.items() if rows})
    if min(rare) > _NAMES_FROM:
        return []
    typical = [max(found, key=lambda v: (found[v], v), default="-") for found in counts]
    moved = shift.of_categories(*counts)
    return [_column(tables, shared, "categories", moved, typical)]


def _column(
    tables: Relations,
    shared: Shared,
    kind: Literal["numbers", "times", "categories"],
    moved: shift.Shift,
    typical: list[str],
) -> ColumnDiff:
    counts = [
        tables.row(f"SELECT count(*), count(*) - count({shared.column}) FROM {relation}")
        for relation in ("a", "b")
    ]
    missing = [gone / rows if rows else 0.0 for rows, gone in counts]
    return ColumnDiff(
        name=shared.name,
        kind=kind,
        psi=moved.psi,
        noise=moved.noise,
        shifted=moved.is_shifted,
        typical_before=typical[0],
        typical_after=typical[1],
        missing_before=missing[0],
        missing_after=missing[1],
        missing_shifted=_is_shifted(*counts),
        bins=moved.bins,
        before=moved.before,
        after=moved.after,
    )


def _is_shifted(before: Sequence[int], after: Sequence[int]) -> bool:
    """Compare two shares of missing values by their pooled standard error."""
    (n, gone), (m, later) = before, after
    if not n or not m:
        return False
    pooled = (gone + later) / (n + m)
    error = (pooled * (1 - pooled) * (1 / n + 1 / m)) ** 0.5
    return abs(later / m - gone / n) >= max(_MISSING, _DEVIATIONS * error)
