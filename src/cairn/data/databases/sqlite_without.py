"""Rows taken out of a SQLite file, so that no page of it keeps them."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cairn.core.errors import Invalid, first_line
from cairn.data.databases.question import quoted
from cairn.data.databases.sqlite_tables import SPAN, order_of, table_names

_SAMPLES = ("sqlite_stat3", "sqlite_stat4")
"""Tables of SQLite's own that hold values of others."""


def take_out(place: Path, at: Iterable[int], *, what: str) -> None:
    """Write a file of our own again without some rows, numbered as `tables_in` gives them.

    What lies in a log beside it is in the file then. Raises `Invalid` where more than these
    rows would change: for triggers, and for tables that are made by a module.
    """
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for number in at:
        rows[number // SPAN].append(number % SPAN)
    try:
        with closing(sqlite3.connect(place, isolation_level=None)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA journal_mode = DELETE")
            _require_plain(connection, what)
            names = table_names(connection)
            connection.execute("BEGIN")
            for table, places in rows.items():
                _delete(connection, names[table], places, what)
            for name in set(_SAMPLES) & set(names):
                connection.execute(f"DELETE FROM {name}")  # noqa: S608 (a name of ours)
            connection.execute("COMMIT")
            connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise Invalid(f"{what} cannot be written by SQLite: {first_line(error)}") from error


def _require_plain(connection: sqlite3.Connection, what: str) -> None:
    found = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE type = 'trigger' "
        "OR sql LIKE 'CREATE VIRTUAL TABLE%'"
    ).fetchone()
    if found is not None:
        kind = "trigger" if found[0] == "trigger" else "virtual table"
        raise Invalid(
            f"{what} has a {kind} ({found[1]}), so more than a row might change when it goes"
        )


def _delete(connection: sqlite3.Connection, name: str, places: list[int], what: str) -> None:
    keys = order_of(connection, name)
    if not keys:
        raise Invalid(f"{what}, table {name}: nothing tells its rows apart")
    listed = ", ".join(keys)
    found = connection.execute(
        f"SELECT {listed} FROM {quoted(name)} ORDER BY {listed}"  # noqa: S608 (they are quoted)
    ).fetchall()
    test = " AND ".join(f"{key} IS ?" for key in keys)
    connection.executemany(
        f"DELETE FROM {quoted(name)} WHERE {test}",  # noqa: S608 (they are quoted)
        [found[place] for place in places],
    )
