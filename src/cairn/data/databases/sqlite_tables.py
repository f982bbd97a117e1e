"""All tables of a SQLite file, row by row: each value is of the type that it has."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cairn.core.errors import Invalid, first_line
from cairn.data.databases.question import quoted


class StoredTable(NamedTuple):
    """A table: its name, its columns, and its rows, which can be read once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Any]]


@contextmanager
def tables_in(place: Path, *, what: str) -> Generator[Iterator[StoredTable]]:
    """Open a SQLite file of our own; raises `Invalid` for one that cannot be read."""
    try:
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = _text  # of what is not UTF-8, too
            yield _tables(connection)
    except sqlite3.Error as error:
        raise Invalid(f"{what} cannot be opened by SQLite: {first_line(error)}") from error


def _tables(connection: sqlite3.Connection) -> Iterator[StoredTable]:
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
    ).fetchall()
    for (name,) in names:
        cursor = connection.execute(f"SELECT * FROM {quoted(name)}")  # noqa: S608 (it is quoted)
        columns = tuple(str(about[0]) for about in cursor.description)
        yield StoredTable(name, columns, cursor)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
