"""Objects by digest, whatever the backend: nothing is handed out before it is verified."""

import hashlib
import os
import re
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeVar

from cairn.core.digest import Digest, digest_bytes, from_canonical
from cairn.core.errors import Corrupt, Invalid, NotFound, Unavailable
from cairn.core.request import Record
from cairn.core.tree import escape
from cairn.objects.backend import Backend
from cairn.objects.batch import Batch
from cairn.objects.fault import storing
from cairn.objects.source import CHUNK, open_source
from cairn.objects.sync import sync_folder

Stored = TypeVar("Stored", bound=Record)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_KEY = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")


class Sink(Protocol):
    """Something that takes bytes: a file, a hash."""

    def write(self, content: bytes, /) -> object:
        """Take some more bytes."""
        ...


class ObjectStore:
    """Bytes by their SHA-256 in one backend; an object never changes and is never replaced."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def batch(self) -> Batch:
        """Begin to store many objects: durable, all of them, when the `with` block ends."""
        return Batch(self._backend, self.check)

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

    def get(self, digest: Digest) -> bytes:
        """Read an object into memory; raises `NotFound`, `Corrupt`."""
        content = b"".join(self._chunks(digest))
        if digest_bytes(content) != digest:
            raise self._damaged(digest, len(content))
        return content

    def get_record(self, digest: Digest, kind: type[Stored]) -> Stored:
        """Read a record; raises `NotFound`, and `Corrupt` unless it is a canonical `kind`."""
        try:
            return from_canonical(self.get(digest), kind)
        except Corrupt as error:
            raise Corrupt(f"{digest}: {error}") from error

    def write_to(self, digest: Digest, sink: Sink) -> int:
        """Copy an object to `sink` and return its size; raises `NotFound`, `Corrupt`.

        `Corrupt` comes after bytes were written: keep them out of sight until this returns.
        """
        read, size = hashlib.sha256(), 0
        for chunk in self._chunks(digest):
            read.update(chunk)
            sink.write(chunk)
            size += len(chunk)
        if "sha256:" + read.hexdigest() != digest:
            raise self._damaged(digest, size)
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
        return self._backend.exists(_key(digest))

    def size(self, digest: Digest) -> int:
        """Tell the size of an object as it lies here, unread; raises `NotFound`."""
        with self._asking(digest):
            return self._backend.size(_key(digest))

    def check(self, digest: Digest) -> int:
        """Read an object from end to end and return its size; raises `NotFound`, `Corrupt`."""
        return self.write_to(digest, _Nothing())

    def digests(self) -> Iterator[Digest]:
        """List every object, in ascending order."""
        for found in self._backend.list("sha256/"):
            if match := _KEY.fullmatch(found.key):
                yield f"sha256:{match[1]}{match[2]}"

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine is the one that the objects lie in."""
        return self._backend.is_own(device, inode)

    def _chunks(self, digest: Digest) -> Iterator[bytes]:
        """Yield the bytes of an object as they lie there, unverified."""
        key, place = _key(digest), 0
        with self._asking(digest):
            while chunk := self._backend.read(key, place, CHUNK):
                yield chunk
                place += len(chunk)

    @contextmanager
    def _asking(self, digest: Digest) -> Generator[None, None, None]:
        """Name the object that is missing or cannot be read."""
        try:
            yield
        except NotFound as error:
            where = self._backend.where(_key(digest))
            raise NotFound(
                f"object {digest} is missing: there is no {where}; "
                "if it has been there, bring it back from a backup"
            ) from error
        except Unavailable as error:
            raise Unavailable(f"object {digest}: {error}") from error

    def _damaged(self, digest: Digest, size: int) -> Corrupt:
        where = self._backend.where(_key(digest))
        return Corrupt(
            f"object {digest} is damaged: the {size} bytes at {where} are not its own; move "
            "that file away, then store the same content again or bring it from a backup"
        )


class _Nothing:
    def write(self, content: bytes, /) -> None:
        pass


def _key(digest: Digest) -> str:
    if _DIGEST.fullmatch(digest) is None:
        raise Invalid(f"{digest!r} is no digest: sha256: and 64 hexadecimal digits")
    name = digest.removeprefix("sha256:")
    return f"sha256/{name[:2]}/{name[2:]}"
