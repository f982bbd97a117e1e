"""Entries of a tree written as files: all of them, verified and durable, or none.

They are written into a new folder beside the destination, `.NAME.<16 hex>.partial`, which
then takes its name in one step. Folders are entered by descriptor and made one by one, files
are created and never opened, so nothing is ever written through a link.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Invalid
from cairn.core.tree import EXECUTABLE, SYMLINK, Entry, escape
from cairn.objects.fault import storing
from cairn.objects.folder import DEEPEST, check_target
from cairn.objects.store import Sink
from cairn.objects.sync import begin_sync, sync_folder

OPEN_FILES = 128
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LONGEST_TARGET = 4096


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


def restore_entries(objects: Giver, entries: Iterable[Entry], into: Path) -> None:
    """Write sorted entries into `into`, which must be absent or an empty folder."""
    with storing(into):
        place = into.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.partial")
        mode = _check_free(place)
        beside.mkdir()
    try:
        with storing(into):
            _write(objects, entries, beside)
            if mode is not None:
                beside.chmod(mode)
            beside.rename(place)
            sync_folder(place.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check_free(place: Path) -> int | None:
    """Return the mode of the empty folder that is there, None where nothing is."""
    if place == Path.cwd():
        raise Invalid(f"{place} is where you are and would be replaced: name a new folder")
    with suppress(FileNotFoundError):
        about = place.lstat()
        if not stat.S_ISDIR(about.st_mode) or any(place.iterdir()):
            raise Invalid(f"{place} is there already: restore into a new or empty folder")
        return stat.S_IMODE(about.st_mode)
    return None


def _write(objects: Giver, entries: Iterable[Entry], beside: Path) -> None:
    writer = _Writer(objects, beside)
    try:
        for entry in entries:
            writer.write(entry)
        writer.finish()
    finally:
        writer.close()


class _Writer:
    """Writes entries in the order of their paths; holds the folders that it is in open."""

    def __init__(self, objects: Giver, top: Path) -> None:
        self._objects = objects
        self._names: list[bytes] = []
        self._folders = [os.open(top, _FOLDER)]
        self._unsynced: list[int] = []

    def write(self, entry: Entry) -> None:
        """Write one file or link."""
        *names, name = entry.path.split(b"/")
        self._enter(names)
        try:
            if entry.mode == SYMLINK:
                self._write_link(entry, name)
            else:
                self._write_file(entry, name)
        except FileExistsError as error:
            raise _clash(entry.path) from error

    def finish(self) -> None:
        """Make everything durable."""
        self._sync_files()
        while self._folders:
            self._leave()

    def close(self) -> None:
        """Let go of whatever is open."""
        for descriptor in (*self._unsynced, *self._folders):
            os.close(descriptor)

    def _write_file(self, entry: Entry, name: bytes) -> None:
        mode = 0o777 if entry.mode == EXECUTABLE else 0o666
        descriptor = os.open(name, _NEW_FILE, mode, dir_fd=self._folders[-1])
        self._unsynced.append(descriptor)
        _check_size(entry, self._objects.write_to(entry.digest, _Descriptor(descriptor)))
        begin_sync(descriptor)
        if len(self._unsynced) >= OPEN_FILES:
            self._sync_files()

    def _write_link(self, entry: Entry, name: bytes) -> None:
        _check_size(entry, self._objects.size(entry.digest))
        if entry.size > LONGEST_TARGET:
            raise Corrupt(f"{escape(entry.path)} is a symbolic link of {entry.size} bytes")
        target = self._objects.get(entry.digest)
        check_target(entry.path, target, escape(entry.path))
        os.symlink(target, name, dir_fd=self._folders[-1])

    def _enter(self, names: list[bytes]) -> None:
        """Leave the folders that `names` do not begin with and make those that are new."""
        pairs = zip(self._names, names, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        while len(self._names) > shared:
            self._names.pop()
            self._leave()
        for name in names[shared:]:
            self._names.append(name)
            self._make(name)

    def _make(self, name: bytes) -> None:
        path = b"/".join(self._names)
        if len(self._names) > DEEPEST:
            raise Invalid(f"{escape(path)} lies more than {DEEPEST} folders deep")
        try:
            os.mkdir(name, dir_fd=self._folders[-1])
        except FileExistsError as error:
            raise _clash(path) from error
        self._folders.append(os.open(name, _FOLDER, dir_fd=self._folders[-1]))

    def _leave(self) -> None:
        descriptor = self._folders.pop()
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _sync_files(self) -> None:
        for descriptor in self._unsynced:
            os.fsync(descriptor)
        while self._unsynced:
            os.close(self._unsynced.pop())


class _Descriptor:
    """Takes bytes for an open file: all of them, where the system call may take fewer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: bytes, /) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


def _check_size(entry: Entry, size: int) -> None:
    if size != entry.size:
        raise Corrupt(
            f"{escape(entry.path)} has {size} bytes where its tree says {entry.size}: "
            "run `cairn verify --all`"
        )


def _clash(path: bytes) -> Invalid:
    return Invalid(
        f"{escape(path)} cannot be told from another name here: restore to a disk that "
        "distinguishes upper and lower case"
    )
