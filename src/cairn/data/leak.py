"""Where a leaked value lies in a store: objects, unpacked; ledger entries; other files.

It is looked for in all its spellings: as it is, in JSON, URL-encoded, in base64, hexadecimal.
Archives and compressed files are unpacked one level deep, up to 256 MiB; what is compressed in
another way, such as Parquet, is not looked into and is counted.
"""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from cairn.core.digest import Digest, canonical
from cairn.core.errors import Invalid
from cairn.core.secret.known import spellings
from cairn.listed import ledger_entries
from cairn.project import Project

SHORTEST = 4
_LARGEST = 256 << 20
_CLOSED = (b"PAR1", b"ARROW1", b"Obj\x01", b"\x28\xb5\x2f\xfd", b"\x89HDF", b"ORC")


class Leaks(NamedTuple):
    """Where a value was found, how many objects were looked at, and how many not inside."""

    objects: tuple[Digest, ...]
    entries: tuple[int, ...]
    files: tuple[str, ...]
    looked: int
    closed: int


class _Search:
    """Looks for spellings in bytes that come in parts; keeps the beginning of them."""

    def __init__(self, spelled: Sequence[bytes]) -> None:
        self._spelled = spelled
        self._overlap = max(map(len, spelled)) - 1
        self._before = b""
        self.whole = bytearray()
        self.found = False

    def write(self, content: bytes, /) -> None:
        joined = self._before + content
        self.found = self.found or any(each in joined for each in self._spelled)
        self._before = joined[-self._overlap :] if self._overlap else b""
        if len(self.whole) + len(content) <= _LARGEST:
            self.whole += content


def find_leaks(project: Project, value: str) -> Leaks:
    """Look everywhere in a store; raises `Invalid` for a value that is too short to look for.

    Raises `Corrupt` for an object that cannot be read: the value may be in it.
    """
    if len(value) < SHORTEST:
        raise Invalid(f"a value of less than {SHORTEST} characters stands everywhere")
    spelled = [each.encode() for each in spellings(value)]
    objects: list[Digest] = []
    looked = closed = 0
    for digest in project.objects.digests():
        search = _Search(spelled)
        project.objects.write_to(digest, search)
        looked += 1
        content = bytes(search.whole)
        closed += content.startswith(_CLOSED)
        inside = any(each in part for part in unpacked(content) for each in spelled)
        if search.found or inside:
            objects.append(digest)
    files = tuple(_files(project, spelled))
    return Leaks(tuple(objects), tuple(_entries(project, spelled)), files, looked, closed)


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield what is in an archive or a compressed file, as far as it can be read."""
    openers: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
        (b"\x1f\x8b", lambda packed: gzip.GzipFile(fileobj=io.BytesIO(packed)).read(_LARGEST)),
        (b"BZh", lambda packed: bz2.BZ2Decompressor().decompress(packed, _LARGEST)),
        (b"\xfd7zXZ", lambda packed: lzma.LZMADecompressor().decompress(packed, _LARGEST)),
        (b"x", lambda packed: zlib.decompressobj().decompress(packed, _LARGEST)),
    )
    with suppress(OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        for beginning, opened in openers:
            if content.startswith(beginning):
                yield opened(content)
    if not content.startswith(b"PK"):
        return
    broken = (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
    with suppress(*broken), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                yield member.read(_LARGEST)


def _entries(project: Project, spelled: Sequence[bytes]) -> Iterator[int]:
    for entry in ledger_entries(project.engine):
        content = canonical(entry)
        if any(each in content for each in spelled):
            yield entry.seq


def _files(project: Project, spelled: Sequence[bytes]) -> Iterator[str]:
    """Name other files of the store, the ledger's and the objects' own left out."""
    store = project.settings.store
    theirs = {store / "ledger", store / "objects" / "packs", store / "objects" / "sha256"}
    for path in sorted(store.rglob("*")):
        if path.name.startswith("cairn.db") or theirs.intersection(path.parents):
            continue
        if path.is_file() and not path.is_symlink():
            search = _Search(spelled)
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    search.write(chunk)
            if search.found:
                yield str(path.relative_to(store))
