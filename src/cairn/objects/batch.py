"""Many objects at once: files are synced in groups, and each folder once.

A batch is durable when it ends without an error, and not before: refer to its objects then.
What was placed before an error stays: complete, verified, and referred to by nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.request import Record
from cairn.objects.backend import Backend, Incoming
from cairn.objects.source import CHUNK, Source, changed

WAITING_OBJECTS = 128
WAITING_BYTES = 64 << 20


class Batch:
    """Stores objects; asks `verify` about each that lies in the backend already."""

    def __init__(self, backend: Backend, verify: Callable[[Digest], object]) -> None:
        self._backend = backend
        self._verify = verify
        self._waiting: dict[Digest, Incoming] = {}
        self._waiting_bytes = 0
        self._keys: set[str] = set()
        self._failed: BaseException | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Make everything durable, or forget what is not placed yet."""
        if error is None and self._failed is not None:
            raise self._failed
        if error is None:
            self._place_waiting()
            self._backend.settle(self._keys)
        for incoming in self._waiting.values():
            incoming.discard()

    def put(self, content: bytes) -> Digest:
        """Store `content`."""
        digest = digest_bytes(content)
        self._store(digest, [content])
        return digest

    def put_record(self, record: Record) -> Digest:
        """Store the canonical bytes of a record."""
        return self.put(canonical(record))

    def put_source(self, source: Source) -> tuple[Digest, int]:
        """Store an open file; returns its digest and size.

        A file of several chunks is read twice, to name it and to copy it, so that one which
        is here already is not written again. One that changes meanwhile is a `Conflict`.
        """
        if source.size < CHUNK:
            content = b"".join(source.chunks())
            return self.put(content), len(content)
        digest = _digest_of(source)
        self._store(digest, _unchanged(source, digest))
        return digest, source.size

    def _store(self, digest: Digest, chunks: Iterable[bytes]) -> None:
        if digest in self._waiting:
            return
        # Also for what is there already: whoever placed it may not have settled it yet.
        self._keys.add(_key(digest))
        if self._backend.exists(_key(digest)):
            self._verify(digest)
            return
        self._waiting[digest] = self._received(chunks)
        if len(self._waiting) >= WAITING_OBJECTS or self._waiting_bytes >= WAITING_BYTES:
            self._place_waiting()

    def _received(self, chunks: Iterable[bytes]) -> Incoming:
        incoming = self._backend.receive()
        try:
            for chunk in chunks:
                incoming.write(chunk)
                self._waiting_bytes += len(chunk)
            incoming.end()
        except BaseException:
            incoming.discard()
            raise
        return incoming

    def _place_waiting(self) -> None:
        """Sync and place what waits; once this has failed, the batch can only fail."""
        try:
            for incoming in self._waiting.values():
                incoming.seal()
            for digest, incoming in self._waiting.items():
                if not incoming.place(_key(digest)):
                    self._verify(digest)
        except BaseException as error:
            self._failed = error
            raise
        finally:
            for incoming in self._waiting.values():
                incoming.discard()
            self._waiting = {}
            self._waiting_bytes = 0


def _key(digest: Digest) -> str:
    name = digest.removeprefix("sha256:")
    return f"sha256/{name[:2]}/{name[2:]}"


def _digest_of(source: Source) -> Digest:
    read = hashlib.sha256()
    for chunk in source.chunks():
        read.update(chunk)
    return "sha256:" + read.hexdigest()


def _unchanged(source: Source, digest: Digest) -> Iterator[bytes]:
    """Yield the bytes of a file, or raise `Conflict` at the end if they are not `digest`."""
    read = hashlib.sha256()
    for chunk in source.chunks():
        read.update(chunk)
        yield chunk
    if "sha256:" + read.hexdigest() != digest:
        raise changed(source.name)
