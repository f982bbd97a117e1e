"""Queries to DuckDB: its own snapshot isolation, its rows as Arrow, streamed."""

import re
from collections.abc import Generator
from contextlib import contextmanager
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
from cairn.data.databases.json_text import plain_json
from cairn.data.databases.ordered import check_columns
from cairn.data.databases.question import ROWS, Question, bound, file_of, quoted, wrapped
from cairn.data.databases.result import Result
from cairn.data.tables.arrow import Batch, arrow
from cairn.data.tables.plain import BATCH_ROWS, check_names

_NAMES = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b[A-Z][A-Z0-9_]*(?: WITH TIME ZONE)?"
)
_SAME = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "BIGINT"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER"), "BIGINT"),
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "TIMESTAMP"),
    **dict.fromkeys(("UUID", "JSON", "VARCHAR"), "VARCHAR"),
    "HUGEINT": "DECIMAL(38,0)",
}
_UNKNOWN = ("INTERVAL", "TIME WITH TIME ZONE", "UNION", "BIT", "BIGNUM", "UHUGEINT", "VARIANT")
_ENDLESS = {"timestamp": (2**63 - 1, 1 - 2**63), "date": (2**31 - 1, 1 - 2**31)}
_KINDS: tuple[tuple[str, type[CairnError], str], ...] = (
    ("Catalog", NotFound, "look for the table's name"),
    ("Permission", Forbidden, "ask who owns the file"),
    ("Binder", Invalid, "look at the query"),
    ("Parser", Invalid, "look at the query"),
)


@contextmanager
def ask(question: Question) -> Generator[Result]:
    """Ask a DuckDB file, read-only, in one transaction; `duckdb://` alone is not a file."""
    import duckdb

    path = file_of(question)
    if path and not Path(path).is_file():
        raise NotFound(f"{question.place}: there is no such file")
    try:
        with duckdb.connect(path or ":memory:", read_only=bool(path)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("BEGIN TRANSACTION")
            yield _result(connection, question)
    except duckdb.Error as error:
        raise _translated(error, question) from error


def _result(connection: Any, question: Question) -> Result:
    query, values = bound(question, mark="${}"), dict(question.parameters)
    if len(connection.extract_statements(wrapped(query))) != 1:
        raise Invalid(f"{question.place}: the query is more than one statement; ask one")
    described = connection.execute(f"DESCRIBE {wrapped(query)}", values).fetchall()
    columns = {str(name): str(kind) for name, kind, *_ in described}
    check_names((name for name, *_ in described), question.place)
    check_columns(question.order, columns)
    select = ", ".join(_cast(name, kind, question) for name, kind in columns.items())
    order = ", ".join(
        f"{ROWS}.{quoted(name)} ASC NULLS FIRST" for name in question.order or tuple(columns)
    )
    outer = f"{wrapped(query, select)} ORDER BY {order}"
    reader = connection.sql(outer, params=values).to_arrow_reader(BATCH_ROWS)
    texts = [name for name, kind in columns.items() if kind == "JSON"]
    batches = (_checked(plain_json(batch, texts), question) for batch in reader)
    return Result(reader.schema, batches, "snapshot", f"DuckDB {_version()}")


def _version() -> str:
    import duckdb

    return str(duckdb.__version__)


def _cast(name: str, kind: str, question: Question) -> str:
    """Select a column as the type that its values have in every engine."""
    plain = _NAMES.sub(lambda found: _SAME.get(found[0], found[0]), _without_enums(kind))
    unknown = next((each for each in _UNKNOWN if re.search(rf"\b{each}\b", plain)), None)
    if unknown is not None:
        raise Invalid(
            f"{question.place}, column {name!r}: values of type {unknown} cannot be stored; "
            f"write {quoted(name)}::VARCHAR"
        )
    return f"{quoted(name)}::{plain} AS {quoted(name)}" if plain != kind else quoted(name)


def _without_enums(kind: str) -> str:
    return re.sub(r"\bENUM\((?:'(?:[^']|'')*'(?:, )?)*\)", "VARCHAR", kind)


def _checked(batch: Batch, question: Question) -> Batch:
    """Refuse infinite dates: DuckDB hands them over as the largest integers."""
    pa = arrow()
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        ends = _ENDLESS.get("date" if pa.types.is_date(column.type) else "")
        if pa.types.is_timestamp(column.type):
            ends = _ENDLESS["timestamp"]
        if ends is None:
            continue
        width = pa.int32() if pa.types.is_date(column.type) else pa.int64()
        found = arrow("compute").is_in(column.view(width), value_set=pa.array(ends, width))
        if arrow("compute").any(found).as_py():
            raise Invalid(
                f"{question.place}, column {name!r} holds 'infinity', which no date is: make "
                f"it NULL, or write {quoted(name)}::VARCHAR"
            )
    return batch


def _translated(error: Exception, question: Question) -> CairnError:
    """Say what DuckDB's error means for whoever asked."""
    name, text = type(error).__name__, first_line(error)
    lowered = text.lower()
    if "read-only mode" in lowered or "read_only" in lowered:
        return Refused(
            f"{question.place}: the query would change the database: {text}",
            fix="ask with SELECT",
        )
    if "lock" in lowered or "different configuration" in lowered:
        return Unavailable(
            f"{question.place}: the file is open for writing elsewhere; close it there"
        )
    for kind, raised, fix in _KINDS:
        if name.startswith(kind):
            return raised(f"{question.place}: {text}; {fix}")
    if name.startswith("IO") and "not a valid duckdb" in lowered:
        return Invalid(f"{question.place}: {text}")
    kind = Unavailable if name.startswith(("IO", "Connection", "HTTP")) else Invalid
    return kind(f"{question.place}: {text}")
