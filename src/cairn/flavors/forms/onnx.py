"""ONNX models, walked as protocol buffers: they hold data, and may point to other files.

Each message has only the fields that `onnx.proto` knows. What is looked at: where a tensor
with external data says that it lies, and which operators a node asks for; those outside of the
standard come from libraries that somebody has to load.
"""

from collections.abc import Iterator, Mapping

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, starts
from cairn.flavors.forms.protobuf import Field, fields_of
from cairn.flavors.verdict import Verdict, listed, safe, unknown, unsafe

_REQUIRED = {1, 7, 8}  # version of the format, graph, imported operator sets
_DOMAINS = frozenset(
    ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training")
)
_OP, _DOMAIN = 4, 7

_LEADS: Mapping[str, Mapping[int, str]] = {
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
    "entry": {},
}
"""Fields that lead to a tensor or a node; `entry` is a key and a value of external data."""

_KNOWN: Mapping[str, frozenset[int]] = {
    "model": frozenset((*range(1, 9), 14, 20, 25, 26)),
    "training": frozenset(range(1, 5)),
    "graph": frozenset((1, 2, 5, *range(10, 17))),
    "function": frozenset((1, *range(4, 15))),
    "node": frozenset(range(1, 11)),
    "attribute": frozenset((*range(1, 12), *range(13, 16), *range(20, 24))),
    "sparse": frozenset(range(1, 4)),
    "tensor": frozenset(range(1, 17)),
    "entry": frozenset(range(1, 3)),
}
"""Every field of each message."""


def looks_like_onnx(content: Content) -> bool:
    """Tell whether the bytes are one protocol buffer with the fields of a model."""
    if not starts(content, b"\x08"):
        return False
    try:
        found = {field.number for field in fields_of(content, 0, len(content))}
    except Corrupt:
        return False
    return _KNOWN["model"] >= found >= _REQUIRED


def judge_onnx(content: Content) -> Verdict:
    """Judge a model: safe if its data lies in it or beside it, and its operators are known."""
    outside: set[str] = set()
    foreign: set[str] = set()
    try:
        for message, begin, end in _messages(content):
            fields = list(fields_of(content, begin, end))
            if message == "entry":
                outside |= set(_places(content, fields))
            elif message == "node":
                domain = _text(content, fields, _DOMAIN)
                if domain not in _DOMAINS:
                    foreign.add(f"{domain}.{_text(content, fields, _OP)}")
    except Corrupt as error:
        return unsafe("onnx", str(error))
    if outside:
        return unsafe(
            "onnx", f"it reads its numbers from {', '.join(listed(sorted(outside)))}"
        )
    if foreign:
        names = ", ".join(listed(sorted(foreign)))
        return unknown("onnx", f"it asks for operators of other libraries: {names}")
    return safe("onnx")


def _messages(content: Content) -> Iterator[tuple[str, int, int]]:
    """Visit every message that may lead to a tensor or a node."""
    waiting = [("model", 0, len(content))]
    while waiting:
        message, begin, end = waiting.pop()
        yield message, begin, end
        leads, known = _LEADS[message], _KNOWN[message]
        for field in fields_of(content, begin, end):
            if field.number not in known:
                raise Corrupt(f"a {message} has the unknown field {field.number}")
            if field.number in leads:
                waiting.append((leads[field.number], field.begin, field.end))


def _places(content: Content, entry: list[Field]) -> Iterator[str]:
    """Say where external data lies, if this entry does, and not in the folder of the model."""
    key, place = (_text(content, entry, number) for number in (1, 2))
    if key == "location" and not _is_beside(place):
        yield place


def _text(content: Content, fields: list[Field], number: int) -> str:
    found = [content[field.begin : field.end] for field in fields if field.number == number]
    return found[-1].decode("utf-8", "backslashreplace") if found else ""


def _is_beside(place: str) -> bool:
    """Tell whether a path stays in the folder of the model."""
    parts = place.split("/")
    return bool(parts[0]) and ".." not in parts and "\\" not in place and ":" not in place
