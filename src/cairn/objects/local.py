"""Objects as read-only files: `sha256/ab/<62 hexadecimal digits>` under one folder.

An object is written to `tmp/`, made durable, and only then linked to its name, which never
replaces a file. A killed process leaves files in `tmp/` that nothing refers to; a later
process removes them when they are a day old.
"""

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cairn.core.errors import NotFound
from cairn.objects.backend import Incoming
from cairn.objects.fault import storing
from cairn.objects.sync import make_folder, sync_folder

LITTER_SECONDS = 24 * 60 * 60
_PAIR = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class LocalBackend:
    """Objects in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._objects = self._folder / "sha256"
        self._tmp = self._folder / "tmp"
        self._unsettled: set[str] = set()
        _remove_litter(self._tmp)

    def receive(self) -> Incoming:
        """Begin a new object."""
        path = self._tmp / secrets.token_hex(16)
        with storing(self._folder):
            self._prepare()
            return _Incoming(self, path)

    def settle(self) -> None:
        """Sync the folders that objects were placed or found in.

        Found as well: whoever placed them may not have got as far as syncing.
        """
        with storing(self._folder):
            for pair in sorted(self._unsettled):
                sync_folder(self._objects / pair)
            if self._unsettled:
                sync_folder(self._objects)
        self._unsettled.clear()

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, unverified; raises `NotFound`."""
        try:
            return self._path(name).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise self._absent(name) from error

    def exists(self, name: str) -> bool:
        """Tell whether an object lies here, unverified."""
        found = self._path(name).exists()
        if found:
            self._unsettled.add(name[:2])
        return found

    def size(self, name: str) -> int:
        """Tell how many bytes lie here, unverified; raises `NotFound`."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError as error:
            raise self._absent(name) from error

    def names(self) -> Iterator[str]:
        """List all objects in ascending order."""
        for pair in _listed(self._objects, _PAIR):
            for rest in _listed(self._objects / pair, _REST):
                yield pair + rest

    def where(self, name: str) -> str:
        """Say to a person where the object lies."""
        return str(self._path(name))

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine holds the objects themselves."""
        try:
            own = self._folder.stat()
        except FileNotFoundError:
            return False
        return (own.st_dev, own.st_ino) == (device, inode)

    def link(self, source: Path, name: str) -> bool:
        """Give the file `source` its name; False where one is already."""
        path = self._path(name)
        self._unsettled.add(name[:2])
        try:
            _link(source, path)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            return self.link(source, name)
        except FileExistsError:
            return False
        return True

    def _path(self, name: str) -> Path:
        return self._objects / name[:2] / name[2:]

    def _absent(self, name: str) -> NotFound:
        return NotFound(
            f"object sha256:{name} is not in this store: {self._path(name)} is missing"
        )

    def _prepare(self) -> None:
        if not self._tmp.is_dir() or not self._objects.is_dir():
            make_folder(self._objects)
            make_folder(self._tmp)


class _Incoming:
    def __init__(self, backend: LocalBackend, path: Path) -> None:
        self._backend = backend
        self._path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)

    def write(self, content: bytes) -> None:
        with storing(self._path.parent.parent):
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def seal(self) -> None:
        with storing(self._path.parent.parent):
            os.fsync(self._descriptor)
            self._close()

    def place(self, name: str) -> bool:
        with storing(self._path.parent.parent):
            placed = self._backend.link(self._path, name)
        self.discard()
        return placed

    def discard(self) -> None:
        self._close()
        with suppress(OSError):
            self._path.unlink()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _link(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno not in _NO_LINKS or path.exists():
            raise
        source.rename(path)  # FAT and some network file systems know no hard links


def _listed(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as listing:
        return sorted(entry.name for entry in listing if pattern.fullmatch(entry.name))
    return []


def _remove_litter(folder: Path) -> None:
    """Remove what killed processes left; whoever still writes a file has touched it today."""
    with suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > LITTER_SECONDS:
                Path(entry.path).unlink()
