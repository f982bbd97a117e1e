"""Queries to SQLite: one read transaction, types found by looking at every value first.

SQLite gives a type to each value, not to a column. So a first pass over the result, in the
same transaction, tells what each column holds; columns of mixed types are refused by name.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cairn.core.errors import (
    CairnError,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
    first_line,
)
from cairn.data.databases.ordered import check_columns
from cairn.data.databases.question import Question, bound, file_of, quoted, wrapped
from cairn.data.databases.result import Result
from cairn.data.tables.arrow import Batch, DataType, Schema, arrow
from cairn.data.tables.plain import check_names

ROWS = 16_384
PATIENCE_SECONDS = 5
_KINDS = ("integer", "real", "text", "blob")
_INTEGER, _REAL, _TEXT, _BLOB = (1 << at for at in range(4))


@contextmanager
def ask(question: Question) -> Generator[Result]:
    """Ask a SQLite file, read-only, within one transaction."""
    path = Path(file_of(question))
    if not path.is_file():
        raise NotFound(f"{question.place}: there is no such file")
    try:
        with closing(_connected(path)) as connection:
            connection.execute("BEGIN")
            connection.execute("PRAGMA schema_version")  # the moment is now
            result = _result(connection, question)
            with closing(result.batches):
                yield result
    except sqlite3.Error as error:
        raise _translated(error, question) from error


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        timeout=PATIENCE_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _result(connection: sqlite3.Connection, question: Question) -> Result:
    query, values = bound(question, mark=":{}"), dict(question.parameters)
    described = connection.execute(f"{wrapped(query)} LIMIT 0", values).description
    names = [str(column[0]) for column in described]
    check_names(names, question.place)
    check_columns(question.order, names)
    schema = _schema(connection, query, values, names, question)
    order = ", ".join(
        f"{quoted(name)} COLLATE BINARY ASC NULLS FIRST" for name in question.order or names
    )
    cursor = connection.execute(f"{wrapped(query)} ORDER BY {order}", values)
    moment = f"SQLite {sqlite3.sqlite_version}"
    return Result(schema, _batches(cursor, schema, question), "serializable", moment)


def _schema(
    connection: sqlite3.Connection,
    query: str,
    values: dict[str, Any],
    names: Sequence[str],
    question: Question,
) -> Schema:
    """Look at the kind of every value; nothing is held in memory."""
    select = ", ".join(_kinds_of(quoted(name)) for name in names)
    (found,) = connection.execute(wrapped(query, select), values)
    pa = arrow()
    return pa.schema(
        [
            pa.field(name, _type_of(kinds or 0, name, question))
            for name, kinds in zip(names, found, strict=True)
        ]
    )


def _kinds_of(column: str) -> str:
    """Spell what tells the kinds in a column, one bit each."""
    return " + ".join(
        f"coalesce(max(typeof({column}) = '{kind}'), 0) * {1 << at}"
        for at, kind in enumerate(_KINDS)
    )


def _type_of(kinds: int, name: str, question: Question) -> DataType:
    pa = arrow()
    types = {
        0: pa.null(),
        _INTEGER: pa.int64(),
        _REAL: pa.float64(),
        _INTEGER | _REAL: pa.float64(),
        _TEXT: pa.string(),
        _BLOB: pa.binary(),
    }
    if kinds in types:
        return types[kinds]
    both = " and ".join(kind for at, kind in enumerate(_KINDS) if kinds >> at & 1)
    raise Invalid(
        f"{question.place}, column {name!r} holds {both} values: cast it to one kind, such as "
        f"CAST({quoted(name)} AS TEXT) AS {quoted(name)}"
    )


def _batches(cursor: sqlite3.Cursor, schema: Schema, question: Question) -> Generator[Batch]:
    pa = arrow()
    try:
        while rows := cursor.fetchmany(ROWS):
            columns = [
                pa.array(values, field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
    except pa.ArrowException as error:
        raise Invalid(f"{question.place}: {first_line(error)}; cast the column") from error


_CODES: dict[int, tuple[type[CairnError], str]] = {
    **dict.fromkeys(
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        (Unavailable, "a writer holds it; try again when it is done"),
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
        (Forbidden, "ask who owns the file"),
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL), (Unavailable, "look at the disk")
    ),
}
_WORDS: tuple[tuple[str, type[CairnError], str], ...] = (
    ("no such table", NotFound, "look for the table's name"),
    ("readonly", Refused, "ask with SELECT"),
    ("UTF-8", Invalid, "encodings are mixed: select CAST(column AS BLOB), or mend the rows"),
)


def _translated(error: sqlite3.Error, question: Question) -> CairnError:
    """Say what SQLite's error means for whoever asked."""
    text = first_line(error)
    by_words = next(((kind, fix) for word, kind, fix in _WORDS if word in text), None)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what extends it
    kind, fix = by_words or _CODES.get(code, (Invalid, "look at the query and the file"))
    return kind(f"{question.place}: {text}; {fix}")
