"""Objects by digest, whatever the backend: nothing is handed out before it is verified."""

import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from cairn.core.digest import RECORD_BYTES, Digest, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.core.tree import escape
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.os_errors import storing
from cairn.objects.backends.owners import require_sole_owner
from cairn.objects.backends.sync import sync_folder
from cairn.objects.packs.batch import Batch, Lease
from cairn.objects.packs.blob import Cipher
from cairn.objects.packs.index import Index, Place
from cairn.objects.packs.lease import Lease as HeldLease
from cairn.objects.packs.listing import listed_packs, stored_digests
from cairn.objects.packs.pack import Pack
from cairn.objects.packs.reader import Reader, id_of
from cairn.objects.source import open_source
from cairn.objects.upkeep.join import Joiner, unjoined

if TYPE_CHECKING:
    from cairn.objects.upkeep.fsck import Checker
    from cairn.objects.upkeep.reclaim import Reclaimer

Stored = TypeVar("Stored", bound=Record)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Sink(Protocol):
    """Something that takes bytes: a file, a hash."""

    def write(self, content: bytes, /) -> object:
        """Take some more bytes."""
        ...


class ObjectStore:
    """Bytes by their SHA-256 in one backend; an object never changes and is never replaced.

    `cache` is a file that remembers where what lies. With a `cipher`, what is stored from now
    on is encrypted. The `lease` is told before anything that lies here is relied on. Processes
    that help open the objects at `folder`; snapshots remember what they saw under `stats`.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        cache: Path | None = None,
        cipher: Cipher | None = None,
        lease: Lease | None = None,
        folder: Path | None = None,
        stats: Path | None = None,
    ) -> None:
        self.folder = folder
        self.stats = stats
        self._backend = backend
        self._reader = Reader(backend, Index(backend, cache=cache, cipher=cipher), cipher)
        self._lease = lease if lease is not None else HeldLease(backend)

    @property
    def reader(self) -> Reader:
        """What lies here, blob by blob."""
        return self._reader

    def batch(self) -> Batch:
        """Begin to store many objects: durable, all of them, when the `with` block ends."""
        return Batch(self._reader, self._lease, Joiner(self._reader))

    def put(self, content: bytes) -> Digest:
        """Store `content` durably.

        Raises `Corrupt` if it is stored already and damaged: that is never mended silently.
        """
        with self.batch() as batch:
            return batch.put(content)

    def put_file(self, path: Path) -> tuple[Digest, int]:
        """Store a file durably; returns its digest and size.

        Raises `Conflict` if it changes meanwhile, `NotFound` or `Unavailable` if it cannot
        be read, and what `put` raises.
        """
        name = escape(os.fsencode(path))
        with self.batch() as batch, open_source(path, name) as source:
            return batch.put_source(source)

    def put_record(self, record: Record) -> Digest:
        """Store the canonical bytes of a record durably."""
        with self.batch() as batch:
            return batch.put_record(record)

    def get(self, digest: Digest, *, most: int | None = None) -> bytes:
        """Read an object into memory; raises `NotFound`, `Corrupt`.

        `most` bytes at most, if given: a few bytes of a recipe may stand for gigabytes.
        """
        return b"".join(self._reader.parts(_checked(digest), most=most))

    def read_range(self, digest: Digest, start: int, size: int) -> bytes:
        """Read `size` bytes of an object from `start` on, fewer only at its end.

        Of an object in pieces only those are read that hold the range, each verified by its
        own id. Raises `NotFound`, `Corrupt`.
        """
        return self._reader.part(_checked(digest), start, size)

    def get_record(self, digest: Digest, kind: type[Stored]) -> Stored:
        """Read a record; raises `NotFound`, and `Corrupt` unless it is a canonical `kind`."""
        try:
            return from_canonical(self.get(digest, most=RECORD_BYTES), kind)
        except Corrupt as error:
            raise Corrupt(f"{digest}: {error}") from error

    def write_to(self, digest: Digest, sink: Sink) -> int:
        """Copy an object to `sink` and return its size; raises `NotFound`, `Corrupt`.

        `Corrupt` comes after bytes were written: keep them out of sight until this returns.
        """
        size = 0
        for part in self._reader.parts(_checked(digest)):
            sink.write(part)
            size += len(part)
        return size

    def copy_to(self, digest: Digest, path: Path) -> None:
        """Copy an object to the file `path`, which is replaced once every byte is verified."""
        beside = path.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            with storing(path), beside.open("xb") as file:
                self.write_to(digest, file)
                file.flush()
                os.fsync(file.fileno())
            with storing(path):
                beside.replace(path)
                sync_folder(path.parent)
        finally:
            with suppress(OSError):
                beside.unlink()

    def has(self, digest: Digest) -> bool:
        """Tell whether an object is here; `check` tells whether it is intact."""
        return self._reader.has(_checked(digest))

    def have(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return which of many objects are here, in one look."""
        return self._reader.have(map(_checked, digests))

    def size(self, digest: Digest) -> int:
        """Tell the size of an object as it lies here, unread; raises `NotFound`."""
        return self._reader.size(_checked(digest))

    def check(self, digest: Digest) -> int:
        """Read an object from end to end and return its size; raises `NotFound`, `Corrupt`."""
        return self.write_to(digest, _Nothing())

    def digests(self) -> Iterator[Digest]:
        """List every object, in ascending order."""
        return stored_digests(self._reader)

    def places(self, digest: Digest) -> list[Place]:
        """Say in which packs an object lies, or the recipe of a large one."""
        return self._reader.look(id_of(_checked(digest)))

    def packs(self) -> Iterator[Pack]:
        """Read which packs there are and what is in each, ascending by name.

        Raises `Corrupt` for one that does not say.
        """
        return listed_packs(self._backend)

    @property
    def is_encrypted(self) -> bool:
        """Whether what is stored from now on is encrypted."""
        return self._reader.cipher is not None

    def hold(self) -> None:
        """Let nothing that lies here be removed before this store is closed or forgotten."""
        self._lease.reusing()

    def reclaimer(self) -> "Reclaimer":
        """Begin to look for what may be removed; `Conflict` where other stores keep bytes."""
        require_sole_owner(self._backend)
        from cairn.objects.upkeep.reclaim import Reclaimer

        return Reclaimer(self._backend, self._reader.cipher)

    def unjoined(self) -> AbstractContextManager[bool]:
        """Let no writer join packs meanwhile, so that those which are looked at stay."""
        return unjoined(self._backend)

    def erase(self, digests: Collection[Digest]) -> None:
        """Take objects away at once; `Conflict` where other stores keep bytes."""
        from cairn.objects.upkeep.erase import Eraser

        require_sole_owner(self._backend)
        with unjoined(self._backend):
            Eraser(self._backend, self._reader.cipher).erase([_checked(d) for d in digests])
        self._reader.index.refresh(surely=True)

    def checker(self) -> "Checker":
        """Begin to look for what is damaged."""
        from cairn.objects.upkeep.fsck import Checker

        return Checker(self._backend, self._reader.cipher)

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine is the one that the objects lie in."""
        return self._backend.is_own(device, inode)


class _Nothing:
    def write(self, content: bytes, /) -> None:
        pass


def _checked(digest: Digest) -> Digest:
    if _DIGEST.fullmatch(digest) is None:
        raise Invalid(f"{digest!r} is not a digest: sha256: and 64 hexadecimal digits")
    return digest
