"""Many small files stored by several processes, each into packs of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from cairn.core.tree import escape
from cairn.objects import open_local
from cairn.objects.folders.folder import descend, open_folder
from cairn.objects.folders.intake import Read, read_seen
from cairn.objects.folders.plan import Unread
from cairn.objects.folders.worker import serve
from cairn.objects.folders.workers import Workers
from cairn.objects.packs.batch import Batch
from cairn.objects.source import changed

JOB_FILES, JOB_BYTES = 256, 32 << 20
MODULE = "cairn.objects.folders.intake_worker"


class Settings(msgspec.Struct, array_like=True):
    """Where the store is and what is read; `place` is the folder's device and inode."""

    objects: bytes
    top: bytes
    place: tuple[int, int]
    label: str


_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(list[Unread]).decode
_decode_reads = msgspec.msgpack.Decoder(list[Read]).decode


def read_by(workers: Workers, unread: Iterator[Unread]) -> Iterator[Read]:
    """Yield what workers read of each file, in order."""
    for reply in workers.work(map(_encode, _jobs(unread))):
        yield from _decode_reads(reply)


def main() -> None:
    """Run as a worker."""
    serve(_store)


def _store(settings: bytes, jobs: Iterator[bytes]) -> Iterator[list[Read]]:
    told = msgspec.msgpack.decode(settings, type=Settings)
    objects = open_local(Path(os.fsdecode(told.objects)))
    with open_folder(told.top, told.label) as top, objects.batch() as batch:
        about = os.fstat(top)
        if (about.st_dev, about.st_ino) != told.place:
            raise changed(told.label)
        for job in jobs:
            yield _read_job(batch, top, told.label, _decode_job(job))


def _read_job(batch: Batch, top: int, label: str, job: list[Unread]) -> list[Read]:
    reads: list[Read] = []

    def call(path: bytes) -> str:
        return f"{label}/{escape(path)}"

    with ExitStack() as stack:
        prefix, folder = b"", top
        for each in job:
            if each.prefix != prefix:
                stack.close()
                prefix, folder = each.prefix, descend(top, each.prefix, call)
                stack.callback(os.close, folder)
            reads.append(
                read_seen(
                    batch, folder, prefix=prefix, name=each.name, seen=each.about, call=call
                )
            )
    return reads


def _jobs(unread: Iterator[Unread]) -> Iterator[list[Unread]]:
    job: list[Unread] = []
    size = 0
    for each in unread:
        job.append(each)
        size += each.about[1]
        if len(job) >= JOB_FILES or size >= JOB_BYTES:
            yield job
            job, size = [], 0
    if job:
        yield job
