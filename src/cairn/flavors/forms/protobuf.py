"""Protocol buffers without their schema: fields by number, and where their content lies.

https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from typing import NamedTuple

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MAX_VARINT = 10


class Field(NamedTuple):
    """One field; its content lies between two places, or is the number `value`."""

    number: int
    kind: int
    begin: int
    end: int
    value: int = 0


def fields_of(content: Content, begin: int, end: int) -> Iterator[Field]:
    """Read the fields of one message; raises `Corrupt` where there is none."""
    place = begin
    while place < end:
        key, place = _varint(content, place, end)
        number, kind = key >> 3, key & 7
        value = 0
        if number == 0:
            raise Corrupt("a field has no number")
        if kind == VARINT:
            value, place = _varint(content, place, end)
            size = 0
        elif kind == BYTES:
            size, place = _varint(content, place, end)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise Corrupt(f"a field has the unknown wire type {kind}")
        if size > end - place:
            raise Corrupt("a field of the protocol buffer ends after its message")
        yield Field(number, kind, place, place + size, value)
        place += size


def _varint(content: Content, place: int, end: int) -> tuple[int, int]:
    value = 0
    for count in range(min(_MAX_VARINT, end - place)):
        byte = content[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004 (the bit that says: more follows)
            return value, place + count + 1
    raise Corrupt("a number of the protocol buffer does not end")
