"""PostgreSQL: a row that writers lock, one state for a reader, errors in Cairn's words.

1. Whoever writes locks `ledger_head` before reading anything, so one change is judged on what
   the one before left. Readers lock nothing.
2. A connection that the server ended is made anew when the next transaction begins; in the
   middle of one, nothing of it was recorded.
"""

import re
import weakref
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cairn.core.errors import Corrupt, Invalid, Unavailable
from cairn.installed import installs
from cairn.sql.driver import NONE, Row, Values, named

if TYPE_CHECKING:
    import psycopg

PATIENCE_SECONDS = 10
LOCK_MILLISECONDS = 60_000
_SCHEMA_LOCK = 0x636169726E  # "cairn"
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")
_TABLES = (
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
)
_HEAD = "SELECT entries FROM ledger_head FOR UPDATE"
_WRITE, _READ = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Postgresql:
    """A database of a server, by its address."""

    dialect = "postgresql"
    most = 8

    def __init__(self, address: str) -> None:
        self._address = address

    def connect(self) -> "Connection":
        """Open one more connection."""
        return Connection(self._address)

    def turn(self) -> nullcontext[None]:
        """Do nothing: writers queue at the row that each locks."""
        return nullcontext()


class Connection:
    """One connection, in whichever thread uses it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection = self._opened()

    def begin(self, *, write: bool) -> None:
        """Begin a transaction, on a new connection where the server ended this one."""
        try:
            self.execute(_WRITE if write else _READ)
        except Unavailable:
            if not self._connection.closed:
                raise
            self._connection = self._opened()
            self.execute(_WRITE if write else _READ)

    def lock(self) -> None:
        """Lock the row that numbers the ledger."""
        self.execute(_HEAD)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep others from changing the schema meanwhile."""
        self.execute("SELECT pg_advisory_lock(:key)", {"key": _SCHEMA_LOCK})
        try:
            yield
        finally:
            self.execute("SELECT pg_advisory_unlock(:key)", {"key": _SCHEMA_LOCK})

    def execute(self, text: str, values: Values = NONE) -> list[Row]:
        """Run one statement; return its rows."""
        with _translated():
            cursor = self._connection.execute(cast("Any", _spelled(text)), values)
            if cursor.description is None:
                return []
            return named([each.name for each in cursor.description], cursor.fetchall())

    def tables(self) -> tuple[str, ...]:
        """List the tables by name."""
        return tuple(row.name for row in self.execute(_TABLES))

    def commit(self) -> None:
        """Make what the transaction wrote durable."""
        self.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo what the open transaction did, if one is open."""
        from psycopg.pq import TransactionStatus

        if self._connection.info.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        ):
            with suppress(Unavailable):  # the server ended it, and what it did
                self.execute("ROLLBACK")

    def copy_to(self, path: Path) -> None:
        """Refuse: a server's database is copied by the server's own tools."""
        raise Invalid(f"PostgreSQL is not copied to {path}: use `pg_dump`")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _opened(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """Connect until this is closed, or forgotten as at the end of a command."""
        opened = _connect(self._address)
        weakref.finalize(self, opened.close)
        return opened


def _connect(address: str) -> "psycopg.Connection[tuple[Any, ...]]":
    try:
        import psycopg
    except ImportError as error:
        raise Invalid(
            f"a store in PostgreSQL needs psycopg: {installs('postgresql')}"
        ) from error
    with _translated():
        return psycopg.connect(
            address,
            autocommit=True,  # transactions begin and end by name here
            connect_timeout=PATIENCE_SECONDS,
            options=f"-c lock_timeout={LOCK_MILLISECONDS} -c synchronous_commit=on",
        )


@cache
def _spelled(text: str) -> str:
    """Spell parameters as psycopg reads them."""
    return _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%"))


@contextmanager
def _translated() -> Generator[None]:
    """Turn psycopg's errors into Cairn's."""
    from psycopg import errors

    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise Unavailable(
            f"PostgreSQL does not permit it ({_said(error)}); ask who runs the server"
        ) from error
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.DataCorrupted) as error:
        raise Corrupt(
            f"the database is damaged ({_said(error)}); bring it back from a backup"
        ) from error
    except (errors.IntegrityError, errors.ProgrammingError):
        raise  # a mistake of ours
    except errors.DataError as error:
        raise Invalid(f"PostgreSQL cannot keep or compare that: {_said(error)}") from error
    except errors.Error as error:
        raise Unavailable(f"PostgreSQL does not answer ({_said(error)}); try again") from error


def _said(error: Exception) -> str:
    """Return the first line of what a server says; passwords are never in it."""
    return str(error).strip().partition("\n")[0]
