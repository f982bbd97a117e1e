"""Thrift's compact protocol, as far as Parquet uses it: structures to dictionaries by field.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from typing import Any, Final

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, part

MAX_DEPTH = 20
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = (
    1,
    2,
    3,
    7,
    8,
    9,
    10,
    11,
    12,
)
_INTEGERS: Final = (4, 5, 6)
_LONG_LIST = 15


class Reader:
    """Where a reading stands."""

    def __init__(self, content: Content, place: int, end: int) -> None:
        self.content = content
        self.place = place
        self.end = end

    def structure(self, depth: int = 0) -> dict[int, Any]:
        """Read a structure: its values by the numbers of their fields."""
        found: dict[int, Any] = {}
        field = 0
        while head := self.byte():
            field = field + (head >> 4) if head >> 4 else self.integer()
            kind = head & 0x0F
            if field in found:
                raise Corrupt(f"a structure has field {field} twice")
            found[field] = (
                kind == _TRUE if kind in (_TRUE, _FALSE) else self.value(kind, depth)
            )
        return found

    def value(self, kind: int, depth: int) -> Any:
        """Read one value."""
        if depth > MAX_DEPTH:
            raise Corrupt(f"it is nested more than {MAX_DEPTH} deep")
        if kind in _INTEGERS:
            return self.integer()
        if kind == _BINARY:
            return self.take(self.unsigned())
        if kind == _STRUCT:
            return self.structure(depth + 1)
        if kind in (_LIST, _SET):
            return self.list(depth + 1)
        if kind in (_BYTE, _TRUE, _FALSE):
            return self.byte()
        if kind == _DOUBLE:
            return self.take(8)
        raise Corrupt(f"a value has the unknown type {kind}")

    def list(self, depth: int) -> list[Any]:
        """Read a list."""
        head = self.byte()
        count = self.unsigned() if head >> 4 == _LONG_LIST else head >> 4
        if count > self.end - self.place:
            raise Corrupt("a list has more items than there are bytes")
        return [self.value(head & 0x0F, depth) for _ in range(count)]

    def integer(self) -> int:
        """Read a number that may be negative."""
        value = self.unsigned()
        return (value >> 1) ^ -(value & 1)

    def unsigned(self) -> int:
        """Read a number in groups of seven bits."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 (the bit that says: more follows)
                return value
        raise Corrupt("a number does not end")

    def byte(self) -> int:
        """Read one byte."""
        if self.place >= self.end:
            raise Corrupt("it ends in the middle of a structure")
        self.place += 1
        return self.content[self.place - 1]

    def take(self, count: int) -> bytes:
        """Read some bytes."""
        if count > self.end - self.place:
            raise Corrupt("a value ends after its structure")
        self.place += count
        return part(self.content, self.place - count, count)
