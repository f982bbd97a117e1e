"""Logical digests by the specification alone: plain values in, no Arrow, no code of Cairn."""

import hashlib
import json
import math
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTHS = {"int": "bhiq", "uint": "BHIQ"}


class Part(NamedTuple):
    """A column or a part of one: its type, and one value a row, None where it is missing."""

    type: str
    values: Sequence[Any]
    inner: tuple[str, ...] = ()


def logical_digest(columns: dict[str, Part]) -> str:
    """Name a table; `inner` of a part lists the types within it."""
    record = {
        "cairn": "logical/1",
        "columns": [
            {"name": name, "type": part.type, "values": f"sha256:{digest(part).hex()}"}
            for name, part in columns.items()
        ],
        "rows": len(next(iter(columns.values())).values),
    }
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def digest(part: Part) -> bytes:
    """Hash the streams of a part, and those of its inner parts."""
    missing = [row for row, value in enumerate(part.values) if value is None]
    there = [value for value in part.values if value is not None]
    streams = [b"".join(struct.pack("<Q", row) for row in missing), b"", b""]
    inner: list[Part] = []
    if part.type in ("string", "binary"):
        texts = [each.encode() if isinstance(each, str) else each for each in there]
        streams[1] = b"".join(struct.pack("<I", len(each)) for each in texts)
        streams[2] = b"".join(texts)
    elif part.type.startswith("list"):
        streams[1] = b"".join(struct.pack("<I", len(each)) for each in there)
        inner = [Part(part.inner[0], [each for value in there for each in value])]
    elif part.type.startswith("map"):
        streams[1] = b"".join(struct.pack("<I", len(each)) for each in there)
        pairs = [pair for value in there for pair in value]
        inner = [
            Part(kind, [pair[at] for pair in pairs]) for at, kind in enumerate(part.inner)
        ]
    elif part.type.startswith("struct"):
        inner = [
            Part(kind, [each[at] for each in there]) for at, kind in enumerate(part.inner)
        ]
    elif part.type != "null":
        streams[2] = b"".join(element(part.type, each) for each in there)
    return hashlib.sha256(
        b"".join(hashlib.sha256(each).digest() for each in streams)
        + b"".join(digest(each) for each in inner)
    ).digest()


def element(kind: str, value: Any) -> bytes:
    """Write one value; those of time are given as the integer that they are stored as."""
    if kind == "bool":
        return bytes([value])
    if kind.startswith("decimal"):
        digits = int(kind[len("decimal(") :].split(",", maxsplit=1)[0])
        return int(value).to_bytes(16 if digits <= 38 else 32, "little", signed=True)
    if kind.startswith("float"):
        width = {"16": "e", "32": "f", "64": "d"}[kind[len("float") :]]
        plain = math.nan if math.isnan(value) else value + 0.0
        return struct.pack(f"<{width}", plain)
    if kind in {"date", "time[ms]"}:
        return struct.pack("<i", value)
    if kind.startswith(("time", "duration")):
        return struct.pack("<q", value)
    stem = kind.rstrip("0123456789")
    return struct.pack(
        "<" + WIDTHS[stem][{8: 0, 16: 1, 32: 2, 64: 3}[int(kind[len(stem) :])]], value
    )
