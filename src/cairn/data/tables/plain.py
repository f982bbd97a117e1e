"""Arrow data made plain: one type for one kind of value, whatever library it comes from.

1. Dictionaries, run lengths, views and extension types become the values that they stand for.
2. What Parquet cannot tell apart is one type: seconds are counted as milliseconds, `date64` is
   a date, the narrow decimals are `decimal128`.
3. UTC has one name. Any other time zone keeps its own: the same instant elsewhere is another
   local time, and features are made of local times.
4. A type without a value of its own in Parquet is refused by name: intervals, unions, structs
   without fields.
"""

from collections.abc import Iterable, Iterator
from typing import NoReturn

from cairn.core.errors import Invalid, Unavailable, first_line
from cairn.data.tables.arrow import Array, Batch, DataType, Field, Schema, arrow

UTC = frozenset({"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "+00:00", "Z"})
WIDEST_DECIMAL128 = 38
BATCH_ROWS = 65_536
_MINIMUM_ROWS = 64
_CELLS = 4_194_304
_PIECE_BYTES = 8 * 2**20


def plain_schema(schema: Schema, what: str) -> Schema:
    """Return the plain schema of a table; raises `Invalid` for a column that has none.

    `what` names the table in messages. Metadata and nullability of the fields are dropped.
    """
    pa = arrow()
    if not schema.names:
        raise Invalid(f"{what} has no columns: name a table that has some")
    check_names(schema.names, what)
    fields = list(schema)
    known = {kind: plain_type(kind) for kind in {field.type for field in fields}}
    return pa.schema([(each.name, known[each.type] or _refuse(each, what)) for each in fields])


def check_names(names: Iterable[str], what: str) -> None:
    """Raise `Invalid` if two columns of a table have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Invalid(f"{what} has two columns {name!r}: rename one")
        seen.add(name)


def plain_batches(batches: Iterable[Batch], schema: Schema, what: str) -> Iterator[Batch]:
    """Cast batches to a plain schema and cut them to a size that fits in memory easily.

    Raises `Invalid` for a value that its plain type cannot hold.
    """
    most = max(_MINIMUM_ROWS, min(BATCH_ROWS, _CELLS // len(schema)))
    for batch in batches:
        for start in range(0, batch.num_rows, most):
            for piece in _cut(batch.slice(start, most)):
                yield _plain_batch(piece, schema, what)


def _cut(batch: Batch) -> Iterator[Batch]:
    """Halve a batch until what its values take is little; a single row is never cut."""
    rows = batch.num_rows
    if rows <= 1 or sum(map(_unpacked_bytes, batch.columns)) <= _PIECE_BYTES:
        yield batch
        return
    yield from _cut(batch.slice(0, rows // 2))
    yield from _cut(batch.slice(rows // 2))


def _unpacked_bytes(column: Array) -> int:
    """Return how many bytes the values of a column take when each is spelled out."""
    pa = arrow()
    if not isinstance(column, pa.DictionaryArray):
        return column.nbytes
    values = column.dictionary
    if not (pa.types.is_binary(values.type) or pa.types.is_string(values.type)):
        return len(column) * (values.nbytes // max(1, len(values)) + 1)
    lengths = arrow("compute").binary_length(values).take(column.indices)
    return arrow("compute").sum(lengths).as_py() or 0


def plain_type(kind: DataType) -> DataType | None:
    """Return the type that values of `kind` are kept as; None if there is none."""
    pa = arrow()
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if isinstance(kind, pa.DictionaryType | pa.RunEndEncodedType):
        return plain_type(kind.value_type)
    if isinstance(kind, pa.StructType):
        return _plain_struct(kind)
    if isinstance(kind, pa.MapType):
        key, item = plain_type(kind.key_type), plain_type(kind.item_type)
        return None if key is None or item is None else pa.map_(key, item)
    if is_list(kind):
        value = plain_type(kind.value_type)
        return (
            None if value is None else (pa.large_list if is_large(kind) else pa.list_)(value)
        )
    return _plain_flat(kind)


def is_list(kind: DataType) -> bool:
    """Tell whether values of a type are lists, of whichever layout."""
    types = arrow().types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def is_large(kind: DataType) -> bool:
    """Tell whether offsets of a type have 64 bits."""
    return str(kind).startswith("large_")


def _plain_struct(kind: DataType) -> DataType | None:
    pa = arrow()
    inner = [pa.field(each.name, plain_type(each.type) or pa.null()) for each in kind]
    known = all(plain_type(each.type) is not None for each in kind)
    return pa.struct(inner) if inner and known else None


def _plain_flat(kind: DataType) -> DataType | None:
    pa = arrow()
    types = pa.types
    if types.is_interval(kind) or types.is_union(kind):
        return None
    if isinstance(kind, pa.TimestampType):
        zone = "UTC" if kind.tz in UTC else kind.tz
        return pa.timestamp("ms" if kind.unit == "s" else kind.unit, zone)
    if types.is_decimal(kind):
        narrow = kind.precision <= WIDEST_DECIMAL128
        return (pa.decimal128 if narrow else pa.decimal256)(kind.precision, kind.scale)
    if types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return pa.large_binary()
    respelled = {
        pa.string_view(): pa.large_string(),
        pa.date64(): pa.date32(),
        pa.time32("s"): pa.time32("ms"),
    }
    return respelled.get(kind, kind)


def _refuse(field: Field, what: str) -> NoReturn:
    raise Invalid(
        f"{what}, column {field.name!r}: values of type {field.type} cannot be stored; "
        "cast them to text or to numbers"
    )


def _plain_batch(batch: Batch, schema: Schema, what: str) -> Batch:
    columns = [
        _plain_array(column, field, what)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return arrow().RecordBatch.from_arrays(columns, schema=schema)


def _plain_array(column: Array, field: Field, what: str) -> Array:
    pa = arrow()
    try:
        if isinstance(column.type, pa.RunEndEncodedType):
            column = arrow("compute").run_end_decode(column)
        plain = column if column.type == field.type else column.cast(field.type)
        plain.validate(full=True)
    except MemoryError as error:
        raise Unavailable(
            f"{what}, column {field.name!r}: its values do not fit in memory"
        ) from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        if "UTF8" in str(error):
            raise Invalid(
                f"{what}, column {field.name!r}: {first_line(error)}; it is text in another "
                "encoding: write it again in UTF-8, or as bytes"
            ) from error
        raise Invalid(
            f"{what}, column {field.name!r}: {first_line(error)}; cast it before it is stored"
        ) from error
    return plain
