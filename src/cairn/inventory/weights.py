"""Weights: each file hashed once, several at a time."""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from cairn.inventory.findings import Unread, Weights
from cairn.inventory.formats import Format
from cairn.inventory.walk import File, Unreadable, head, open_regular, reason

READERS = 4

Progress = Callable[[int, int, int, int], None]
"""Told files done, bytes done, files in all, bytes in all."""

_POINTER_BYTES = 1024
_POINTER = re.compile(rb"oid (sha256:[0-9a-f]{64})\nsize (\d{1,15})\n")


def weights(
    found: Sequence[tuple[File, Format]], on_progress: Progress | None
) -> list[Weights | Unread]:
    """Describe files of weights; one that cannot be read is listed without a digest."""
    total, done = sum(file.size for file, _ in found), 0
    described: list[Weights | Unread] = []
    with ThreadPoolExecutor(READERS) as pool:
        for number, parts in enumerate(pool.map(_describe, found)):
            described.extend(parts)
            done += found[number][0].size
            if on_progress is not None:
                on_progress(number + 1, done, len(found), total)
    return described


def _describe(found: tuple[File, Format]) -> tuple[Weights | Unread, ...]:
    file, form = found
    try:
        digest, size = _of_pointer(file) if "pointer" in form.note else _of_bytes(file)
    except Unreadable as error:
        digest, size = None, file.size
        missing: tuple[Unread, ...] = (Unread(path=file.name, reason=str(error)),)
    else:
        missing = ()
    note = f"links to {file.target}" if file.target else form.note
    known = Weights(
        path=file.name, format=form.name, size_bytes=size, digest=digest, note=note
    )
    return known, *missing


def _of_bytes(file: File) -> tuple[str, int]:
    try:
        with os.fdopen(open_regular(file.path), "rb", buffering=0) as stream:
            before = os.fstat(stream.fileno())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise Unreadable(reason(error)) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Unreadable("changed while it was read: scan again when nothing writes to it")
    return f"sha256:{digest}", after.st_size


def _of_pointer(file: File) -> tuple[str | None, int]:
    """Read what a Git LFS pointer says about the content (git-lfs, docs/spec.md)."""
    found = _POINTER.search(head(file, _POINTER_BYTES))
    return (found[1].decode(), int(found[2])) if found else (None, file.size)
