"""Quick hashes of values, to estimate and to cut by: they name and prove nothing."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cairn.data.tables.arrow import Array, arrow

Hashes = NDArray[np.uint64]
_BLOCK, _LONG_BYTES = 2**15, 256
_MIXER = np.uint64(0xBF58476D1CE4E5B9)
_WORD = 8
_MASKS = np.array([2 ** (8 * count) - 1 for count in range(_WORD + 1)], dtype=np.uint64)
"""So many numbers fit into a core's cache; several passes over more take twice as long."""


def no_hashes(count: int) -> Hashes:
    """Return so many hashes of nothing."""
    return np.zeros(count, dtype=np.uint64)


def mixed(values: Hashes) -> Hashes:
    """Mix 64-bit integers so that every bit depends on every other.

    This is the step of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014, figure 16).
    """
    made = values + np.uint64(0x9E3779B97F4A7C15)
    for first in range(0, len(made), _BLOCK):
        _mix(made[first : first + _BLOCK])
    return made


def _mix(block: Hashes) -> None:
    """Finish the step of SplitMix64 in place."""
    block ^= block >> np.uint64(30)
    block *= np.uint64(0xBF58476D1CE4E5B9)
    block ^= block >> np.uint64(27)
    block *= np.uint64(0x94D049BB133111EB)
    block ^= block >> np.uint64(31)


def value_hashes(array: Array) -> Hashes:
    """Hash every value of a plain, flat array without missing ones to 64 bits."""
    types = arrow().types
    kind = array.type
    if types.is_decimal(kind) or types.is_boolean(kind):
        array = array.cast(arrow().string())
    if str(array.type).removeprefix("large_") in {"string", "binary"}:
        return _text_hashes(array)
    raw = np.frombuffer(
        array.buffers()[1], dtype=np.dtype(f"u{array.type.bit_width // _WORD}")
    )
    return mixed(raw[array.offset : array.offset + len(array)].astype(np.uint64, copy=False))


def _text_hashes(array: Array) -> Hashes:
    """Sum the hashes of a text's bytes, each with its place, and mix in the length."""
    large = array.cast(arrow().large_binary())
    ends = np.frombuffer(large.buffers()[1], dtype=np.int64)
    ends = ends[large.offset : large.offset + len(large) + 1]
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    sums = no_hashes(len(lengths))
    if lengths.any():
        data = np.frombuffer(large.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]]
        for first in range(0, len(data), _BLOCK):
            _add_block(sums, data, starts, range(first, min(first + _BLOCK, len(data))))
    return mixed(sums ^ mixed(lengths.astype(np.uint64)))


def _add_block(
    sums: Hashes, data: NDArray[np.uint8], starts: NDArray[np.int64], block: range
) -> None:
    """Add the terms of some bytes to the sums of the texts that they are in."""
    low = int(np.searchsorted(starts, block.start, side="right")) - 1
    high = int(np.searchsorted(starts, block.stop, side="left"))
    inside = np.clip(starts[low:high], block.start, block.stop)
    lengths = np.diff(np.append(inside, block.stop))
    begins = np.repeat(starts[low:high], lengths)
    places = (np.arange(block.start, block.stop) - begins).astype(np.uint64)
    part = data[block.start : block.stop].astype(np.uint64)
    terms = mixed(part | (places << np.uint64(8)))
    filled = lengths > 0
    at = np.flatnonzero(filled) + low
    sums[at] += np.add.reduceat(terms, (inside - block.start)[filled])


def quick_hashes(array: Array) -> Hashes:
    """Hash values to count them by; other hashes than those of `value_hashes`."""
    types = arrow().types
    if types.is_decimal(array.type):
        return _words(array, array.type.byte_width)
    if str(array.type).removeprefix("large_") not in {"string", "binary"}:
        return value_hashes(array)
    compute = arrow("compute")
    is_long = compute.greater(compute.binary_length(array), _LONG_BYTES)
    if not is_long.true_count:
        return _word_hashes(array)
    short = array.filter(compute.invert(is_long))
    values = array.filter(is_long).cast(arrow().large_binary())
    digests = b"".join(blake2b(value.as_buffer(), digest_size=8).digest() for value in values)
    return np.concatenate([_word_hashes(short), np.frombuffer(digests, dtype=np.uint64)])


def _words(array: Array, width: int) -> Hashes:
    """Hash values of a fixed width, eight bytes at a time."""
    raw = np.frombuffer(array.buffers()[1], dtype=np.uint64)
    raw = raw[array.offset * width // _WORD : (array.offset + len(array)) * width // _WORD]
    words = raw.reshape(len(array), width // _WORD)
    hashes = mixed(words[:, 0])
    for at in range(1, width // _WORD):
        hashes = mixed(hashes ^ words[:, at])
    return hashes


def _word_hashes(array: Array) -> Hashes:
    """Hash texts eight bytes at a time, each word mixed with those before it."""
    large = array.cast(arrow().large_binary())
    ends = np.frombuffer(large.buffers()[1], dtype=np.int64)
    ends = ends[large.offset : large.offset + len(large) + 1]
    lengths = np.diff(ends)
    hashes = lengths.astype(np.uint64) * _MIXER
    if not lengths.any():
        return mixed(hashes)
    data = np.frombuffer(large.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]]
    padded = np.concatenate([data, np.zeros(_WORD, dtype=np.uint8)])
    every = np.ndarray(len(data), dtype="<u8", buffer=padded, strides=(1,))
    found, live = hashes, np.arange(len(lengths))
    starts, left = ends[:-1] - ends[0], lengths
    while True:
        done = left <= 0
        if done.any():
            hashes[live[done]] = found[done]
            live, found, starts, left = (each[~done] for each in (live, found, starts, left))
        if not len(live):
            return mixed(hashes)
        words = every[starts]
        if left.min() < _WORD:
            words &= _MASKS[np.minimum(left, _WORD)]
        found = (found ^ words) * _MIXER
        found ^= found >> np.uint64(29)
        starts, left = starts + _WORD, left - _WORD
