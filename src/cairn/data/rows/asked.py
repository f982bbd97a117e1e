"""A row that is asked for: `VALUE` in any column, or `COLUMN=VALUE`."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cairn.core.errors import Invalid
from cairn.data.rows.wanted import Wanted


class Looked(NamedTuple):
    """How many rows of a file have the value, and what of it was not looked at.

    `has_column` tells whether the file has the column that is asked for. `at` are the rows,
    counted from 0, of a file whose rows can be told apart (of a database as `SPAN` says);
    `whole`, that its path names them.
    """

    rows: int
    has_column: bool
    unread: tuple[str, ...] = ()
    at: NDArray[np.int64] | None = None
    whole: bool = False


class Asked:
    """Which value is looked for in which column.

    Names may have `=` in them, and values too: `a=b=c` is `b=c` in a column `a`, or `c` in
    one that is called `a=b`. Raises `Invalid` for what names no value.
    """

    def __init__(self, row: str) -> None:
        self._row = row
        pieces = row.split("=")
        self._columns: dict[str, Wanted] = {}
        for at in range(len(pieces) - 1, 0, -1):
            column, value = "=".join(pieces[:at]), "=".join(pieces[at:])
            if column.strip() and value.strip():
                wanted = Wanted(value)
                self._columns |= {column: wanted, column.strip(): wanted}
        self._ids: frozenset[int] = frozenset()
        self._anywhere = Wanted(row) if len(pieces) == 1 and row.strip() else None
        if not self._columns and self._anywhere is None:
            raise Invalid(
                f"{row!r} names no row: write COLUMN=VALUE, such as customer_id=4711"
            )

    def __str__(self) -> str:
        """Spell it as in an answer."""
        column, equals, value = self._row.partition("=")
        return f"{column.strip()} = {value.strip()}" if equals else self._row.strip()

    @property
    def column(self) -> str:
        """The column that is asked for; empty for any."""
        column, equals, _ = self._row.partition("=")
        return column.strip() if equals else ""

    @property
    def values(self) -> tuple[Wanted, ...]:
        """Every value that may be meant."""
        every = (*self._columns.values(), *([self._anywhere] if self._anywhere else []))
        return tuple(dict.fromkeys(every))

    def in_column(self, name: str) -> Wanted | None:
        """Return what is looked for in a column; None if it is not asked for."""
        return self._anywhere or self._columns.get(name)

    def columns(
        self, names: Sequence[str], ids: Sequence[int | None] = ()
    ) -> dict[int, Wanted]:
        """Return what is looked for in which columns, by their place; `ids` are theirs."""
        found = {at: self.in_column(name) for at, name in enumerate(names)}
        found |= {
            at: self._columns[self.column] for at, id_ in enumerate(ids) if id_ in self._ids
        }
        return {at: wanted for at, wanted in found.items() if wanted is not None}

    def also(self, names: Collection[str], ids: Collection[int]) -> "Asked":
        """Ask for the same in columns of other names, or of these ids, as well."""
        other = Asked(self._row)
        other._call(names, ids)
        return other

    def _call(self, names: Collection[str], ids: Collection[int]) -> None:
        wanted = self._columns[self.column]
        self._columns = {**dict.fromkeys(names, wanted), **self._columns}
        self._ids = frozenset(ids)
