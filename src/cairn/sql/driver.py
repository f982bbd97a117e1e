"""What a database has to offer, whichever it is: connections, transactions, rows by name."""

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

Values = Mapping[str, object]
Canonical = tuple[tuple[str, object], ...]
NONE: Values = {}


class Row(Protocol):
    """One row: each value under the name of its column, and all in the order asked for."""

    def __getattr__(self, column: str) -> Any:
        """Return the value of a column."""
        ...

    def __getitem__(self, place: int) -> Any:
        """Return a value by its place."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Go through the values."""
        ...

    def __len__(self) -> int:
        """Count the values."""
        ...


class Session(Protocol):
    """One connection. Every method raises Cairn's errors instead of the database's own."""

    def begin(self, *, write: bool) -> None:
        """Begin a transaction: of one consistent state, or to write."""
        ...

    def lock(self) -> None:
        """Keep every other writer from reading what this one will change, until it ends."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep every other process from changing the schema meanwhile."""
        ...

    def execute(self, text: str, values: Values = NONE) -> list[Row]:
        """Run one statement with `:name` parameters; return its rows."""
        ...

    def tables(self) -> tuple[str, ...]:
        """List the tables by name."""
        ...

    def commit(self) -> None:
        """Make what the transaction wrote durable."""
        ...

    def roll_back(self) -> None:
        """Undo what the open transaction did, if one is open."""
        ...

    def copy_to(self, path: Path) -> None:
        """Write a copy of one consistent state to a new file."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Driver(Protocol):
    """One database, yet to be connected to."""

    dialect: str
    """The folder of its migrations."""
    most: int
    """How many connections may be open at once."""

    def connect(self) -> Session:
        """Open one more connection."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Wait for the turn to write: writers queue in order of arrival."""
        ...


def named(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> list[Row]:
    """Give the values of rows the names of their columns."""
    return cast("list[Row]", [*map(_kind(tuple(columns))._make, rows)])


def canonical(row: Row) -> Canonical:
    """Return what a row says, whatever order a database keeps its columns in."""
    return tuple(sorted(zip(row._fields, row, strict=True)))


@cache
def _kind(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns)  # noqa: PYI024 # pyright: ignore[reportUntypedNamedTuple] (its fields are known at run time only)
