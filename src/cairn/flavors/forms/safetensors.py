"""safetensors: a header in JSON says where each tensor lies, and they fill the file.

https://github.com/huggingface/safetensors#format
"""

import json
from collections.abc import Mapping
from math import prod
from typing import Any, cast

from cairn.flavors.content import Content

MAX_HEADER = 100_000_000
BITS: Mapping[str, int] = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "U16": 16,
    "I16": 16,
    "U32": 32,
    "I32": 32,
    "U64": 64,
    "I64": 64,
    "F16": 16,
    "BF16": 16,
    "F32": 32,
    "F64": 64,
    "C64": 64,
    "F4": 4,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}
"""Bits of a number, by its type."""


def is_safetensors(content: Content) -> bool:
    """Tell whether the header's tensors cover the rest of the file, one after another."""
    size = int.from_bytes(content[:8], "little")
    if size > MAX_HEADER or len(content) < 8 + size or content[8:9] != b"{":
        return False
    try:
        header = json.loads(content[8 : 8 + size], object_pairs_hook=_no_doubles)
        notes = header.pop("__metadata__", {})
        if not all(isinstance(word, str) for word in (*notes, *notes.values())):
            return False
        end = 0
        for start, stop in sorted(_span(tensor) for tensor in header.values()):
            if start != end:
                return False
            end = stop
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False
    return 8 + size + end == len(content)


def _span(tensor: dict[str, Any]) -> tuple[int, int]:
    """Read where a tensor lies; raises `ValueError` if its numbers do not fit there."""
    start, stop = tensor["data_offsets"]
    lengths = cast("list[Any]", tensor["shape"])
    if not all(type(n) is int and n >= 0 for n in (start, stop, *lengths)):
        raise ValueError(lengths)
    if 8 * (stop - start) != prod(lengths) * BITS[tensor["dtype"]]:
        raise ValueError(tensor)
    return start, stop


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found
