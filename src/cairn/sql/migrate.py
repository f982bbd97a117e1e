"""Numbered migrations, each applied once; a database from the future is refused."""

import hashlib
import sqlite3
from importlib import resources

from cairn.core.errors import Invalid

_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
  number INTEGER PRIMARY KEY,
  digest TEXT NOT NULL
)
"""


def apply(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; the caller holds the write lock."""
    connection.execute(_TABLE)
    done = dict(connection.execute("SELECT number, digest FROM migration").fetchall())
    known = _published()
    if newer := sorted(done.keys() - known.keys()):
        raise Invalid(
            f"this store was written by a newer Cairn (schema {newer[-1]}, this one knows "
            f"{max(known)}); upgrade Cairn to open it"
        )
    for number in sorted(known.keys() - done.keys()):
        _apply_one(connection, number, known[number])


def _published() -> dict[int, str]:
    folder = resources.files("cairn.sql") / "migrations" / "sqlite"
    return {
        int(file.name.partition("_")[0]): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }


def _apply_one(connection: sqlite3.Connection, number: int, text: str) -> None:
    """Apply one migration whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in text.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(
            "INSERT INTO migration (number, digest) VALUES (?, ?)",
            (number, hashlib.sha256(text.encode()).hexdigest()),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
