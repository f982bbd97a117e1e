"""One worker's part of a snapshot of a bucket: read what a job names, and store it."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from cairn.core.errors import Conflict
from cairn.data.buckets.bucket import PIECE, bucket_copy
from cairn.objects import ObjectStore
from cairn.objects.address import open_objects
from cairn.objects.folders.worker import serve
from cairn.objects.packs.batch import Batch
from cairn.objects.source import open_source

MODULE = "cairn.data.buckets.bucket_worker"
READERS = 8
"""Objects that one worker asks for at a time: most of the time it waits for the cloud."""

Job = list[tuple[str, int]]
"""Keys under the address, and the sizes that they were listed with."""
Stored = tuple[bytes, int]
"""Digest, 32 bytes, and size of what a key holds."""


class Settings(msgspec.Struct, array_like=True):
    """What is read, and where the objects of the store are: a folder or a bucket."""

    address: str
    objects: str


def main() -> None:
    """Run as a process beside the one that began it."""
    serve(_work)


def _work(settings: bytes, jobs: Iterator[bytes]) -> Iterator[list[Stored]]:
    return store_jobs(msgspec.msgpack.decode(settings, type=Settings), jobs)


def store_jobs(
    settings: Settings, jobs: Iterator[bytes], *, objects: ObjectStore | None = None
) -> Iterator[list[Stored]]:
    """Answer each job with what its keys hold; all is durable when this ends.

    Raises `Conflict` for an object that is not as it was listed, and what the cloud raises.
    """
    store = objects if objects is not None else open_objects(settings.objects)
    with store.batch() as batch, ThreadPoolExecutor(READERS) as readers:
        for job in jobs:
            wanted = msgspec.msgpack.decode(job, type=Job)
            asked = [
                readers.submit(_content, settings.address, key, size)
                for key, size in wanted
                if size <= PIECE
            ]
            contents = iter(asked)
            yield [
                _store_content(batch, next(contents).result())
                if size <= PIECE
                else _store_large(batch, settings.address, key, size)
                for key, size in wanted
            ]


def _content(address: str, key: str, size: int) -> bytes:
    content = b"".join(bucket_copy(address, key).chunks())
    _require_size(address, key, size, len(content))
    return content


def _store_content(batch: Batch, content: bytes) -> Stored:
    return _raw(batch.put(content)), len(content)


def _store_large(batch: Batch, address: str, key: str, size: int) -> Stored:
    """Store an object by way of a scratch file, so that memory stays small."""
    with tempfile.TemporaryDirectory(prefix="cairn-bucket-") as folder:
        path = Path(folder) / "object"
        with path.open("xb") as file:
            for chunk in bucket_copy(address, key).chunks():
                file.write(chunk)
        _require_size(address, key, size, path.stat().st_size)
        with open_source(path, f"{address}/{key}") as source:
            digest, _ = batch.put_source(source)
        return _raw(digest), size


def _require_size(address: str, key: str, listed: int, read: int) -> None:
    if listed != read:
        raise Conflict(
            f"{address.partition('?')[0]}/{key} changed while the snapshot was taken: it was "
            f"listed with {listed} bytes and has {read}; run this again"
        )


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))
