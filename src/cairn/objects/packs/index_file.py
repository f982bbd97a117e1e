"""The index as a file: sorted rows that are mapped, not read, so that millions cost nothing.

It is a cache, made again from the packs whenever it is missing or broken, and it is never
trusted: what it points at is verified. A new one replaces the old one in one step, so several
processes may write it at once; the last one wins, and what it lacks is in the packs.

    head: magic, packs, rows, stamp, checksums   names of packs   fan   rows

The fan says for each first byte of an id where its rows begin; it has one entry more.
"""

import mmap
import os
import secrets
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from cairn import rights
from cairn.objects.packs.blob import Row

ID_BYTES = 32
ENTRY = struct.Struct("<IIIIBBxx")
ROW_BYTES = ID_BYTES + ENTRY.size
_MAGIC = b"cairn index/1\n\0\0"
_HEAD = struct.Struct("<16sQQq32s32s")
_FAN = struct.Struct("<257Q")
_CHECKED_AT_ONCE = 8 << 20
_SLICE = 1 << 20
_ROWS_A_LOOK = 32
_SAMPLED = 256


class Entry(NamedTuple):
    """Where a blob lies: the number of its pack, and its row there without the id."""

    pack: int
    offset: int
    stored: int
    raw: int
    kind: int
    flags: int

    def row(self, id_: bytes) -> Row:
        """Return the row as it stands in the pack."""
        return Row(id_, *self[1:])


def _first_byte(id_: bytes) -> int:
    return id_[0]


class IndexFile:
    """An index file that is mapped; its head, names and fan are verified."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self.mapped = mapped
        _, packs, self.count, self.stamp, self._checksum, _ = _HEAD.unpack_from(mapped)
        fan = _HEAD.size + ID_BYTES * packs
        names = mapped[_HEAD.size : fan].hex()
        self.names = [names[at : at + 64] for at in range(0, len(names), 64)]
        self._fan: tuple[int, ...] = _FAN.unpack_from(mapped, fan)
        self.start = fan + _FAN.size

    def find(self, id_: bytes) -> Iterator[bytes]:
        """Yield the packed entries of an id."""
        place = self.lower(id_)
        while place < self.count and self._id(place) == id_:
            yield self.rows(place, place + 1)[ID_BYTES:]
            place += 1

    def have(self, ids: Collection[bytes], gone: Collection[int] = ()) -> set[bytes]:
        """Return which of many ids are here, in other packs than those that are `gone`.

        Where these are many of all, the rows of each first byte are taken at once: looking
        one id up takes as long as reading some dozens of rows.
        """
        away = {number.to_bytes(4, "little") for number in gone}
        if self.count > _ROWS_A_LOOK * len(ids):
            return {id_ for id_ in ids if any(e[:4] not in away for e in self.find(id_))}
        found = set[bytes]()
        for first, alike in groupby(sorted(ids), key=_first_byte):
            rows = self.rows(self._fan[first], self._fan[first + 1])
            here = {
                rows[at : at + ID_BYTES]
                for at in range(0, len(rows), ROW_BYTES)
                if not away or rows[at + ID_BYTES : at + ID_BYTES + 4] not in away
            }
            found.update(here.intersection(alike))
        return found

    def lower(self, id_: bytes) -> int:
        """Return the first row whose id is not below `id_`."""
        low, high = self._fan[id_[0]], self._fan[id_[0] + 1]
        mapped, start = self.mapped, self.start
        while low < high:  # as `bisect_left` with a key, in a third of the time
            middle = (low + high) // 2
            at = start + middle * ROW_BYTES
            if mapped[at : at + ID_BYTES] < id_:
                low = middle + 1
            else:
                high = middle
        return low

    def rows(self, first: int, end: int) -> bytes:
        """Return the bytes of some rows."""
        return self.mapped[self.start + first * ROW_BYTES : self.start + end * ROW_BYTES]

    def sample(self) -> list[int]:
        """Return the packs' numbers in some rows: ids are digests, so any rows tell of all."""
        step = self.count // _SAMPLED + 1
        places = range(self.start + ID_BYTES, len(self.mapped), step * ROW_BYTES)
        return [ENTRY.unpack_from(self.mapped, at)[0] for at in places]

    def slices(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of many rows, about a megabyte at a time."""
        last = self.count if end is None else end
        step = _SLICE // ROW_BYTES
        for at in range(first, last, step):
            yield self.rows(at, min(at + step, last))

    def is_intact(self) -> bool:
        """Read all rows and tell whether they are as they were written."""
        found = blake3()
        for rows in self.slices():
            found.update(rows)
        return found.digest() == self._checksum

    def _id(self, place: int) -> bytes:
        at = self.start + place * ROW_BYTES
        return self.mapped[at : at + ID_BYTES]


def open_index(path: Path) -> IndexFile | None:
    """Map an index; None if there is none, or none that is whole."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        found = IndexFile(mapped) if _is_whole(mapped) else None
        if found and (len(mapped) > _CHECKED_AT_ONCE or found.is_intact()):
            return found
    return None


def write_index(
    path: Path, names: Sequence[str], rows: Iterable[bytes], *, stamp: int
) -> None:
    """Replace the index at `path`; `rows` are sorted, and come in slices of any length.

    What cannot be written is left: the index is a cache.
    """
    beside = path.parent / "tmp" / secrets.token_hex(16)
    with suppress(OSError):
        try:
            rights.own_folder(path.parent)
            rights.make_folder(beside.parent)
            _write(beside, names, rows, stamp=stamp)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _write(path: Path, names: Sequence[str], rows: Iterable[bytes], *, stamp: int) -> None:
    table = b"".join(bytes.fromhex(name) for name in names)
    checksum, size = blake3(), 0
    counts = [0] * 257
    made = rights.create(path, os.O_RDWR, sealed=True)
    with os.fdopen(made, "w+b", buffering=_SLICE) as file:
        file.seek(_HEAD.size + len(table) + _FAN.size)
        for slice_ in rows:
            checksum.update(slice_)
            file.write(slice_)
            size += len(slice_)
            for first in slice_[::ROW_BYTES]:
                counts[first + 1] += 1
        for at in range(256):
            counts[at + 1] += counts[at]
        fan = _FAN.pack(*counts)
        count = size // ROW_BYTES
        head = (_MAGIC, len(names), count, stamp, checksum.digest())
        whole = blake3(_HEAD.pack(*head, bytes(32)) + table + fan).digest()
        file.seek(0)
        file.write(_HEAD.pack(*head, whole) + table + fan)


def _is_whole(mapped: mmap.mmap) -> bool:
    if len(mapped) < _HEAD.size:
        return False
    magic, packs, count, _, _, checksum = _HEAD.unpack_from(mapped)
    start = _HEAD.size + ID_BYTES * packs + _FAN.size
    if magic != _MAGIC or len(mapped) != start + count * ROW_BYTES:
        return False
    head = mapped[: _HEAD.size - 32] + bytes(32)
    return blake3(head + mapped[_HEAD.size : start]).digest() == checksum
