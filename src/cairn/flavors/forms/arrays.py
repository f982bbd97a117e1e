"""Arrays of numpy, `.npy`, measured by their header without numpy.

https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import re
from math import prod
from typing import Any, NamedTuple, cast

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, part
from cairn.flavors.pickles.scan import scan_pickle
from cairn.flavors.verdict import Verdict, safe, unsafe

MAGIC = b"\x93NUMPY"
MAX_HEADER = 10_000
"""As in numpy, which takes a longer one only from somebody who trusts the file."""

_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
_TYPE = re.compile(r"[<>|=]?(?:([biufcmM])(\d{1,2})|([SUVa])(\d{1,10})|([?])|(O)\d?)(\[.*\])?")
_WIDE = 4
_MAX_NESTED = 20


class Header(NamedTuple):
    """How wide an item is, whether it holds Python objects, how many, and where they begin."""

    width: int
    objects: bool
    items: int
    start: int


def judge_array(content: Content) -> Verdict:
    """Judge a file: safe if its numbers fill it."""
    try:
        header = read_header(content)
    except Corrupt as error:
        return unsafe("npy", str(error))
    if header.objects:
        inner = scan_pickle(content, header.start).verdict
        return inner._replace(format="npy", reasons=("it holds a pickle", *inner.reasons))
    told, left = header.items * header.width, len(content) - header.start
    return (
        safe("npy") if told == left else unsafe("npy", f"an array of {told} bytes has {left}")
    )


def read_header(content: Content) -> Header:
    """Read a header; raises `Corrupt` if it is not as numpy writes it."""
    import ast

    major, minor = part(content, len(MAGIC), 2)
    if (major, minor) not in _LENGTH_BYTES:
        raise Corrupt(f"an array has version {major}.{minor} of its format")
    wide = _LENGTH_BYTES[major, minor]
    size = number(content, len(MAGIC) + 2, wide)
    start = len(MAGIC) + 2 + wide
    if size > MAX_HEADER:
        raise Corrupt(f"an array header has {size} bytes, more than numpy reads")
    spelled = part(content, start, size)
    try:
        found: Any = ast.literal_eval(spelled.decode("utf-8" if major > 2 else "latin-1"))  # noqa: PLR2004 (version 3 is in UTF-8)
        shape = found["shape"]
        whole = all(type(length) is int and length >= 0 for length in shape)
        if found.keys() != {"descr", "fortran_order", "shape"} or not whole:
            raise ValueError(shape)
        width, objects = _measure(found["descr"], 0)
    except (
        *(ValueError, SyntaxError, TypeError, KeyError, AttributeError),
        *(RecursionError, MemoryError),
    ) as error:
        raise Corrupt(f"an array header cannot be read: {error}") from error
    return Header(width, objects, prod(shape), start + size)


def _measure(descr: Any, nested: int) -> tuple[int, bool]:
    """Measure one item of a type, and tell whether it holds Python objects."""
    if nested > _MAX_NESTED:
        raise Corrupt("an array has a type that is nested too deeply")
    if isinstance(descr, tuple):
        inner, shape = cast("tuple[Any, ...]", descr)
        width, objects = _measure(inner, nested + 1)
        lengths = cast("tuple[int, ...]", shape if isinstance(shape, tuple) else (shape,))
        return width * prod(lengths), objects
    if isinstance(descr, list):
        fields: list[Any] = cast("list[Any]", descr)
        kinds = [tuple(field[1:3]) if len(field) == 3 else field[1] for field in fields]  # noqa: PLR2004 (name, type, shape)
        parts = [_measure(kind, nested + 1) for kind in kinds]
        return sum(width for width, _ in parts), any(objects for _, objects in parts)
    found = _TYPE.fullmatch(str(descr)) if isinstance(descr, str) else None
    if found is None:
        raise Corrupt(f"an array has the type {str(descr)[:80]}")
    if found[6]:
        return 8, True
    if found[5]:
        return 1, False
    if found[3]:
        return int(found[4]) * (_WIDE if found[3] == "U" else 1), False
    return int(found[2]), False
