"""SQLite: durable settings, a fair queue of writers, errors in Cairn's words.

1. WAL with `synchronous=FULL`: a commit that was answered survives a power cut.
2. Writers wait on a file lock, which the kernel hands on in order of arrival; SQLite's own
   busy handler sleeps and guesses, so one of many writers can starve.
"""

import fcntl
import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from cairn import rights
from cairn.core.errors import Corrupt, Unavailable
from cairn.sql.driver import NONE, Row, Values, named

BUSY_MILLISECONDS = 60_000
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
)
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
# A plain error means that a table is not as the migrations made it: no query is built by hand.
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


class Sqlite:
    """One file, or the memory of one connection."""

    dialect = "sqlite"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.most = 1 if path is None else 64
        _make(path)

    def connect(self) -> "Connection":
        """Open one more connection."""
        return Connection(self._path)

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait for the turn to write, in this process and among all."""
        if self._path is None:
            yield
            return
        with _opened(self._path.with_name("writer.lock")) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield


class Connection:
    """One connection, in whichever thread uses it."""

    def __init__(self, path: Path | None) -> None:
        with _translated():
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
            for pragma in _PRAGMAS:
                self._connection.execute(pragma).fetchall()

    def begin(self, *, write: bool) -> None:
        """Begin a transaction; to write, before anybody else can."""
        self.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def lock(self) -> None:
        """Do nothing: a transaction that writes is the only one from its beginning."""

    def alone(self) -> nullcontext[None]:
        """Do nothing: whoever opens the file has the turn to write."""
        return nullcontext()

    def execute(self, text: str, values: Values = NONE) -> list[Row]:
        """Run one statement; return its rows."""
        with _translated():
            cursor = self._connection.execute(text, values)
            rows = cursor.fetchall()
        return named((each[0] for each in cursor.description), rows) if rows else []

    def tables(self) -> tuple[str, ...]:
        """List the tables by name."""
        return tuple(row.name for row in self.execute(_TABLES))

    def commit(self) -> None:
        """Make what the transaction wrote durable."""
        self.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo what the open transaction did, if one is open."""
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def copy_to(self, path: Path) -> None:
        """Write a copy of one consistent state to a new file."""
        _make(path)
        with _translated():
            copied = sqlite3.connect(path)
            try:
                self._connection.backup(copied)
            finally:
                copied.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _make(path: Path | None) -> None:
    """Make the file of a database, so that it has our rights; SQLite gives its logs the same.

    What goes wrong SQLite tells when it opens the file.
    """
    if path is not None:
        with suppress(OSError):
            os.close(rights.create(path))


@contextmanager
def _translated() -> Generator[None]:
    """Turn SQLite's errors into Cairn's."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGE or isinstance(error, sqlite3.InterfaceError):
            raise Corrupt(
                f"the database is damaged ({error}); run `cairn rebuild --yes` to make it "
                "again from the ledger"
            ) from error
        if code == sqlite3.SQLITE_FULL:
            raise Unavailable(
                "the disk is full: nothing was changed; free space, then retry"
            ) from error
        if code in _CLOSED:
            raise Unavailable(
                f"the database cannot be opened ({error}); check who may write in the store"
            ) from error
        raise Unavailable(f"the database does not answer ({error}); try again") from error


@contextmanager
def _opened(path: Path) -> Generator[int]:
    try:
        descriptor = rights.open_or_create(path, os.O_WRONLY | os.O_APPEND)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be opened for writing: {error.strerror}; make the store "
            "writable, or copy it elsewhere and set CAIRN_STORE to the copy"
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
