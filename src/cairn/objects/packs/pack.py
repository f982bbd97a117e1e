"""Packs: many blobs in one file that is named by its BLAKE3 and never changes.

A pack ends with an index of its blobs, so a reader needs two short reads to know them all.
Blobs describe themselves, so `salvage.py` finds them again where that index is damaged.
"""

import secrets
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from blake3 import blake3

from cairn.core.errors import Corrupt, Invalid
from cairn.objects.backends.backend import Backend, Incoming
from cairn.objects.packs.blob import HEADER, Cipher, Row, is_plausible, write_blob

UNDER = "packs/"
PACK_BYTES = 64 << 20
SALT_BYTES = 16
_MAGIC = b"cairn pack/1\n\0\0\0"
HEAD_BYTES = len(_MAGIC) + SALT_BYTES
_ROW = struct.Struct("<32sIIIBBxx")
INDEX_ROW_BYTES = _ROW.size
_TAIL = struct.Struct("<32sII8s")
_END = b"\npack/1\n"
_LONGEST = (1 << 32) - 1
_FOOTER_GUESS = 64 << 10
_MOST_INDEX_BYTES = 2 * PACK_BYTES
_BUFFER = 1 << 20
_LARGE = 64 << 10
_CHUNK = 8 << 20


class Pack(NamedTuple):
    """A pack that is placed: its name (64 hexadecimal digits), size and blobs sorted by id."""

    name: str
    size: int
    rows: list[Row]

    @property
    def key(self) -> str:
        """Return where it lies in a backend."""
        return UNDER + self.name


class PackWriter:
    """Writes one pack; nobody sees it before `place`.

    A `salted` pack has a name of its own, even if its blobs are those of another one: needed
    where that other one is about to be removed.
    """

    def __init__(
        self, incoming: Incoming, cipher: Cipher | None = None, *, salted: bool = False
    ) -> None:
        self._incoming = incoming
        self._cipher = cipher
        self._hash = blake3()
        self._rows: dict[bytes, Row] = {}
        self._buffer: list[bytes | memoryview] = []
        self._buffered = 0
        self.size = 0
        self._write(
            _MAGIC + (secrets.token_bytes(SALT_BYTES) if salted else bytes(SALT_BYTES))
        )

    def add(self, kind: int, id_: bytes, content: bytes | memoryview) -> bytes:
        """Append a blob that is not there yet, and return its id as it stands in the pack.

        `content` must stay as it is until the next `flush`.
        """
        row, stored = write_blob(kind, id_, content, offset=self.size, cipher=self._cipher)
        return self._append(row, stored)

    def add_stored(self, row: Row, stored: bytes | memoryview) -> None:
        """Append a blob of another pack as it lies there, verified by the caller."""
        self._append(row._replace(offset=self.size), stored)

    def flush(self) -> None:
        """Pass on to the backend what was added."""
        if self._buffered:
            content = b"".join(self._buffer)
            self._buffer, self._buffered = [], 0
            self._pass_on(content)

    def finish(self) -> Pack:
        """Write the index; only `place` and `discard` may follow."""
        rows = sorted(self._rows.values())
        index = index_of(rows)
        tail = _TAIL.pack(blake3(index).digest(), self.size, len(rows), _END)
        self._write(index + tail)
        self.flush()
        self._incoming.end()
        return Pack(self._hash.hexdigest(), self.size, rows)

    def place(self, pack: Pack) -> bool:
        """Make the finished pack durable and let it appear; False if it lay there already."""
        self._incoming.seal()
        return self._incoming.place(pack.key)

    def discard(self) -> None:
        """Forget what was written; harmless after `place`."""
        self._incoming.discard()

    def _append(self, row: Row, stored: bytes | memoryview) -> bytes:
        if row.end > _LONGEST:
            raise Invalid(f"a pack has less than {_LONGEST} bytes: store smaller objects")
        self._rows[row.id] = row
        self._write(row.header())
        self._write(stored)
        return row.id

    def _write(self, content: bytes | memoryview) -> None:
        self.size += len(content)
        if len(content) >= _LARGE:
            self.flush()
            self._pass_on(content)
            return
        self._buffer.append(content)
        self._buffered += len(content)
        if self._buffered >= _BUFFER:
            self.flush()

    def _pass_on(self, content: bytes | memoryview) -> None:
        self._hash.update(content)
        self._incoming.write(content)


