"""ONNX models, walked as protocol buffers: they hold data, and may point to other files.

Only what matters here is read: wherever a tensor may stand in `onnx.proto`, and where one with
external data says that it lies.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from cairn.core.errors import Corrupt
from cairn.flavors.verdict import Verdict, safe, unsafe

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT = 10
_REQUIRED = {1, 7, 8}  # version of the format, graph, imported operator sets

_MESSAGES: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse",
        23: "sparse",
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
"""Fields that lead to a tensor, by message; `entry` is a key and a value of external data."""


def looks_like_onnx(content: bytes) -> bool:
    """Tell whether the bytes are one protocol buffer with the fields of a model."""
    if content[:1] != b"\x08":
        return False
    try:
        fields = {number for number, _ in fields_of(content)}
    except Corrupt:
        return False
    return fields >= _REQUIRED


def judge_onnx(content: bytes) -> Verdict:
    """Judge a model: safe if every tensor's data lies in it or beside it."""
    try:
        outside = sorted({place for place in _places(content) if not _is_beside(place)})
    except Corrupt as error:
        return unsafe("onnx", str(error))
    if outside:
        return unsafe("onnx", f"it reads its numbers from {', '.join(outside)}")
    return safe("onnx")


def fields_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the fields of one message: number, and content where it has a length."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, place = _varint(content, place)
            yield number, b""
        elif kind == _BYTES:
            size, place = _varint(content, place)
            yield number, _slice(content, place, size)
            place += size
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
            _slice(content, place, size)
            yield number, b""
            place += size
        else:
            raise Corrupt(f"a field has the unknown wire type {kind}")


def _places(content: bytes) -> Iterator[str]:
    """Find every place outside the file where a tensor says that its numbers are."""
    waiting = [("model", content)]
    while waiting:
        message, inside = waiting.pop()
        if message == "entry":
            entry = dict(fields_of(inside))
            if entry.get(1) == b"location":
                yield entry.get(2, b"").decode("utf-8", "backslashreplace")
            continue
        following = _MESSAGES[message]
        waiting += [(following[n], part) for n, part in fields_of(inside) if n in following]


def _is_beside(place: str) -> bool:
    """Tell whether a path stays in the folder of the model."""
    path = PurePosixPath(place)
    relative = place != "" and not path.is_absolute() and ".." not in path.parts
    return relative and "\\" not in place and ":" not in place


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(content[place : place + _MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004 (the bit that says: more follows)
            return value, place + count + 1
    raise Corrupt("a number of the protocol buffer does not end")


def _slice(content: bytes, place: int, size: int) -> bytes:
    if place + size > len(content):
        raise Corrupt("a field of the protocol buffer ends after the file")
    return content[place : place + size]
