"""Where the tensors of a GGUF file begin, versions 2 and 3, as llama.cpp writes them.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Callable

from cairn.core.errors import Invalid

_VERSIONS = (2, 3)
_LONGEST_HEADER = 16 << 20
_MOST_DIMENSIONS = 4
_BUFFER = 1 << 20
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_UINT32, _STRING, _ARRAY = 4, 8, 9


def gguf_tensors(read: Callable[[int, int], bytes]) -> list[int]:
    """Return where the tensors begin, and the data; raises `Invalid` or `struct.error`."""
    header = _Header(read)
    _, version, tensors, pairs = header.numbers("<4sIQQ")
    if version not in _VERSIONS:
        raise Invalid("another version")
    alignment = 32
    for _ in range(pairs):
        key, kind = header.text(), header.number("<I")
        if key == b"general.alignment" and kind == _UINT32:
            alignment = header.number("<I")
        else:
            header.skip_value(kind)
    places = [header.tensor() for _ in range(tensors)]
    if alignment == 0:
        raise Invalid("no alignment")
    data = -(-header.place // alignment) * alignment
    return [data, *(data + place for place in places)]


class _Header:
    """Reads values one after the other, through a buffer."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self._read = read
        self._start = 0
        self._buffer = b""
        self.place = 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._bytes(struct.calcsize(layout)))

    def number(self, layout: str) -> int:
        return self.numbers(layout)[0]

    def text(self) -> bytes:
        return self._bytes(self.number("<Q"))

    def tensor(self) -> int:
        """Return the offset of a tensor in the data."""
        self.text()
        dimensions = self.number("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise Invalid("too many dimensions")
        self._bytes(8 * dimensions)
        return self.numbers("<IQ")[1]

    def skip_value(self, kind: int, depth: int = 0) -> None:
        if kind == _STRING:
            self._skip(self.number("<Q"))
        elif kind == _ARRAY and depth < _MOST_DIMENSIONS:
            self._skip_array(depth + 1)
        elif kind in _SIZES:
            self._skip(_SIZES[kind])
        else:
            raise Invalid("no such type")

    def _skip_array(self, depth: int) -> None:
        kind, count = self.numbers("<IQ")
        if kind in _SIZES:
            self._skip(_SIZES[kind] * count)
            return
        for _ in range(count):
            self.skip_value(kind, depth)

    def _skip(self, size: int) -> None:
        self.place += size
        if self.place > _LONGEST_HEADER:
            raise Invalid("too long")

    def _bytes(self, size: int) -> bytes:
        start = self.place
        self._skip(size)
        at = start - self._start
        if at < 0 or at + size > len(self._buffer):
            self._start, at = start, 0
            self._buffer = self._read(start, max(size, _BUFFER))
        return self._buffer[at : at + size]
