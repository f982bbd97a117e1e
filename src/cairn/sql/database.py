"""Named queries inside transactions; the SQL itself lies under `queries/`, one file a noun."""

import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cairn.sql import migrate
from cairn.sql.driver import Canonical, Driver, Row, Session, canonical
from cairn.sql.pool import Pool
from cairn.sql.postgresql import Postgresql
from cairn.sql.sqlite import Sqlite

__all__ = ["Database", "Row", "Transaction", "queries"]


FEW, MOST = 32, 1000
"""How many rows an answer that is remembered may have, and how many answers are."""


@cache
def queries() -> Mapping[str, str]:
    """Read every `-- name:` block under `queries/`, without its comment."""
    found: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / "queries").iterdir()):
        parts = re.split(
            r"^-- name: (\w+)\n-- .+$", file.read_text("utf-8"), flags=re.MULTILINE
        )
        found.update(zip(parts[1::2], map(_statement, parts[2::2]), strict=True))
    return found


def _statement(text: str) -> str:
    return text.strip().removesuffix(";")


class Transaction:
    """Named queries inside one transaction.

    Nobody else changes what it sees, so a query asked again is answered from memory, until
    something is written.
    """

    def __init__(self, session: Session, dialect: str) -> None:
        self._session = session
        self.dialect = dialect
        self._known: dict[tuple[object, ...], tuple[Row, ...]] = {}

    def all(self, query: str, /, **values: object) -> list[Row]:
        """Run a named query and return all rows."""
        asked = (query, *values.items())
        if (known := self._known.get(asked)) is not None:
            return [*known]
        rows = self.select(queries()[query], values)
        if len(rows) <= FEW and len(self._known) < MOST:
            self._known[asked] = tuple(rows)
        return rows

    def one(self, query: str, /, **values: object) -> Row | None:
        """Run a named query and return the first row, if any."""
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def run(self, query: str, /, **values: object) -> None:
        """Run a named statement."""
        self._known.clear()
        self.select(queries()[query], values)

    def select(self, text: str, values: Mapping[str, object]) -> list[Row]:
        """Run SQL made by `sql/search.py`; everything else goes by name."""
        return self._session.execute(text, values)

    def tables(self) -> tuple[str, ...]:
        """List the tables."""
        return self._session.tables()

    def table(self, name: str) -> dict[Canonical, Row]:
        """Read every row of one of `tables()`, by what it says."""
        rows = self.select(f'SELECT * FROM "{name}"', {})  # noqa: S608 (from tables())
        return {canonical(row): row for row in rows}


class Database:
    """An open database with the current schema, of a file or of a PostgreSQL server.

    Without a place it is kept in memory.

    Each transaction has a connection of its own, so readers do not wait for one another.
    """

    def __init__(self, place: Path | str | None) -> None:
        self._driver: Driver = Postgresql(place) if isinstance(place, str) else Sqlite(place)
        self._pool = Pool(self._driver.connect, self._driver.most)
        self._open = threading.local()
        with self._driver.turn(), self._pool.session() as session, session.alone():
            migrate.apply(session, self._driver.dialect)

    @contextmanager
    def writing(self) -> Generator[Transaction]:
        """Commit when the block ends, roll back when it raises; writers queue, not fail."""
        with self._driver.turn(), self._pool.session() as session, self._begun(session) as tx:
            session.lock()
            yield tx
            session.commit()

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """Read one consistent state; never waits for writers, nor for other readers.

        Within another transaction of this thread it is that one's state.
        """
        if (around := getattr(self._open, "tx", None)) is not None:
            yield around
            return
        with self._pool.session() as session, self._begun(session, write=False) as tx:
            yield tx

    @contextmanager
    def _begun(self, session: Session, *, write: bool = True) -> Generator[Transaction]:
        """Be the transaction of this thread; what is not committed is rolled back."""
        session.begin(write=write)
        self._open.tx = tx = Transaction(session, self._driver.dialect)
        try:
            yield tx
        finally:
            self._open.tx = None
            session.roll_back()

    def copy_to(self, path: Path) -> None:
        """Write a copy of one consistent state to a new file; writers wait meanwhile."""
        with self._driver.turn(), self._pool.session() as session:
            session.copy_to(path)

    def close(self) -> None:
        """Close the connections; the database may be opened again."""
        self._pool.close()
