"""Quick hashes of values, to estimate and to cut by: they name and prove nothing."""

import numpy as np
from numpy.typing import NDArray

from cairn.data.arrow import Array, arrow

Hashes = NDArray[np.uint64]


def no_hashes(count: int) -> Hashes:
    """Return so many hashes of nothing."""
    return np.zeros(count, dtype=np.uint64)


def mixed(values: Hashes) -> Hashes:
    """Mix 64-bit integers so that every bit depends on every other.

    This is the step of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014, figure 16).
    """
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def value_hashes(array: Array) -> Hashes:
    """Hash every value of a plain, flat array without missing ones to 64 bits."""
    types = arrow().types
    kind = array.type
    if types.is_decimal(kind) or types.is_boolean(kind):
        array = array.cast(arrow().string())
    if str(array.type).removeprefix("large_") in {"string", "binary"}:
        return _text_hashes(array)
    raw = np.frombuffer(array.buffers()[1], dtype=np.dtype(f"u{array.type.bit_width // 8}"))
    return mixed(raw[array.offset : array.offset + len(array)].astype(np.uint64))


def _text_hashes(array: Array) -> Hashes:
    """Sum the hashes of a text's bytes, each with its place, and mix in the length."""
    large = array.cast(arrow().large_binary())
    ends = np.frombuffer(large.buffers()[1], dtype=np.int64)
    ends = ends[large.offset : large.offset + len(large) + 1]
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    sums = no_hashes(len(lengths))
    if lengths.any():
        data = np.frombuffer(large.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]]
        places = (np.arange(len(data)) - np.repeat(starts, lengths)).astype(np.uint64)
        terms = mixed(data.astype(np.uint64) | (places << np.uint64(8)))
        filled = lengths > 0
        sums[filled] = np.add.reduceat(terms, starts[filled])
    return mixed(sums ^ mixed(lengths.astype(np.uint64)))
