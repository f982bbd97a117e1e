"""All tables of a SQLite file, row by row: each value is of the type that it has."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cairn.core.errors import Invalid, first_line
from cairn.data.databases.question import quoted

SPAN = 2**40
"""Rows are numbered over all tables: those of the second begin here, of the third at twice."""
_ROWIDS = ("rowid", "_rowid_", "oid")


class StoredTable(NamedTuple):
    """A table: its name, its columns, and its rows, which can be read once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Any]]


@contextmanager
def tables_in(place: Path, *, what: str) -> Generator[Iterator[StoredTable]]:
    """Open a SQLite file of our own; raises `Invalid` for one that cannot be read.

    Rows of a table are in the order of what tells them apart.
    """
    try:
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = _text  # of what is not UTF-8, too
            yield _tables(connection)
    except sqlite3.Error as error:
        raise Invalid(f"{what} cannot be opened by SQLite: {first_line(error)}") from error


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Name the tables, in the order of the schema."""
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid"
    )
    return [str(name) for (name,) in found.fetchall()]


def order_of(connection: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """Return what tells the rows of a table apart, quoted; nothing if that is not known."""
    about = connection.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
    columns = {str(row[1]).lower() for row in about}
    for rowid in _ROWIDS:
        if rowid not in columns and _has(connection, name, rowid):
            return (rowid,)
    keys = sorted((row[5], str(row[1])) for row in about if row[5])
    return tuple(quoted(column) for _, column in keys)


def _has(connection: sqlite3.Connection, name: str, rowid: str) -> bool:
    try:
        connection.execute(f"SELECT {rowid} FROM {quoted(name)} LIMIT 0")  # noqa: S608 (quoted)
    except sqlite3.OperationalError:
        return False  # a table without row ids
    return True


def _tables(connection: sqlite3.Connection) -> Iterator[StoredTable]:
    for name in table_names(connection):
        order = ", ".join(order_of(connection, name)) or "1"
        cursor = connection.execute(f"SELECT * FROM {quoted(name)} ORDER BY {order}")  # noqa: S608 (they are quoted)
        columns = tuple(str(about[0]) for about in cursor.description)
        yield StoredTable(name, columns, cursor)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
