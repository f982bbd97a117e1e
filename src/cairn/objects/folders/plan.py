"""What a snapshot is going to do: all that a survey saw, and which files are known already.

A plan may have millions of files. What does not fit into a few megabytes lies in a temporary
file, and is read again slice by slice.
"""

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, NamedTuple, Self

import msgspec

from cairn.objects.folders.folder import SLASH, Slice
from cairn.objects.source import About

UNKNOWN = bytes(32)
IN_MEMORY = 24 << 20
_FRAME = struct.Struct("<I")


class Planned(NamedTuple):
    """A slice, and 32 bytes for each of its files: its digest, or zeros if it is not known."""

    seen: Slice
    digests: bytes

    def rows(self) -> Iterator[tuple[About, bytes]]:
        """Yield what was seen of each file, and its digest or zeros."""
        return zip(self.seen.read_abouts(), parts(self.digests), strict=True)


class Unread(NamedTuple):
    """A file or link that is to be read."""

    prefix: bytes
    name: bytes
    about: About


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Planned).decode


class Plan:
    """Slices in the order of their paths, and sums over them."""

    def __init__(self) -> None:
        self._held: list[Planned] = []
        self._held_bytes = 0
        self._closing = ExitStack()
        self._spool: IO[bytes] | None = None
        self._spooled = 0
        self.slices = 0
        self.files = self.size_bytes = 0
        self.unread_files = self.unread_bytes = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._closing.close()

    def __iter__(self) -> Iterator[Planned]:
        """Yield the slices; several readers may be under way."""
        if self._spool is not None:
            yield from _read(self._spool, self._spooled)
        yield from self._held

    def add(self, planned: Planned) -> None:
        """Append a slice."""
        self.slices += 1
        self.files += planned.seen.files
        self.size_bytes += planned.seen.size
        if UNKNOWN in planned.digests:
            unread = [about[1] for about, digest in planned.rows() if digest == UNKNOWN]
            self.unread_files += len(unread)
            self.unread_bytes += sum(unread)
        self._held.append(planned)
        self._held_bytes += len(planned.seen.names) + len(planned.seen.abouts)
        if self._held_bytes > IN_MEMORY:
            self._write()

    def unread(self) -> Iterator[Unread]:
        """Yield all that is to be read, in the order of paths."""
        return _unread_inside(iter(self))

    def _write(self) -> None:
        """Write what is held to the file."""
        if self._spool is None:
            self._spool = self._closing.enter_context(TemporaryFile())  # noqa: SIM115 (closed with the plan)
        self._spool.seek(self._spooled)
        for planned in self._held:
            content = _encode(planned)
            self._spooled += self._spool.write(_FRAME.pack(len(content)) + content)
        self._held, self._held_bytes = [], 0


def parts(digests: bytes) -> list[bytes]:
    """Take digests of 32 bytes apart."""
    return [digests[at : at + 32] for at in range(0, len(digests), 32)]


def _read(spool: IO[bytes], end: int) -> Iterator[Planned]:
    place = 0
    while place < end:
        spool.seek(place)
        (size,) = _FRAME.unpack(spool.read(_FRAME.size))
        yield _decode(spool.read(size))
        place += _FRAME.size + size


def _unread_inside(planned: Iterator[Planned]) -> Iterator[Unread]:
    for each in planned:
        rows = each.rows()
        for name in each.seen.listed():
            if name[-1] == SLASH:
                yield from _unread_inside(planned)
                continue
            about, digest = next(rows)
            if digest == UNKNOWN:
                yield Unread(each.seen.prefix, name, about)
        if each.seen.is_last:
            return
