"""How many bytes of a joblib file belong to an array.

joblib writes arrays between the instructions of a pickle: an object of the class below is
given its state (shape, type, alignment), and the raw bytes follow. A scan has to go past as
many as joblib would; where that cannot be told from the stream, the file counts as broken.
"""

import math
import re
from typing import Any, Final, cast

from cairn.core.errors import Corrupt

WRAPPER: Final = ("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE: Final = ("numpy", "dtype")
_TYPE = re.compile(r"([biufcmM])([1-9]\d?)|([SUV])([1-9]\d{0,9})|(O)8?")
_WIDE = 4
"""Bytes of one character of type U."""


def array_size(state: Any, padding: bytes) -> int | None:
    """Count the bytes that follow the wrapper; None says that a pickle of objects follows.

    `padding` is the byte after the wrapper: how many more come before an aligned array.
    Raises `Corrupt` if the state is not what joblib writes.
    """
    if not isinstance(state, dict):
        raise Corrupt("an array of joblib's has no readable state")
    known = cast("dict[str, Any]", state)
    width = item_size(known.get("dtype"))
    if width is None:
        return None
    shape = known.get("shape")
    if not isinstance(shape, tuple):
        raise Corrupt("an array of joblib's has no readable shape")
    lengths = cast("tuple[Any, ...]", shape)
    if not all(type(length) is int and length >= 0 for length in lengths):
        raise Corrupt("an array of joblib's has no readable shape")
    before = 0
    if known.get("numpy_array_alignment_bytes") is not None:
        before = 1 + int.from_bytes(padding, "little")
    return before + width * math.prod(lengths)


def item_size(dtype: Any, seen: set[int] | None = None) -> int | None:
    """Tell how wide one item of a pickled dtype is; None if it holds Python objects.

    `seen` are types that were measured already: one may stand in many fields.
    """
    callee = getattr(dtype, "callee", None)
    arguments = getattr(dtype, "arguments", ())
    if (getattr(callee, "module", ""), getattr(callee, "name", "")) != _DTYPE or not arguments:
        raise Corrupt("an array of joblib's has no readable type")
    kind = arguments[0]
    found = _TYPE.fullmatch(kind) if isinstance(kind, str) else None
    if found is None:
        raise Corrupt("an array of joblib's has a type that Cairn does not know")
    if found[5]:
        return None
    if found[1]:
        return int(found[2])
    told = int(found[4]) * (_WIDE if found[3] == "U" else 1)
    return _flexible_size(dtype.state, told, seen or set())


def _flexible_size(state: Any, told: int, seen: set[int]) -> int | None:
    """Check a width that the dtype's state could change, and its fields for objects."""
    if not isinstance(state, tuple):
        raise Corrupt("an array of joblib's has a type without its state")
    known = cast("tuple[Any, ...]", state)
    if len(known) not in (8, 9) or known[0] not in (3, 4) or known[5] != told:
        raise Corrupt("an array of joblib's has a type that contradicts itself")
    if known[2] is not None or not isinstance(known[4], dict | None):
        raise Corrupt("an array of joblib's has a type that Cairn cannot read")
    fields = cast("dict[str, Any]", known[4] or {})
    return None if any(_holds_objects(field, seen) for field in fields.values()) else told


def _holds_objects(field: Any, seen: set[int]) -> bool:
    if not isinstance(field, tuple) or not field:
        raise Corrupt("an array of joblib's has a field that Cairn cannot read")
    dtype = cast("tuple[Any, ...]", field)[0]
    if id(dtype) in seen:
        return False
    seen.add(id(dtype))
    return item_size(dtype, seen) is None
