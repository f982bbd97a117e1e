"""Where large objects are cut into pieces, so that what two of them share is stored once.

Weights are cut where their tensors begin (`tensors.py`). Everything else is cut by content,
with FastCDC (Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication
Based Storage Systems", IEEE TPDS 31(9), 2020): bytes that are inserted move the cuts next to
them and no others.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from cairn.objects.packs.tensors import tensor_cuts

AVERAGE, SMALLEST, LARGEST = 256 << 10, 64 << 10, 1 << 20
_SLAB = 8 << 20
_SEED_BITS = (1 << 63) - 1
"""What the library takes of a seed."""


class Content(Protocol):
    """Something large that is read twice: a little here and there, then from the start."""

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        ...

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, fewer only at the end."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes from the start; may raise at the end."""
        ...


class Slab(NamedTuple):
    """Some pieces end to end, with their lengths."""

    content: bytes
    lengths: list[int]


class Held:
    """Content in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        return len(self._content)

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, fewer only at the end."""
        return self._content[start : start + size]

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes."""
        yield self._content


def cut(content: Content, seed: int = 0) -> Iterator[Slab]:
    """Cut content into pieces of 1 byte to 4 MiB; equal content is cut equally.

    With another secret `seed`, below 2^64, files are cut elsewhere, and the lengths of pieces
    tell nothing.
    """
    lengths = tensor_cuts(content.read, content.size)
    if lengths is None:
        return _cut_by_content(content.chunks(), seed)
    return _cut_at(content.chunks(), lengths)


def _cut_at(chunks: Iterable[bytes], lengths: Iterable[int]) -> Iterator[Slab]:
    taken = _Taken(chunks)
    run: list[int] = []
    size = 0
    for length in lengths:
        run.append(length)
        size += length
        if size >= _SLAB:
            yield Slab(taken.take(size), run)
            run, size = [], 0
    if run:
        yield Slab(taken.take(size), run)
    taken.end()


def _cut_by_content(chunks: Iterable[bytes], seed: int) -> Iterator[Slab]:
    cutter = _cutter(seed)
    taken = _Taken(chunks)
    rest = b""
    while True:
        fresh = taken.take(_SLAB)
        content = rest + fresh
        lengths = cutter(content)
        if len(fresh) < _SLAB:
            break
        end = 0
        kept: list[int] = []
        for length in lengths:
            if end + LARGEST > len(content):  # what comes next may move this cut
                break
            kept.append(length)
            end += length
        rest = content[end:]
        yield Slab(content[:end], kept)
    if content:
        yield Slab(content, lengths)


def _cutter(seed: int) -> Callable[[bytes], list[int]]:
    from pyfastcdc import FastCDC

    seed &= _SEED_BITS
    cdc = FastCDC(AVERAGE, min_size=SMALLEST, max_size=LARGEST, seed=seed)
    return lambda content: [piece.length for piece in cdc.cut_buf(content)]


class _Taken:
    """Chunks, taken in other lengths than they come."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer only at the end."""
        parts: list[memoryview] = []
        while size > 0:
            if not self._rest and not self._more():
                break
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def end(self) -> None:
        """Read on, for whatever the source has to say at its end."""
        while self._more():
            pass

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        self._rest = memoryview(chunk or b"")
        return chunk is not None
