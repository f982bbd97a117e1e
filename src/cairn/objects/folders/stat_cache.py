"""What the last snapshot of a folder saw, so that a file that did not change is not read.

Advice and no more: a cache that is missing, damaged or another folder's costs time only. It
answers for a file whose size, mode, times, inode and device are what they were, and only
where the file was older than the snapshot that read it: one that changed while that snapshot
was at work may have been read before the change and have the same times (as Git's racy
entries). The file is written anew as a whole, and a checksum stands beside each of its parts.
"""

import hashlib
import os
import secrets
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from cairn import rights
from cairn.core.digest import Digest
from cairn.objects.folders.folder import Slice
from cairn.objects.folders.plan import UNKNOWN, parts
from cairn.objects.source import About

HEAD = b"cairn stat/1\n"
KEPT_CACHES = 64
FINE_NS, COARSE_NS = 20_000_000, 2_000_000_000
_CHECK_BYTES = 16
_MILLISECOND_NS = 1_000_000
_TAIL = struct.Struct(f"<QQ{_CHECK_BYTES}s")


class Whole(NamedTuple):
    """What the snapshot came to, and the names of the packs that hold it, among others."""

    tree: Digest
    files: int
    size_bytes: int
    packs: list[str]


class _Place(NamedTuple):
    """Where in the file a slice and its digests lie, and their checksum."""

    prefix: bytes
    after: bytes
    start: int
    size: int
    check: bytes


class _Kept(NamedTuple):
    slice: Slice
    digests: bytes


class _Index(NamedTuple):
    whole: Whole
    places: list[_Place]


_encode = msgspec.msgpack.Encoder().encode
_decode_kept = msgspec.msgpack.Decoder(_Kept).decode
_decode_index = msgspec.msgpack.Decoder(_Index).decode


class StatCache:
    """The cache of one folder, as the last snapshot left it."""

    def __init__(self, file: BinaryIO | None) -> None:
        index = _read_index(file) if file else None
        self._file = file
        self.whole = index.whole if index else None
        self.slices = len(index.places) if index else 0
        self._places: dict[bytes, list[_Place]] = {}
        for place in index.places if index else ():
            self._places.setdefault(place.prefix, []).append(place)

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()

    def find(self, seen: Slice) -> tuple[bytes, bool]:
        """Return 32 bytes for each of the files of a slice, zeros where unknown.

        And whether the slice is, in all that matters, the same as then.
        """
        places = self._places.get(seen.prefix, ())
        for place in places:
            if place.after == seen.after and (kept := self._read(place)):
                same = (kept.slice.names, kept.slice.abouts) == (seen.names, seen.abouts)
                if same and len(kept.digests) == seen.files * len(UNKNOWN):
                    return kept.digests, True
        places = _overlapping(places, seen)
        return self._by_name(seen, places) if places else bytes(32 * seen.files), False

    def _by_name(self, seen: Slice, places: Iterable[_Place]) -> bytes:
        known: dict[bytes, tuple[About, bytes]] = {}
        for place in places:
            if kept := self._read(place):
                rows = zip(kept.slice.read_abouts(), parts(kept.digests), strict=True)
                known.update(zip(kept.slice.file_names(), rows, strict=True))
        found = (
            (known.get(name), about)
            for name, about in zip(seen.file_names(), seen.read_abouts(), strict=True)
        )
        return b"".join(
            row[1] if row is not None and row[0] == about else UNKNOWN for row, about in found
        )

    def _read(self, place: _Place) -> _Kept | None:
        """Read a slice; None if it is not what was written."""
        if self._file is None:
            return None
        content = _read_at(self._file, place.start, place.size)
        return _decode_kept(content) if _check(content) == place.check else None


