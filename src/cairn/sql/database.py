"""Named queries inside transactions; the SQL itself lies under `queries/`, one file a noun."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cairn.sql import migrate, sqlite

Row = tuple[Any, ...]


@cache
def queries() -> Mapping[str, str]:
    """Read every `-- name:` block under `queries/`."""
    found: dict[str, str] = {}
    for file in sorted((resources.files("cairn.sql") / "queries").iterdir(), key=str):
        parts = re.split(r"^-- name: (\w+)$", file.read_text("utf-8"), flags=re.MULTILINE)
        found.update(zip(parts[1::2], parts[2::2], strict=True))
    return found


class Transaction:
    """Named queries inside one transaction."""

    def __init__(self, connection: sqlite.Connection) -> None:
        self._connection = connection

    def all(self, query: str, /, **values: object) -> list[Row]:
        """Run a named query and return all rows."""
        return self.select(queries()[query], values)

    def one(self, query: str, /, **values: object) -> Row | None:
        """Run a named query and return the first row, if any."""
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def run(self, query: str, /, **values: object) -> None:
        """Run a named statement."""
        self.select(queries()[query], values)

    def select(self, text: str, values: Mapping[str, object]) -> list[Row]:
        """Run SQL made by `sql/search.py`; everything else goes by name."""
        with sqlite.translated():
            return self._connection.execute(text, values).fetchall()

    def tables(self) -> tuple[str, ...]:
        """List the tables."""
        rows = self.select(sqlite.TABLES, {})
        return tuple(row[0] for row in rows)

    def table(self, name: str) -> set[Row]:
        """Read every row of one of `tables()`."""
        return set(self.select(f'SELECT * FROM "{name}"', {}))  # noqa: S608 (from tables())


class Database:
    """An open database with the current schema; `path` None keeps it in memory."""

    def __init__(self, path: Path | None) -> None:
        self._sqlite = sqlite.Sqlite(path)
        with self._sqlite.locked(), sqlite.translated():
            migrate.apply(self._sqlite.connection)

    @contextmanager
    def writing(self) -> Generator[Transaction]:
        """Commit when the block ends, roll back when it raises; writers queue, not fail."""
        with self._sqlite.locked():
            with sqlite.translated():
                self._sqlite.connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._sqlite.connection)
                with sqlite.translated():
                    self._sqlite.connection.execute("COMMIT")
            except BaseException:
                self._sqlite.roll_back()
                raise

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """Read one consistent state; never waits for writers.

        Within another transaction of this thread it is that one's state.
        """
        with self._sqlite.alone():
            if self._sqlite.connection.in_transaction:
                yield Transaction(self._sqlite.connection)
                return
            with sqlite.translated():
                self._sqlite.connection.execute("BEGIN")
            try:
                yield Transaction(self._sqlite.connection)
            finally:
                self._sqlite.roll_back()

    def copy_to(self, path: Path) -> None:
        """Write a copy of one consistent state to a new file; writers wait meanwhile."""
        self._sqlite.copy_to(path)

    def close(self) -> None:
        """Close the connection; the database may be opened again."""
        self._sqlite.close()
