"""FlatBuffers, as far as Arrow and CatBoost use them: tables, their fields found by offsets.

https://flatbuffers.dev/internals/
"""

from typing import Self

from cairn.core.errors import Corrupt
from cairn.flavors.content import number, part


class Table:
    """One table of a buffer; every offset is checked against the buffer's end."""

    def __init__(self, content: bytes, place: int) -> None:
        self.content = content
        self.place = place
        self.fields = place - number(content, place, 4, signed=True)
        self.size = number(content, self.fields, 2)

    @classmethod
    def root(cls, content: bytes) -> Self:
        """Open the table that a buffer begins with."""
        return cls(content, number(content, 0, 4))

    def where(self, field: int) -> int:
        """Find a field; 0 says that it is left out."""
        entry = 4 + 2 * field
        offset = number(self.content, self.fields + entry, 2) if entry < self.size else 0
        return self.place + offset if offset else 0

    def integer(self, field: int, size: int) -> int:
        """Read a number, 0 if it is left out."""
        place = self.where(field)
        return number(self.content, place, size, signed=True) if place else 0

    def table(self, field: int) -> Self:
        """Open a table that this one leads to."""
        place = self.where(field)
        if not place:
            raise Corrupt(f"a table lacks its field {field}")
        return type(self)(self.content, place + number(self.content, place, 4))

    def structures(self, field: int, size: int) -> list[bytes]:
        """Read a list of structures of one size."""
        place = self.where(field)
        if not place:
            return []
        place += number(self.content, place, 4)
        count = number(self.content, place, 4)
        if place + 4 + count * size > len(self.content):
            raise Corrupt("a list ends after its buffer")
        places = range(place + 4, place + 4 + count * size, size)
        return [self.content[begin : begin + size] for begin in places]

    def text(self, field: int) -> str:
        """Read a text; raises `UnicodeDecodeError` for what is not one."""
        place = self.where(field)
        return _text(self.content, place + number(self.content, place, 4)) if place else ""

    def texts(self, field: int) -> list[str]:
        """Read a list of texts."""
        return [_text(self.content, place) for place in self._led_to(field)]

    def tables(self, field: int) -> "list[Table]":
        """Open the tables of a list."""
        return [Table(self.content, place) for place in self._led_to(field)]

    def _led_to(self, field: int) -> list[int]:
        """Find what the entries of a list lead to."""
        entries = self.structures(field, 4)
        begin = self.where(field)
        begin += number(self.content, begin, 4) + 4 if begin else 0
        return [
            begin + 4 * number_of + int.from_bytes(entry, "little")
            for number_of, entry in enumerate(entries)
        ]


def _text(content: bytes, place: int) -> str:
    return part(content, place + 4, number(content, place, 4)).decode()