class StatWriter:
    """A new cache on its way to `path`; without one, or where it cannot be written, nothing.

    What changed about when this began is left unknown in it.
    """

    def __init__(self, path: Path | None) -> None:
        self._started_ns = clock_ns()
        self._path = path
        self._beside = path and path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
        self._file: BinaryIO | None = None
        self._places: list[_Place] = []
        self._at = 0

    def add(self, seen: Slice, digests: bytes) -> None:
        """Add a slice and a digest (32 bytes, or zeros) for each of its files."""
        content = _encode(_Kept(seen, self._settled(seen, digests)))
        if not self._places:
            self._write(HEAD)
        self._places.append(
            _Place(seen.prefix, seen.after, self._at, len(content), _check(content))
        )
        self._write(content)

    def finish(self, whole: Whole) -> None:
        """Let the cache take its place."""
        index = _encode(_Index(whole, self._places))
        self._write(index + _TAIL.pack(self._at, len(index), _check(index)))
        with suppress(OSError):
            if self._file and self._beside and self._path:
                self._file.close()
                self._beside.replace(self._path)
                _forget_oldest(self._path.parent)

    def close(self) -> None:
        """Forget what did not take its place."""
        if self._file and self._beside:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._beside.unlink()

    def _write(self, content: bytes) -> None:
        """Write, as long as that goes well: a cache is never a reason to fail."""
        try:
            if self._beside and not self._file:
                rights.make_folder(self._beside.parent)
                self._file = rights.new_file(self._beside)
            if self._file:
                self._at += self._file.write(content)
        except OSError:
            self.close()
            self._beside = None

    def _settled(self, seen: Slice, digests: bytes) -> bytes:
        """Take away the digests of files that changed too late to be sure of them."""
        since = self._started_ns - COARSE_NS
        late = [at for at, a in enumerate(seen.read_abouts()) if a[2] > since or a[3] > since]
        if not late:
            return digests
        abouts, kept = seen.read_abouts(), bytearray(digests)
        for at in late:
            if is_racy(abouts[at], self._started_ns):
                kept[32 * at : 32 * at + 32] = UNKNOWN
        return bytes(kept)


def clock_ns() -> int:
    """Tell the time by the clock that files are stamped with."""
    return time.time_ns()


def cache_path(folder: Path, top: Path) -> Path:
    """Tell where in `folder` the cache of the folder or file `top` lies."""
    name = hashlib.blake2b(os.fsencode(top.resolve()), digest_size=16).hexdigest()
    return folder / name


def open_cache(path: Path | None) -> StatCache:
    """Open a cache; an empty one if there is none that can be used."""
    file = None
    if path is not None:
        with suppress(OSError):
            file = path.open("rb", buffering=0)
    return StatCache(file)


def is_racy(about: About, started_ns: int) -> bool:
    """Tell whether a file may have changed since it was read without showing it.

    It would have to change while it has the same stamp. Stamps are a clock tick late, and on
    some disks whole seconds: there they end in zeros.
    """
    latest = max(about[2], about[3])
    tick = FINE_NS if about[3] % _MILLISECOND_NS else COARSE_NS
    return latest > started_ns - tick


def _overlapping(places: Sequence[_Place], seen: Slice) -> list[_Place]:
    """Return the slices of then that may have names of this one: cuts may have moved."""
    last = seen.names.rpartition(b"\0")[2]
    ends = [*(place.after for place in places[1:]), None]
    return [
        place
        for place, end in zip(places, ends, strict=False)
        if place.after < last and (end is None or end > seen.after)
    ]


def _read_index(file: BinaryIO) -> _Index | None:
    """Read which slices there are; None unless the file is whole."""
    with suppress(OSError, msgspec.DecodeError, struct.error):
        end = file.seek(0, os.SEEK_END) - _TAIL.size
        start, size, check = _TAIL.unpack(_read_at(file, end, _TAIL.size))
        content = _read_at(file, start, size) if start + size == end else b""
        if _read_at(file, 0, len(HEAD)) == HEAD and _check(content) == check:
            return _decode_index(content)
    return None


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    with suppress(OSError):
        return os.pread(file.fileno(), size, start)
    return b""


def _check(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECK_BYTES).digest()


def _forget_oldest(folder: Path) -> None:
    """Keep the caches of the folders that were snapshotted last."""
    found = [(path.stat().st_mtime_ns, path) for path in folder.iterdir()]
    for _, path in sorted(found, reverse=True)[KEPT_CACHES:]:
        path.unlink()
