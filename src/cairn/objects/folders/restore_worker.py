"""Many small files written by several processes, each verified by the one that writes it."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from cairn.core.digest import Digest
from cairn.core.errors import Conflict
from cairn.core.tree import SYMLINK, Entry
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.os_errors import storing
from cairn.objects.folders.folder import descend, open_folder
from cairn.objects.folders.restore_file import write_entry
from cairn.objects.folders.worker import serve
from cairn.objects.folders.workers import Workers
from cairn.objects.packs.bulk import read_many

JOB_FILES, JOB_BYTES = 256, 32 << 20
MODULE = "cairn.objects.folders.restore_worker"


class Settings(msgspec.Struct, array_like=True):
    """Where the store is, which folder is filled, and what people call it."""

    objects: bytes
    top: bytes
    place: tuple[int, int]
    into: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(list[Entry]).decode
_decode_done = msgspec.msgpack.Decoder(tuple[int, int]).decode


def write_by(workers: Workers, entries: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """Let workers write entries whose folders are there; yields files and bytes done."""
    for reply in workers.work(map(_encode, _jobs(entries))):
        yield _decode_done(reply)


def main() -> None:
    """Run as a worker."""
    serve(_restore)


def _restore(settings: bytes, jobs: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    told = msgspec.msgpack.decode(settings, type=Settings)
    objects, into = open_local(Path(os.fsdecode(told.objects))), Path(os.fsdecode(told.into))
    with open_folder(told.top, str(into)) as top:
        about = os.fstat(top)
        if (about.st_dev, about.st_ino) != told.place:
            raise Conflict(f"{into} was taken away while it was written: run this again")
        for job in jobs:
            with storing(into):
                yield _write_job(objects, top, _decode_job(job))


def _write_job(objects: ObjectStore, top: int, job: list[Entry]) -> tuple[int, int]:
    """Write some files, in the order in which they lie in packs, and whatever is left."""
    wanted: dict[Digest, list[Entry]] = {}
    for entry in job:
        wanted.setdefault(entry.digest, []).append(entry)
    with _Folders(top) as folders:
        files = (entry.digest for entry in job if entry.mode != SYMLINK)
        for digest, content in read_many(objects.reader, files):
            for entry in wanted.pop(digest):
                written = None if entry.mode == SYMLINK else content
                folders.write(objects, entry, content=written)
        for entries in wanted.values():
            for entry in entries:
                folders.write(objects, entry)
    return len(job), sum(entry.size for entry in job)


class _Folders:
    """The folders that the files of a job belong in, open."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._open: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def write(
        self, objects: ObjectStore, entry: Entry, *, content: bytes | None = None
    ) -> None:
        above = entry.path[: entry.path.rfind(b"/") + 1]
        if above not in self._open:
            self._open[above] = descend(self._top, above, os.fsdecode)
        descriptor = write_entry(objects, self._open[above], entry, content=content)
        if descriptor is not None:
            os.close(descriptor)


def _jobs(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    job: list[Entry] = []
    size = 0
    for entry in entries:
        job.append(entry)
        size += entry.size
        if len(job) >= JOB_FILES or size >= JOB_BYTES:
            yield job
            job, size = [], 0
    if job:
        yield job
