"""Logical digests: schema and values of a table under one name, whatever file they lie in.

Each column is a few streams of bytes (which rows are missing, lengths, values), hashed as the
rows pass by; `docs/reference/formats.md` specifies every byte. How rows are cut into batches
changes no stream, so no digest depends on it.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Invalid
from cairn.core.snapshot import ColumnFacts, TableFacts
from cairn.core.table import LogicalColumn, LogicalTable
from cairn.data.tables.arrow import Array, DataType, Schema, arrow
from cairn.data.tables.plain import is_large

LONGEST_VALUE = 2**32 - 1
_NARROW_BITS = 32


_SPELLED = {
    "large_string": "string",
    "large_binary": "binary",
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "date32[day]": "date",
}


def logical_type(kind: DataType) -> str:
    """Name a plain type as logical digests do: `int64`, `decimal(10, 2)`, `list<string>`."""
    pa = arrow()
    if isinstance(kind, pa.StructType):
        inner = ", ".join(f"{field.name}: {logical_type(field.type)}" for field in kind)
        return f"struct<{inner}>"
    if isinstance(kind, pa.MapType):
        return f"map<{logical_type(kind.key_type)}, {logical_type(kind.item_type)}>"
    if isinstance(kind, pa.ListType | pa.LargeListType):
        return f"list<{logical_type(kind.value_type)}>"
    return _flat_type(kind)


def _flat_type(kind: DataType) -> str:
    types = arrow().types
    if types.is_timestamp(kind):
        return f"timestamp[{kind.unit}, {kind.tz}]" if kind.tz else f"timestamp[{kind.unit}]"
    if types.is_time(kind):
        return f"time[{kind.unit}]"
    if types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    return _SPELLED.get(str(kind), str(kind))


def table_facts(
    schema: Schema, rows: int, *, nulls: Sequence[int], values: Sequence[Digest]
) -> TableFacts:
    """Put a table's facts together; `values` are the digests of its columns."""
    types = list(schema.types)
    spelled = {kind: logical_type(kind) for kind in set(types)}
    kinds = [spelled[kind] for kind in types]
    logical = LogicalTable(
        rows=rows,
        columns=tuple(
            LogicalColumn(name=name, type=kind, values=digest)
            for name, kind, digest in zip(schema.names, kinds, values, strict=True)
        ),
    )
    columns = tuple(
        ColumnFacts(name=name, type=kind, nulls=missing)
        for name, kind, missing in zip(schema.names, kinds, nulls, strict=True)
    )
    return TableFacts(logical=digest_of(logical), rows=rows, columns=columns)


class ColumnHash:
    """The streams of one column of a plain type, or of one part of a nested one."""

    def __init__(self, kind: DataType) -> None:
        pa = arrow()
        self._seen = 0
        self._missing = hashlib.sha256()
        self._lengths = hashlib.sha256()
        self._values = hashlib.sha256()
        self._inner: list[ColumnHash] = []
        self._add: Callable[[Any], None]
        if isinstance(kind, pa.StructType):
            self._inner = [ColumnHash(field.type) for field in kind]
            self._add = self._add_struct
        elif isinstance(kind, pa.MapType):
            self._inner = [ColumnHash(kind.key_type), ColumnHash(kind.item_type)]
            self._add = self._add_map
        elif isinstance(kind, pa.ListType | pa.LargeListType):
            self._inner = [ColumnHash(kind.value_type)]
            self._add = self._add_list
        else:
            self._add = _flat(self, kind)

    def update(self, array: Array) -> None:
        """Add an array's missing rows, then what is in the others."""
        if array.null_count:
            rows = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))
            self._missing.update((rows + self._seen).astype("<u8").data)
        self._seen += len(array)
        if array.null_count:
            array = array.drop_null()
        if len(array):
            self._add(array)

    def digest(self) -> bytes:
        """Return the digest over those of all streams, the ones of inner parts behind."""
        streams = [self._missing.digest(), self._lengths.digest(), self._values.digest()]
        streams += [inner.digest() for inner in self._inner]
        return hashlib.sha256(b"".join(streams)).digest()

    def add_values(self, values: NDArray[Any]) -> None:
        """Add numbers of a fixed width, in little endian."""
        little = values.dtype.newbyteorder("<")
        self._values.update(np.ascontiguousarray(values, dtype=little).data)

    def add_bytes(self, array: Array) -> None:
        """Add texts: their lengths in bytes, and the bytes."""
        offsets = _offsets(array)
        self._add_lengths(offsets)
        data = array.buffers()[2]
        if data is not None:
            self._values.update(memoryview(data)[int(offsets[0]) : int(offsets[-1])])

    def add_fixed(self, array: Array, width: int) -> None:
        """Add decimals, which lie in their buffer as they are hashed."""
        start = array.offset * width
        data = memoryview(array.buffers()[1])
        self._values.update(data[start : start + len(array) * width])

    def _add_list(self, array: Array) -> None:
        self._add_lengths(_offsets(array))
        self._inner[0].update(array.flatten())

    def _add_map(self, array: Array) -> None:
        offsets = _offsets(array)
        self._add_lengths(offsets)
        start, length = int(offsets[0]), int(offsets[-1] - offsets[0])
        self._inner[0].update(array.keys.slice(start, length))
        self._inner[1].update(array.items.slice(start, length))

    def _add_struct(self, array: Array) -> None:
        for inner, part in zip(self._inner, array.flatten(), strict=True):
            inner.update(part)

    def _add_lengths(self, offsets: NDArray[Any]) -> None:
        lengths = np.diff(offsets)
        if offsets.dtype.itemsize == np.int64().itemsize and lengths.max() > LONGEST_VALUE:
            raise Invalid("a value is longer than 4 GiB: keep it in a file of its own")
        self._lengths.update(lengths.astype("<u4").data)


def _flat(column: ColumnHash, kind: DataType) -> Callable[[Array], None]:
    """Choose how the values of a type without parts are added."""
    types = arrow().types
    if types.is_null(kind):
        return _nothing
    if str(kind).removeprefix("large_") in {"string", "binary"}:
        return column.add_bytes
    if types.is_decimal(kind):
        return lambda array: column.add_fixed(array, kind.byte_width)
    if types.is_boolean(kind):
        return lambda array: column.add_values(_truths(array))
    if types.is_floating(kind):
        return lambda array: column.add_values(_plain_floats(numbers(array)))
    return lambda array: column.add_values(numbers(array))


def numbers(array: Array) -> NDArray[Any]:
    """View an array without missing values as numbers: dates and times are integers."""
    pa = arrow()
    kind = array.type
    if pa.types.is_temporal(kind):
        array = array.view(pa.int32() if kind.bit_width == _NARROW_BITS else pa.int64())
    return array.to_numpy(zero_copy_only=True)


def _nothing(_array: Array) -> None:
    """Add the values of a type that has none."""


def _truths(array: Array) -> NDArray[Any]:
    return array.to_numpy(zero_copy_only=False).astype(np.uint8)


def _plain_floats(values: NDArray[Any]) -> NDArray[Any]:
    """Give zero one sign and NaN one spelling."""
    plain = values + values.dtype.type(0)  # -0.0 + 0.0 is 0.0
    nan = np.isnan(plain)
    if nan.any():
        plain[nan] = np.nan
    return plain


def _offsets(array: Array) -> NDArray[Any]:
    """Return where each value begins in the array's data, and where the last one ends."""
    kind = np.int64 if is_large(array.type) else np.int32
    offsets = np.frombuffer(array.buffers()[1], dtype=kind)
    return offsets[array.offset : array.offset + len(array) + 1]