def read_pack(backend: Backend, name: str, size: int) -> Pack:
    """Read which blobs a pack has; raises `Corrupt` unless both ends are those of a pack."""
    if not backend.read(UNDER + name, 0, HEAD_BYTES).startswith(_MAGIC):
        raise Corrupt("it does not begin like a pack")
    index = read_index(backend, name, size)
    rows = list(rows_of(index))
    at = size - _TAIL.size - len(index)
    if index != index_of(rows) or not _fit(rows, at):
        raise Corrupt("its index is not one that was written")
    return Pack(name, size, rows)


def read_index(backend: Backend, name: str, size: int) -> bytes:
    """Read the bytes of a pack's index, which match their checksum; raises `Corrupt`."""
    key, start = UNDER + name, max(size - _FOOTER_GUESS, 0)
    end = backend.read(key, start, size - start)
    at, checksum = _tail(end, size)
    if size - at > _MOST_INDEX_BYTES:
        raise Corrupt(f"its index of {size - at} bytes is larger than any can be")
    if at < start:
        end = backend.read(key, at, start - at) + end
        start = at
    index = end[at - start : -_TAIL.size]
    if blake3(index).digest() != checksum:
        raise Corrupt("its index is damaged")
    return index


def rows_of(index: bytes) -> Iterator[Row]:
    """Yield the rows of an index."""
    return (Row(*fields) for fields in _ROW.iter_unpack(index))


def index_of(rows: Iterable[Row]) -> bytes:
    """Return the bytes of an index."""
    return b"".join(map(_pack_row, rows))


def check_pack(backend: Backend, name: str) -> None:
    """Read a pack from end to end; raises `Corrupt` unless its bytes have its name."""
    found, place = blake3(), 0
    while chunk := backend.read(UNDER + name, place, _CHUNK):
        found.update(chunk)
        place += len(chunk)
    if found.hexdigest() != name:
        raise Corrupt(
            f"pack {backend.where(UNDER + name)} is damaged: its {place} bytes are not its "
            "own; run `cairn fsck`"
        )


def read_stored(backend: Backend, pack: str, row: Row) -> bytes:
    """Read header and bytes of a blob as they lie there, unverified."""
    return backend.read(UNDER + pack, row.offset, HEADER.size + row.stored)


def _tail(end: bytes, size: int) -> tuple[int, bytes]:
    """Return where the index begins, and its checksum."""
    if len(end) < _TAIL.size:
        raise Corrupt(f"its {size} bytes are not a whole pack")
    checksum, at, count, magic = _TAIL.unpack(end[-_TAIL.size :])
    if magic != _END or at < HEAD_BYTES or at + count * _ROW.size + _TAIL.size != size:
        raise Corrupt("it does not end like a pack")
    return at, checksum


def _fit(rows: list[Row], at: int) -> bool:
    """Tell whether rows are sorted, plausible, and lie end to end before the index."""
    if any(not is_plausible(row) for row in rows):
        return False
    if any(one.id >= next_.id for one, next_ in pairwise(rows)):
        return False
    return _tile(sorted(rows, key=_offset), at)


def _tile(rows: Iterable[Row], at: int) -> bool:
    place = HEAD_BYTES
    for row in rows:
        if row.offset != place:
            return False
        place = row.end
    return place == at


def _offset(row: Row) -> int:
    return row.offset


def _pack_row(row: Row) -> bytes:
    return _ROW.pack(*row)
