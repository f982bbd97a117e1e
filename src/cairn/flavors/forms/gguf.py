"""GGUF: numbers of a language model after a table of what they are, and templates for chats.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Mapping
from math import prod

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, only_zeros, part, tiled
from cairn.flavors.forms.templates import judge_template
from cairn.flavors.verdict import Verdict, joined, safe, unknown

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_DIMENSIONS = 4
_STRING, _ARRAY = 8, 9
_MAX_NESTED = 3
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_ALIGNMENT = b"general.alignment"
_TEMPLATE = b"chat_template"

_K = 256
BLOCKS: Mapping[int, tuple[int, int]] = {
    0: (1, 4),
    1: (1, 2),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    30: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (_K, 84),
    11: (_K, 110),
    12: (_K, 144),
    13: (_K, 176),
    14: (_K, 210),
    16: (_K, 66),
    17: (_K, 74),
    18: (_K, 98),
    19: (_K, 50),
    20: (32, 18),
    21: (_K, 110),
    22: (_K, 82),
    23: (_K, 136),
    29: (_K, 56),
    34: (_K, 54),
    35: (_K, 66),
    39: (32, 17),
}
"""Numbers in a block and its bytes, by the type of a tensor."""


class _Reader:
    """Where one reading of the header stands."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.place = len(MAGIC)
        self.alignment = 32
        self.templates: list[tuple[str, Verdict]] = []

    def number(self, size: int) -> int:
        self.place += size
        return number(self.content, self.place - size, size)

    def text(self) -> bytes:
        size = self.number(8)
        self.place += size
        return part(self.content, self.place - size, size)

    def metadata(self) -> None:
        """Read one key and its value."""
        key, kind = self.text(), self.number(4)
        begin = self.place
        if kind == _STRING:
            value = self.text()
            if _TEMPLATE in key:
                named = key.decode(errors="replace")
                self.templates.append((named, judge_template(value.decode(errors="replace"))))
        else:
            self.skip(kind, nested=0)
        if key == _ALIGNMENT:
            self.alignment = number(self.content, begin, self.place - begin)

    def skip(self, kind: int, *, nested: int) -> None:
        """Go past a value."""
        if kind in _SIZES:
            self.number(_SIZES[kind])
        elif kind == _STRING:
            self.text()
        elif kind == _ARRAY and nested < _MAX_NESTED:
            inner, count = self.number(4), self.number(8)
            if inner in _SIZES:
                part(self.content, self.place, 0)
                self.place += _SIZES[inner] * count
            else:
                for _ in range(count):
                    self.skip(inner, nested=nested + 1)
        else:
            raise Corrupt(f"it has a value of the unknown type {kind}")

    def tensor(self) -> tuple[int, int]:
        """Read where a tensor begins and ends, from the first one on."""
        self.text()
        dimensions = self.number(4)
        if dimensions > MAX_DIMENSIONS:
            raise Corrupt(f"a tensor has {dimensions} dimensions")
        lengths = [self.number(8) for _ in range(dimensions)]
        kind, offset = self.number(4), self.number(8)
        if kind not in BLOCKS:
            raise Corrupt(f"a tensor has the type {kind}, which Cairn cannot measure")
        count, size = BLOCKS[kind]
        if (lengths[0] if lengths else 1) % count or offset % self.alignment:
            raise Corrupt("a tensor does not lie where its type has to")
        return offset, offset + prod(lengths) // count * size


def judge_gguf(content: Content) -> Verdict:
    """Judge a file: safe if its tensors fill it, and its templates only fill in."""
    try:
        templates = _read(content)
    except (Corrupt, struct.error) as error:
        return unknown("gguf", f"it cannot be followed to its end: {error}")
    return joined("gguf", templates) if templates else safe("gguf")


def _read(content: Content) -> list[tuple[str, Verdict]]:
    reader = _Reader(content)
    version = reader.number(4)
    if version not in VERSIONS:
        raise Corrupt(f"it has version {version}")
    tensors, keys = reader.number(8), reader.number(8)
    for _ in range(keys):
        reader.metadata()
    if not 0 < reader.alignment < len(content) + (1 << 16):
        raise Corrupt(f"its alignment is {reader.alignment}")
    spans = [reader.tensor() for _ in range(tensors)]
    start = min(-(-reader.place // reader.alignment) * reader.alignment, len(content))
    part(content, reader.place, 0)
    moved = [(start + begin, start + end) for begin, end in spans]
    for begin, end in [(reader.place, start), *tiled(moved, start, len(content))]:
        if end - begin >= reader.alignment:
            raise Corrupt(f"it has bytes that belong to nothing, from {begin} to {end}")
        only_zeros(content, begin, end)
    return reader.templates
