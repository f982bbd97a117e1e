"""Queries to PostgreSQL: one read-only REPEATABLE READ transaction, rows by COPY, streamed.

Values leave the server as text and become Arrow here, a block of rows at a time. Instants are
asked for in UTC and texts are sorted by code point, so that neither the session's settings nor
the database's locale are part of the data.
"""

import io
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from cairn.core.errors import Invalid
from cairn.data.databases.ordered import check_columns
from cairn.data.databases.postgresql_errors import translated
from cairn.data.databases.postgresql_types import Column, arrow_column, described
from cairn.data.databases.question import Question, bound, quoted, wrapped
from cairn.data.databases.result import Result
from cairn.data.tables.arrow import Batch, arrow
from cairn.data.tables.plain import check_names

BLOCK_BYTES = 4 << 20
PATIENCE_SECONDS = 10
_SESSION = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; "
    "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; "
    "SET LOCAL client_encoding = 'UTF8'"
)
_VALUE = re.compile(r"In CSV column #(\d+): .*?'(.*?)'(?: is not a valid|$)", re.DOTALL)


@contextmanager
def ask(question: Question) -> Generator[Result]:
    """Ask a PostgreSQL server; a password comes from the URI, PGPASSWORD or ~/.pgpass."""
    import psycopg

    try:
        with psycopg.connect(_with_patience(question.target)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            result = _result(connection, question)
            with closing(result.batches):  # ends the COPY, also half way
                yield result
            connection.rollback()
    except psycopg.Error as error:
        raise translated(error, question) from error


def _with_patience(target: str) -> str:
    """Wait for a server for some seconds, unless the URI says otherwise."""
    if "connect_timeout=" in target:
        return target
    return f"{target}{'&' if '?' in target else '?'}connect_timeout={PATIENCE_SECONDS}"


def _result(connection: Any, question: Question) -> Result:
    query = _with_values(connection, question)
    connection.execute(_SESSION)
    # Also locks the tables: nobody changes their columns before the transaction ends.
    # Prepared, it can be one statement only, whatever stands in the query.
    head = connection.execute(f"{wrapped(query)} LIMIT 0", prepare=True).description
    check_names((column.name for column in head), question.place)
    check_columns(question.order, (column.name for column in head))
    columns = described(connection, head, query, question)
    by_name = {column.name: column.ordering for column in columns}
    order = ", ".join(by_name[name] for name in question.order or by_name)
    select = ", ".join(column.selected for column in columns)
    outer = f"{wrapped(query, select)} ORDER BY {order}"
    moment, version = connection.execute(
        "SELECT pg_current_snapshot()::text, current_setting('server_version')"
    ).fetchone()
    pa = arrow()
    schema = pa.schema([pa.field(column.name, column.kind) for column in columns])
    batches = _batches(connection, outer, columns, question)
    return Result(
        schema, batches, "repeatable read", f"PostgreSQL {version}, snapshot {moment}"
    )


def _with_values(connection: Any, question: Question) -> str:
    """Write parameters into the query as literals: COPY takes no others."""
    from psycopg import sql

    literals = {
        name: sql.Literal(value).as_string(connection)
        for name, value in question.parameters.items()
    }
    text = bound(question, mark="\0{}\0")
    return re.sub("\0(\\w+)\0", lambda found: literals[found[1]], text)


def _batches(
    connection: Any, outer: str, columns: list[Column], question: Question
) -> Generator[Batch]:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({outer}) TO STDOUT (FORMAT csv)") as rows,
    ):
        for block in _blocks(rows):
            yield _batch(block, columns, question)


def _blocks(rows: Iterable[Any]) -> Iterator[bytes]:
    """Gather rows, which come one by one, into blocks that are worth parsing."""
    block = bytearray()
    for row in rows:
        block += row
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _batch(block: bytes, columns: list[Column], question: Question) -> Batch:
    pa, csv = arrow(), arrow("csv")
    names = [str(at) for at in range(len(columns))]
    try:
        table = csv.read_csv(
            io.BytesIO(block),
            read_options=csv.ReadOptions(column_names=names, block_size=len(block) + 1),
            parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types={
                    name: column.read_as for name, column in zip(names, columns, strict=True)
                },
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowException as error:
        raise Invalid(_unreadable(str(error), columns, question)) from error
    arrays = [
        arrow_column(column, table.column(at).combine_chunks(), question)
        for at, column in enumerate(columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def _unreadable(text: str, columns: list[Column], question: Question) -> str:
    """Name the column and the value that Arrow has no place for: infinity, year 20000."""
    found = _VALUE.search(text)
    if found is None:
        return f"{question.place}: {text.splitlines()[0]}"
    column = columns[int(found[1])]
    return (
        f"{question.place}, column {column.name!r} holds {found[2]!r}, which {column.kind} "
        f"has no place for: make it NULL, or write {quoted(column.name)}::text"
    )
