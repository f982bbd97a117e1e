"""Universal Binary JSON, as XGBoost writes models: values that say their types and lengths.

https://ubjson.org, draft 12. Nothing in it runs; keys by which loaders of JSON build objects
make it `unknown`, as they do in JSON.
"""

from typing import Final

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, part
from cairn.flavors.limits import OverLimit
from cairn.flavors.verdict import Verdict, safe, unknown

MAGIC: Final = b"{L\0\0\0\0\0"
"""An object with a key whose length is a number of 64 bits: how XGBoost begins."""
MAX_DEPTH, MAX_VALUES = 100, 10_000_000
_SIZES: Final = {
    **dict.fromkeys(b"ZNTF", 0),
    **dict.fromkeys(b"iUC", 1),
    **dict.fromkeys(b"I", 2),
    **dict.fromkeys(b"ld", 4),
    **dict.fromkeys(b"LD", 8),
}
_LENGTHS: Final = frozenset(b"iUIlL")
_STRING, _HIGH, _ARRAY, _OBJECT = b"SH[{"
_TYPE, _COUNT, _END_ARRAY, _END_OBJECT = b"$#]}"
_BUILDING: Final = (
    *(b"py/", b"_target_", b"auto_map", b"class_path", b"class_name", b"loader_module"),
    *(b"__reduce__", b"__class__", b"__lambda__", b"$type", b"@class", b"{{", b"{%"),
)


class _Reader:
    """Where one reading stands."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.place = 0
        self.values = 0

    def value(self, kind: int, depth: int) -> None:
        """Go past one value of a type."""
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise OverLimit(f"it has more than {MAX_DEPTH} levels, or {MAX_VALUES} values")
        if kind in _SIZES:
            self.skip(_SIZES[kind])
        elif kind in (_STRING, _HIGH):
            self.skip(self.length())
        elif kind in (_ARRAY, _OBJECT):
            self.many(kind, depth + 1)
        else:
            raise Corrupt(f"a value has the unknown type {kind}")

    def many(self, kind: int, depth: int) -> None:
        """Go past the values of an array or an object."""
        of = self.byte() if self.took(_TYPE) else None
        if self.took(_COUNT):
            count = self.length()
            if of in _SIZES and kind == _ARRAY:
                self.skip(_SIZES[of] * count)
                return
            for _ in range(count):
                self.item(kind, of, depth)
            return
        if of is not None:
            raise Corrupt("values of one type have no number")
        while not self.took(_END_ARRAY if kind == _ARRAY else _END_OBJECT):
            self.item(kind, None, depth)

    def item(self, kind: int, of: int | None, depth: int) -> None:
        if kind == _OBJECT:
            self.skip(self.length())  # its key
        self.value(self.byte() if of is None else of, depth)

    def length(self) -> int:
        """Read a number of bytes or values."""
        kind = self.byte()
        if kind not in _LENGTHS:
            raise Corrupt(f"a length has the type {kind}")
        size = _SIZES[kind]
        self.skip(size)
        digits = part(self.content, self.place - size, size)
        found = int.from_bytes(digits, "big", signed=kind != ord("U"))
        if found < 0 or found > len(self.content):
            raise Corrupt(f"it says that {found} values follow")
        return found

    def took(self, byte: int) -> bool:
        """Go past a byte if it is this one."""
        if part(self.content, self.place, 1)[0] != byte:
            return False
        self.place += 1
        return True

    def byte(self) -> int:
        self.skip(1)
        return self.content[self.place - 1]

    def skip(self, count: int) -> None:
        if self.place + count > len(self.content):
            raise Corrupt("it ends in the middle of a value")
        self.place += count


def judge_ubjson(content: Content) -> Verdict:
    """Judge a file: safe if its values fill it, and none tells a loader what to build."""
    try:
        follow(content)
    except Corrupt as error:
        return unknown("ubjson", str(error))
    found = [word.decode() for word in _BUILDING if content.find(word) >= 0]
    if found:
        return unknown("ubjson", f"it may tell a loader what to build ({', '.join(found)})")
    return safe("ubjson")


def follow(content: Content) -> None:
    """Go past all values; raises `Corrupt` if they do not fill the file."""
    reader = _Reader(content)
    try:
        reader.value(reader.byte(), 0)
    except Corrupt as error:
        raise Corrupt(f"it cannot be followed to its end: {error}") from error
    if reader.place != len(content):
        raise Corrupt("it has bytes behind its end")
