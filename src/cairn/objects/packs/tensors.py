"""Files of weights are cut where their tensors begin, so that an unchanged one is stored once.

Their headers say where that is, and are believed for nothing else: a header that lies moves
cuts and never bytes, and one that cannot be read leaves the file to be cut by content.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import msgspec

from cairn.core.errors import Invalid
from cairn.objects.packs.blob import LARGE
from cairn.objects.packs.gguf import gguf_tensors
from cairn.objects.packs.zip_entries import zip_entries

Read = Callable[[int, int], bytes]
"""Returns bytes by start and size, fewer only at the end."""

SMALL = 4 << 10
_LONGEST_HEADER = 16 << 20
_LENGTH = struct.Struct("<Q")


class _Tensor(msgspec.Struct):
    data_offsets: tuple[int, int]


def tensor_cuts(read: Read, size: int) -> Iterator[int] | None:
    """Return the lengths of all pieces of a file of weights, None if it is something else.

    A tensor of more than 4 MiB is several pieces; neighbours of less than 4 KiB are one.
    """
    start = read(0, 12)
    try:
        if start.startswith(b"GGUF"):
            return _lengths(gguf_tensors(read), size)
        if start.startswith(b"PK\3\4"):
            return _lengths(zip_entries(read, size), size)
        if start[8:9] == b"{":
            return _lengths(_safetensors(read, size), size)
    except (Invalid, ValueError, msgspec.MsgspecError, RecursionError, struct.error):
        pass  # looks like weights and is not
    return None


def _safetensors(read: Read, size: int) -> list[int]:
    """Return where tensors begin and end (https://huggingface.co/docs/safetensors)."""
    (length,) = _LENGTH.unpack(read(0, _LENGTH.size))
    data = _LENGTH.size + length
    if length > _LONGEST_HEADER or data > size:
        raise Invalid("longer than its file")
    header = msgspec.json.decode(read(_LENGTH.size, length), type=dict[str, msgspec.Raw])
    places = [data]
    for name, about in header.items():
        if name != "__metadata__":
            offsets = msgspec.json.decode(about, type=_Tensor).data_offsets
            places += [data + place for place in offsets]
    return places


def _lengths(places: Iterable[int], size: int) -> Iterator[int]:
    """Return the lengths between places, long ones divided and short ones joined."""
    cuts = sorted({0, size, *places})
    if cuts[0] < 0 or cuts[-1] > size:
        raise Invalid("outside of its file")
    return _divided(_joined(after - before for before, after in pairwise(cuts)))


def _joined(lengths: Iterable[int]) -> Iterator[int]:
    run = 0
    for length in lengths:
        if length < SMALL:
            run += length
        if run and (run >= SMALL or length >= SMALL):
            yield run
            run = 0
        if length >= SMALL:
            yield length
    if run:
        yield run


def _divided(lengths: Iterable[int]) -> Iterator[int]:
    for length in lengths:
        for at in range(0, length, LARGE):
            yield min(LARGE, length - at)
