"""Columns that two tables share, met as one type: what is compared, and what cannot be.

1. Columns of one name and one type are compared as they are.
2. Numbers of two types are compared as numbers, if none of them loses a digit by that.
3. A column of a CSV file is what all of its cells are. Where it meets text, it is compared as
   it was written.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cairn.data.comparison.relation import Column, Relations

_DIGITS = {
    "TINYINT": 3,
    "SMALLINT": 5,
    "INTEGER": 10,
    "BIGINT": 19,
    "UTINYINT": 3,
    "USMALLINT": 5,
    "UINTEGER": 10,
    "UBIGINT": 20,
}
_SMALL = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WIDEST = 38
_EXACT = 2**53
_TEXT = "VARCHAR"


class Shared(NamedTuple):
    """A column of both tables: its name, the type it is compared as, its name in SQL."""

    name: str
    kind: str
    column: str


class Meeting(NamedTuple):
    """The columns of two tables: those that are compared, and what is only in one.

    `retyped` have another type in each; those of them that are not in `shared` are not
    compared. `words` count as missing in a column of either.
    """

    shared: tuple[Shared, ...]
    added: dict[str, str]
    removed: dict[str, str]
    retyped: dict[str, str]
    words: dict[str, tuple[str, ...]]

    @property
    def apart(self) -> tuple[str, ...]:
        """Columns of both whose types cannot be compared."""
        shared = {each.name for each in self.shared}
        return tuple(name for name in self.retyped if name not in shared)

    def without_meaning(self, name: str) -> str:
        """Say why a column cannot be compared."""
        if name in self.retyped:
            return f"{name} has another type in each ({self.retyped[name]})"
        return f"{name} is not a column of both"


def meet(tables: Relations, old: Sequence[Column], new: Sequence[Column]) -> Meeting:
    """Let the relations `a` and `b` have what `before` and `after` share, type by type."""
    then, now = ({column.name: column for column in each} for each in (old, new))
    shared: list[Shared] = []
    sides: tuple[list[str], list[str]] = ([], [])
    for name in (name for name in then if name in now):
        found = _common(tables, then[name], now[name])
        if found is None:
            continue
        kind, values = found
        shared.append(Shared(name, kind, f"c{len(shared)}"))
        for side, value in zip(sides, values, strict=True):
            side.append(f"{value} AS {shared[-1].column}")
    for relation, of, side in zip(("a", "b"), ("before", "after"), sides, strict=True):
        tables.run(f"CREATE VIEW {relation} AS SELECT {', '.join(side) or '0'} FROM {of}")
    return Meeting(
        shared=tuple(shared),
        added=_kinds(now, then),
        removed=_kinds(then, now),
        retyped={
            name: f"{then[name].kind} -> {now[name].kind}"
            for name in then
            if name in now and then[name].kind != now[name].kind
        },
        words=_words((*old, *new)),
    )


def _kinds(one: Mapping[str, Column], other: Mapping[str, Column]) -> dict[str, str]:
    return {name: column.kind for name, column in one.items() if name not in other}


def _words(columns: Sequence[Column]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for column in columns:
        if column.words:
            found.setdefault(column.name, set()).update(column.words)
    return {name: tuple(sorted(words)) for name, words in found.items()}


def _common(tables: Relations, one: Column, other: Column) -> tuple[str, list[str]] | None:
    """Return the type that both are compared as, and what is compared of each."""
    if one.kind == other.kind:
        return one.kind, [one.value, other.value]
    number = _number(tables, one, other)
    if number is not None:
        return number, [f"CAST({column.value} AS {number})" for column in (one, other)]
    texts = [_text(column) for column in (one, other)]
    is_written = one.written or other.written
    return (_TEXT, texts) if is_written and all(texts) else None


def _text(column: Column) -> str:
    return column.value if column.kind == _TEXT else column.written


def _number(tables: Relations, one: Column, other: Column) -> str | None:
    """Return a type of numbers that holds every value of both."""
    both = {one.kind, other.kind}
    if both <= _DIGITS.keys():
        return "HUGEINT"
    if both & _FLOATS and both <= _FLOATS | _DIGITS.keys():
        sides = (("before", one), ("after", other))
        return "DOUBLE" if all(_fits_double(tables, *side) for side in sides) else None
    return _decimal(one.kind, other.kind)


def _fits_double(tables: Relations, relation: str, column: Column) -> bool:
    if column.kind in _FLOATS | _SMALL:
        return True
    query = f"SELECT min({column.value}), max({column.value}) FROM {relation}"
    return all(end is None or abs(end) <= _EXACT for end in tables.row(query))


def _decimal(one: str, other: str) -> str | None:
    scale = whole = 0
    for kind in (one, other):
        found = _DECIMAL.fullmatch(kind)
        if found is not None:
            digits, places = int(found[1]), int(found[2])
        elif kind in _DIGITS:
            digits, places = _DIGITS[kind], 0
        else:
            return None
        scale, whole = max(scale, places), max(whole, digits - places)
    return f"DECIMAL({whole + scale},{scale})" if whole + scale <= _WIDEST else None
