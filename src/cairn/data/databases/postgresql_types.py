"""PostgreSQL's types as Arrow's: which there are, how they are asked for and read."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from cairn.core.errors import Invalid
from cairn.data.databases.json_text import respell
from cairn.data.databases.question import ROWS, Question, quoted, wrapped
from cairn.data.tables.arrow import Array, DataType, arrow

WIDEST = 38
_TEXTS = ("text", "varchar", "bpchar", "name", "char", "uuid", "citext")
_UNSORTED = ("json", "jsonb")
_OF_TYPES = """
WITH RECURSIVE base(oid, was) AS (
  SELECT oid, oid FROM pg_catalog.pg_type WHERE oid = ANY(%(oids)s)
  UNION ALL
  SELECT typbasetype, was FROM pg_catalog.pg_type t JOIN base USING (oid) WHERE t.typtype = 'd'
)
SELECT was, typname, typtype, typelem, typcategory
  FROM base JOIN pg_catalog.pg_type t USING (oid)
 WHERE t.typtype <> 'd'
"""


class Column(NamedTuple):
    """A column of a result: its Arrow type, how it is asked for, and how its text is read.

    `ordering` is what sorts by it, and `spelled` tells which texts want more than Arrow's own
    reading: `json`, `hex`, `list`.
    """

    name: str
    kind: DataType
    selected: str
    ordering: str
    read_as: DataType
    spelled: str = ""


class _Base(NamedTuple):
    name: str
    is_enum: bool
    element: int


def described(
    connection: Any, head: Sequence[Any], query: str, question: Question
) -> list[Column]:
    """Say how each column of a result is read; raises `Invalid` for a type that cannot be."""
    bases = _bases(connection, {column.type_code for column in head})
    elements = _bases(connection, {base.element for base in bases.values() if base.element})
    scales = _scales(connection, head, bases, query)
    return [
        _column(column, bases, elements, scales.get(column.name), question) for column in head
    ]


def arrow_column(column: Column, array: Array, question: Question) -> Array:
    """Finish what Arrow has read: hexadecimal digits, JSON and lists."""
    pa = arrow()
    if not column.spelled:
        return array
    texts = array.to_pylist()
    if column.spelled == "hex":
        values = [None if text is None else bytes.fromhex(text[2:]) for text in texts]
        return pa.array(values, column.kind)
    if column.spelled == "json":
        return pa.array(
            [None if text is None else respell(text) for text in texts], column.kind
        )
    lists = [None if text is None else json.loads(text, parse_float=Decimal) for text in texts]
    try:
        return pa.array(_fitting(lists, column.kind.value_type), column.kind)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise Invalid(
            f"{question.place}, column {column.name!r}: its arrays cannot be stored as "
            f"{column.kind}: {error}; write to_json({quoted(column.name)})"
        ) from error


def _bases(connection: Any, oids: set[int]) -> dict[int, _Base]:
    """Find what domains stand for, and the elements of arrays."""
    rows = connection.execute(_OF_TYPES, {"oids": sorted(oids)}).fetchall()
    return {
        was: _Base(name, kind == "e", element if category == "A" else 0)
        for was, name, kind, element, category in rows
    }


def _scales(
    connection: Any, head: Sequence[Any], bases: dict[int, _Base], query: str
) -> dict[str, int]:
    """Look how many decimals a `numeric` without limits has: sums and quotients have none."""
    free = [
        column.name
        for column in head
        if bases[column.type_code].name == "numeric" and column.precision is None
    ]
    if not free:
        return {}
    select = ", ".join(f"max(scale({quoted(name)}))" for name in free)
    found = connection.execute(wrapped(query, select)).fetchone()
    return {name: scale or 0 for name, scale in zip(free, found, strict=True)}


def _column(
    column: Any,
    bases: dict[int, _Base],
    elements: dict[int, _Base],
    scale: int | None,
    question: Question,
) -> Column:
    pa = arrow()
    base, name = bases[column.type_code], quoted(column.name)
    plain = f"{ROWS}.{name} ASC NULLS FIRST"
    if base.element:
        kind = _flat(elements[base.element], None)
        if kind is None or pa.types.is_temporal(kind) or pa.types.is_binary(kind):
            raise _unknown(column, f"array of {elements[base.element].name}", question)
        asked = f"array_to_json({name}) AS {name}"
        return Column(column.name, pa.list_(kind), asked, plain, pa.string(), "list")
    if base.name in _UNSORTED:
        return Column(column.name, pa.string(), name, _by_text(name), pa.string(), "json")
    if base.name == "bytea":
        return Column(column.name, pa.binary(), name, plain, pa.string(), "hex")
    kind = _flat(base, _decimal(column, scale, question) if base.name == "numeric" else None)
    if kind is None:
        raise _unknown(column, base.name, question)
    if kind == pa.string():
        return Column(column.name, kind, f"{name}::text AS {name}", _by_text(name), kind)
    return Column(column.name, kind, name, plain, kind)


def _by_text(name: str) -> str:
    """Sort by the text of a column, code point by code point as every engine does."""
    return f'{ROWS}.{name}::text COLLATE "C" ASC NULLS FIRST'


def _flat(base: _Base, decimal: DataType | None) -> DataType | None:
    pa = arrow()
    if base.is_enum or base.name in _TEXTS:
        return pa.string()
    return {
        "bool": pa.bool_(),
        **dict.fromkeys(("int2", "int4", "int8", "oid"), pa.int64()),
        "float4": pa.float32(),
        "float8": pa.float64(),
        "numeric": decimal,
        "date": pa.date32(),
        "time": pa.time64("us"),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", "UTC"),
    }.get(base.name)


def _decimal(column: Any, scale: int | None, question: Question) -> DataType:
    precision = column.precision if scale is None else WIDEST
    after_point = column.scale if scale is None else scale
    if precision > WIDEST or not 0 <= after_point <= precision:
        raise Invalid(
            f"{question.place}, column {column.name!r}: a numeric({precision}, {after_point}) "
            f"has more than {WIDEST} digits: write {quoted(column.name)}::numeric(38, 10)"
        )
    return arrow().decimal128(precision, after_point)


def _fitting(lists: list[Any], kind: DataType) -> list[Any]:
    """Make elements what their type takes; JSON has numbers of one kind, and no NaN."""
    pa = arrow()
    if not pa.types.is_floating(kind):
        return lists
    return [
        None if each is None else [None if value is None else float(value) for value in each]
        for each in lists
    ]


def _unknown(column: Any, kind: str, question: Question) -> Invalid:
    return Invalid(
        f"{question.place}, column {column.name!r}: values of type {kind} cannot be stored; "
        f"write {quoted(column.name)}::text, or to_json({quoted(column.name)})"
    )
