"""Stored objects as they lie in packs: looked at, damaged and removed behind Cairn's back."""

from pathlib import Path
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.objects import open_local
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.local import LocalBackend
from cairn.objects.packs.blob import HEADER
from cairn.objects.packs.index import Index
from cairn.objects.packs.pack import UNDER, PackWriter, read_pack, read_stored
from cairn.objects.upkeep.join import MANY


class Lying(NamedTuple):
    """Where the bytes of an object lie: the file, the first of them, how many."""

    path: Path
    start: int
    size: int


def find(objects: Path, digest: Digest) -> Lying:
    """Say where the bytes of an object (or of the recipe of a large one) lie."""
    backend = LocalBackend(objects)
    key, start, size = find_in(backend, digest)
    return Lying(Path(backend.where(key)), start, size)


def find_in(backend: Backend, digest: Digest) -> tuple[str, int, int]:
    """Say under which key, from which byte on, and how many bytes of an object lie."""
    index = Index(backend)
    index.refresh()
    place, *others = index.find(bytes.fromhex(digest.removeprefix("sha256:")))
    assert not others, "it lies in several packs"
    return UNDER + place.pack, place.row.offset + HEADER.size, place.row.stored


def read(objects: Path, digest: Digest) -> bytes:
    """Return the bytes of a small object as they lie there."""
    path, start, size = find(objects, digest)
    return path.read_bytes()[start : start + size]


def crowd(objects: Path) -> None:
    """Let so many small packs lie there that one of the next writes joins them."""
    store = open_local(objects)
    for number in range(MANY - 3 - len(list((objects / "packs").iterdir()))):
        store.put(b"one of many %d" % number)


def is_joined(objects: Path) -> bool:
    """Tell whether small packs were joined where `crowd` had been."""
    return len(list((objects / "packs").iterdir())) < MANY - 3


def overwrite(objects: Path, digest: Digest, content: bytes) -> Path:
    """Replace the bytes of an object by as many others; returns the file."""
    path, start, size = find(objects, digest)
    assert len(content) == size
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:start] + content + whole[start + size :])
    return path


def flip(objects: Path, digest: Digest, at: int = 0) -> Path:
    """Change one bit of a byte of an object; returns the file."""
    content = bytearray(read(objects, digest))
    content[at] ^= 1
    return overwrite(objects, digest, bytes(content))


def remove(objects: Path, digest: Digest) -> None:
    """Take an object away: its pack is written again without it."""
    remove_in(LocalBackend(objects), digest)


def remove_in(backend: Backend, digest: Digest) -> None:
    """Take an object away, wherever it lies."""
    key, _, _ = find_in(backend, digest)
    pack = read_pack(backend, key.removeprefix(UNDER), backend.size(key))
    writer = PackWriter(backend.receive())
    for row in pack.rows:
        if row.id.hex() != digest.removeprefix("sha256:"):
            writer.add_stored(row, read_stored(backend, pack.name, row)[HEADER.size :])
    written = writer.finish()
    if written.rows:
        writer.place(written)
    writer.discard()
    backend.remove(key)
