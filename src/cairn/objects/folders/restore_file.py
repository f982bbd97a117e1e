"""One entry of a tree written into an open folder: created, never opened, and verified."""

import os
from typing import Protocol

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Invalid
from cairn.core.tree import EXECUTABLE, SYMLINK, Entry, escape
from cairn.objects.folders.folder import check_target
from cairn.objects.store import Sink

LONGEST_TARGET = 4096
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Giver(Protocol):
    """Whoever has the bytes, and hands out none that are not what their digest says."""

    def get(self, digest: Digest) -> bytes:
        """Read an object into memory."""
        ...

    def size(self, digest: Digest) -> int:
        """Tell the size of an object, unread."""
        ...

    def write_to(self, digest: Digest, sink: Sink) -> int:
        """Copy an object to `sink` and return its size."""
        ...


def write_entry(
    objects: Giver, folder: int, entry: Entry, *, content: bytes | None = None
) -> int | None:
    """Write a file or a link; returns the file, open and for the caller to close.

    `content` is that of the file, verified, if it is in memory already. Raises `Invalid` where
    another name is taken for this one, `Corrupt` where the tree does not say what the object
    is, what `objects` raises, and an `OSError` of the disk.
    """
    name = entry.path.rpartition(b"/")[2]
    try:
        if entry.mode == SYMLINK:
            return _write_link(objects, folder, name, entry=entry)
        return _write_file(objects, folder, name, entry=entry, content=content)
    except FileExistsError as error:
        raise clash(entry.path) from error


def clash(path: bytes) -> Invalid:
    """Say that the disk takes a name for another one."""
    return Invalid(
        f"{escape(path)} cannot be told from another name here: restore to a disk that "
        "distinguishes upper and lower case"
    )


def _write_file(
    objects: Giver, folder: int, name: bytes, *, entry: Entry, content: bytes | None
) -> int:
    mode = 0o777 if entry.mode == EXECUTABLE else 0o666
    descriptor = os.open(name, _NEW_FILE, mode, dir_fd=folder)
    try:
        sink = _Descriptor(descriptor)
        if content is None:
            _check_size(entry, objects.write_to(entry.digest, sink))
        else:
            _check_size(entry, len(content))
            sink.write(content)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_link(objects: Giver, folder: int, name: bytes, *, entry: Entry) -> None:
    _check_size(entry, objects.size(entry.digest))
    if entry.size > LONGEST_TARGET:
        raise Corrupt(f"{escape(entry.path)} is a symbolic link of {entry.size} bytes")
    target = objects.get(entry.digest)
    check_target(entry.path, target, escape(entry.path))
    os.symlink(target, name, dir_fd=folder)


class _Descriptor:
    """Takes bytes for an open file: all of them, where the system call may take fewer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: bytes, /) -> None:
        written = os.write(self._descriptor, content)
        while written < len(content):
            written += os.write(self._descriptor, memoryview(content)[written:])


def _check_size(entry: Entry, size: int) -> None:
    if size != entry.size:
        raise Corrupt(
            f"{escape(entry.path)} has {size} bytes where its tree says {entry.size}: "
            "run `cairn verify --all`"
        )
