"""Many small files written by several processes, each verified by the one that writes it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from cairn.core.errors import Conflict
from cairn.core.tree import Entry
from cairn.objects import ObjectStore, open_local
from cairn.objects.fault import storing
from cairn.objects.folder import descend, open_folder
from cairn.objects.restore_file import write_entry
from cairn.objects.worker import serve
from cairn.objects.workers import Workers

JOB_FILES, JOB_BYTES = 256, 32 << 20
MODULE = "cairn.objects.restore_worker"


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
    size = 0
    with ExitStack() as stack:
        prefix, folder = b"", top
        for entry in job:
            above = entry.path[: entry.path.rfind(b"/") + 1]
            if above != prefix:
                stack.close()
                prefix, folder = above, descend(top, above, os.fsdecode)
                stack.callback(os.close, folder)
            descriptor = write_entry(objects, folder, entry)
            if descriptor is not None:
                os.close(descriptor)
            size += entry.size
    return len(job), size


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
