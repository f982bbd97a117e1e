"""What a lake's table says of its rows: its columns, and which files have them, in order.

1. Rows come in the order in which their files were added to the table, so that a table which
   was appended to begins as it was.
2. A file's columns are found by name (Delta) or by field id (Iceberg). A column that is
   younger than a file is missing in its rows; a type that was widened since is cast.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cairn.core.errors import Invalid, first_line
from cairn.core.tree import escape
from cairn.data.tables.arrow import Array, Batch, DataType, Field, Schema, arrow
from cairn.data.tables.logical import logical_type
from cairn.data.tables.plain import plain_type

FIELD_ID = b"PARQUET:field_id"
Given = Callable[[DataType], Any]
"""Gives a value that a whole file has in a column, as a scalar of the column's type."""


class Part(NamedTuple):
    """A data file: its path in the tree, and values that all of its rows have in a column."""

    path: bytes
    given: Mapping[str, Given] = {}


class Layout(NamedTuple):
    """Columns and files of a table; `ids` are field ids, where columns are told by them.

    `named` are ids by name, for files that were written without ids.
    """

    schema: Schema
    parts: tuple[Part, ...]
    ids: tuple[int, ...] = ()
    named: Mapping[str, int] = {}


def aligned(layout: Layout, part: Part, fields: Sequence[Field], batch: Batch) -> Batch:
    """Give rows of a file, whose columns are `fields`, the columns of the table.

    Raises `Invalid` for a column that is not what the table says.
    """
    places = _places(layout, fields)
    columns: list[Array] = []
    for at, field in enumerate(layout.schema):
        key = layout.ids[at] if layout.ids else field.name
        place = places.get(key)
        if field.name in part.given and (place is None or not layout.ids):
            columns.append(arrow().repeat(_given(part, field), batch.num_rows))
        elif place is None:
            columns.append(arrow().nulls(batch.num_rows, field.type))
        else:
            inner = bool(layout.ids)
            columns.append(_as(batch.column(place), fields[place], field, by_id=inner))
    return arrow().RecordBatch.from_arrays(columns, names=layout.schema.names)


def _given(part: Part, field: Field) -> Any:
    try:
        return part.given[field.name](field.type)
    except (arrow().ArrowException, ValueError, TypeError) as error:
        raise Invalid(
            f"the value that {escape(part.path)} has in column {field.name!r} is not what the "
            f"table says: {first_line(error)}"
        ) from error


def field_id(field: Field) -> int | None:
    """Return the id that a column keeps when it is renamed, if there is one."""
    about: dict[bytes, bytes] = field.metadata or {}
    number = about.get(FIELD_ID, b"")
    return int(number) if number.isdigit() else None


def _places(layout: Layout, fields: Sequence[Field]) -> dict[int | str, int]:
    """Say where the columns of a file are, by what the table calls them."""
    if not layout.ids:
        return {field.name: at for at, field in enumerate(fields)}
    ids = [field_id(field) for field in fields]
    if not any(id_ is not None for id_ in ids):
        if not layout.named:
            raise Invalid(
                "a data file has no field ids, and the table has no mapping of names"
            )
        ids = [layout.named.get(field.name) for field in fields]
    return {id_: at for at, id_ in enumerate(ids) if id_ is not None}


def _as(column: Array, own: Field, wanted: Field, *, by_id: bool) -> Array:
    """Return a column as the type that the table has by now."""
    types = arrow().types
    own_type, wanted_type = plain_type(own.type), plain_type(wanted.type)
    if own_type is None or wanted_type is None:
        raise Invalid(f"column {wanted.name!r} has values of type {own.type}")
    is_same = logical_type(own_type) == logical_type(wanted_type)
    if types.is_nested(wanted_type):
        if not is_same or (by_id and _inner_ids(own) != _inner_ids(wanted)):
            raise Invalid(
                f"column {wanted.name!r} was {own.type} when a file was written, and is "
                f"{wanted.type}"
            )
        return column
    if is_same:
        return column
    if isinstance(column, arrow().DictionaryArray):
        column = column.dictionary_decode()
    return cast(column, wanted.type, wanted.name)


def cast(values: Any, kind: DataType, name: str) -> Any:
    """Cast values of a column; raises `Invalid` for one that its type cannot hold."""
    try:
        return values.cast(kind)
    except arrow().ArrowException as error:
        raise Invalid(
            f"column {name!r} is not what the table says: {first_line(error)}"
        ) from error


def _inner_ids(field: Field) -> list[Any]:
    """List the ids of the parts of a nested column, in order."""
    kind = field.type
    inner = [kind.field(at) for at in range(kind.num_fields)]
    return [(field_id(each), _inner_ids(each)) for each in inner]
