"""Blobs: what packs are made of. Each begins with a header that says all about it.

- An *object* is the content of an object of less than 4 MiB; its id is the SHA-256.
- A *piece* is a part of a larger one; its id is the BLAKE3.
- A *recipe* lists the pieces of an object; its id is the SHA-256 of that object.

A blob may be encrypted, and then its id is hidden as well. `docs/reference/formats.md` has the
literal bytes.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from blake3 import blake3

from cairn.core.errors import Corrupt, Unavailable

OBJECT, PIECE, RECIPE = 1, 2, 3
ENCRYPTED = 1
SEAL_BYTES = 28
LARGE = 4 << 20
"""Objects of at least so many bytes are stored in pieces, and no piece has more."""

RECIPE_BYTES = 64 << 20
"""No recipe has more: it would be of an object of terabytes."""

MAGIC = b"\xcablb"
HEADER = struct.Struct("<4sBBxx32sII")
_RECIPE_HEAD = struct.Struct("<32s32s")
_RECIPE_ROW = struct.Struct("<32sI")
_KINDS = {OBJECT: "object", PIECE: "piece", RECIPE: "recipe"}


class Cipher(Protocol):
    """Keeps what is stored from whoever has no key."""

    def hide(self, id_: bytes) -> bytes:
        """Return the 32 bytes that stand for an id; always the same ones."""
        ...

    def seal(self, header: bytes, content: bytes | memoryview) -> bytes:
        """Encrypt content, bound to its header; adds `SEAL_BYTES`."""
        ...

    def open(self, header: bytes, stored: bytes) -> bytes:
        """Undo `seal`; raises `Corrupt` if header or bytes are not what they were."""
        ...

    @property
    def cut_seed(self) -> int:
        """Return the secret that decides where files are cut, below 2^64."""
        ...


class Row(NamedTuple):
    """A blob in a pack: its id as it stands there, and where its header begins."""

    id: bytes
    offset: int
    stored: int
    raw: int
    kind: int
    flags: int

    @property
    def end(self) -> int:
        """Return where the next blob begins."""
        return self.offset + HEADER.size + self.stored

    @property
    def is_encrypted(self) -> bool:
        """Tell whether a key is needed to read it."""
        return bool(self.flags & ENCRYPTED)

    def header(self) -> bytes:
        """Return the bytes that stand before the stored ones."""
        return HEADER.pack(MAGIC, self.kind, self.flags, self.id, self.stored, self.raw)


class Recipe(NamedTuple):
    """The pieces of a large object: ids and lengths in order."""

    id: bytes
    pieces: Sequence[tuple[bytes, int]]

    @property
    def size(self) -> int:
        """Return the size of the object."""
        return sum(length for _, length in self.pieces)

    def write(self) -> bytes:
        """Return the content of the blob."""
        rows = b"".join(_RECIPE_ROW.pack(*piece) for piece in self.pieces)
        return _RECIPE_HEAD.pack(blake3(self.id + rows).digest(), self.id) + rows


def read_recipe(content: bytes) -> Recipe:
    """Read the content of a recipe; raises `Corrupt`."""
    head, rows = content[: _RECIPE_HEAD.size], content[_RECIPE_HEAD.size :]
    if len(head) < _RECIPE_HEAD.size or len(rows) % _RECIPE_ROW.size:
        raise Corrupt(f"a recipe of {len(content)} bytes is not whole")
    checksum, id_ = _RECIPE_HEAD.unpack(head)
    if blake3(content[len(checksum) :]).digest() != checksum:
        raise Corrupt("a recipe is not the one that was written")
    return Recipe(id_, list(_RECIPE_ROW.iter_unpack(rows)))


def check_size(row: Row) -> None:
    """Raise `Corrupt` for a blob that is larger than any can be, before it is read."""
    if not is_plausible(row) or (row.kind == RECIPE and row.raw > RECIPE_BYTES):
        kind = _KINDS.get(row.kind, "blob")
        raise Corrupt(f"{kind}s of {row.raw} bytes do not exist")


def read_header(header: bytes, offset: int) -> Row | None:
    """Read a header that lies at `offset`; None where there is none."""
    if len(header) != HEADER.size:
        return None
    _, kind, flags, id_, stored, raw = HEADER.unpack(header)
    row = Row(id_, offset, stored, raw, kind, flags)
    return row if row.header() == header and is_plausible(row) else None


def is_plausible(row: Row) -> bool:
    """Tell whether kind, flags and lengths of a row fit together."""
    sealed = SEAL_BYTES if row.is_encrypted else 0
    small = row.kind == RECIPE or row.raw <= LARGE
    return (
        row.kind in _KINDS
        and row.flags in (0, ENCRYPTED)
        and row.stored == row.raw + sealed
        and small
    )


def write_blob(
    kind: int, id_: bytes, content: bytes | memoryview, *, offset: int, cipher: Cipher | None
) -> tuple[Row, bytes | memoryview]:
    """Return the row of a new blob at `offset`, and the bytes that follow its header."""
    size = len(content)
    if cipher is None:
        return Row(id_, offset, size, size, kind, 0), content
    row = Row(cipher.hide(id_), offset, size + SEAL_BYTES, size, kind, ENCRYPTED)
    return row, cipher.seal(row.header(), content)


def read_blob(row: Row, found: bytes, cipher: Cipher | None) -> bytes:
    """Return the verified content of a blob from its header and bytes.

    Raises `Corrupt` unless every byte is as it was written, `Unavailable` without a key.
    """
    stored = open_blob(row, found, cipher)
    id_ = id_of(row.kind, stored)
    if (cipher.hide(id_) if cipher and row.is_encrypted else id_) != row.id:
        raise Corrupt(f"the {len(stored)} bytes there are not its own")
    return stored


def open_blob(row: Row, found: bytes, cipher: Cipher | None) -> bytes:
    """Return the content of a blob, compared with its header and not yet with its id."""
    header, stored = found[: HEADER.size], found[HEADER.size :]
    if header != row.header() or len(stored) != row.stored:
        raise Corrupt(f"the {len(stored)} bytes there are not its own")
    if not row.is_encrypted:
        return stored
    if cipher is None:
        raise Unavailable("it is encrypted: say where the key is in CAIRN_OBJECTS_KEY")
    return cipher.open(header, stored)


def id_of(kind: int, content: bytes | memoryview) -> bytes:
    """Name content as blobs of a kind are named; raises `Corrupt` for what is not a recipe."""
    if kind == OBJECT:
        return hashlib.sha256(content).digest()
    return read_recipe(bytes(content)).id if kind == RECIPE else blake3(content).digest()


def names(id_: bytes, cipher: Cipher | None) -> Iterator[bytes]:
    """Yield the ids that a blob may have in packs: hidden, and of before there was a key."""
    if cipher is not None:
        yield cipher.hide(id_)
    yield id_
