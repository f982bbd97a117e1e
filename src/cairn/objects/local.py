"""Objects as read-only files: `sha256/ab/<62 hexadecimal digits>` under one folder.

An object is written to `tmp/`, made durable, and only then linked to its name, which never
replaces a file. A killed process leaves files in `tmp/` that nothing refers to; a later one
removes them when they are a day old.
"""

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cairn.core.errors import NotFound
from cairn.objects.backend import Incoming
from cairn.objects.fault import storing
from cairn.objects.sync import begin_sync, make_folder, sync_folder

LITTER_SECONDS = 24 * 60 * 60
_PAIR = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


class LocalBackend:
    """Objects in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._objects = self._folder / "sha256"
        self._tmp = self._folder / "tmp"
        _remove_litter(self._tmp)

    def receive(self) -> Incoming:
        """Begin a new object."""
        with storing(self._folder):
            if not self._tmp.is_dir():
                make_folder(self._objects)
                make_folder(self._tmp)
            return _Incoming(self._folder)

    def shelf(self, name: str) -> str:
        """Tell which folder lists an object."""
        return name[:2]

    def settle(self, shelves: AbstractSet[str]) -> None:
        """Sync the folders that list objects, and the one that lists those folders."""
        with storing(self._folder):
            for pair in sorted(shelves):
                sync_folder(self._objects / pair)
            if shelves:
                sync_folder(self._objects)

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, unverified; raises `NotFound` or an `OSError`."""
        try:
            return self._path(name).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise self._absent(name) from error

    def exists(self, name: str) -> bool:
        """Tell whether an object lies here, unverified."""
        return self._path(name).exists()

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
        """Tell whether this folder of the machine is the one that the objects lie in."""
        try:
            own = self._folder.stat()
        except FileNotFoundError:
            return False
        return (own.st_dev, own.st_ino) == (device, inode)

    def _path(self, name: str) -> Path:
        return _path(self._folder, name)

    def _absent(self, name: str) -> NotFound:
        return NotFound(
            f"object sha256:{name} is missing: there is no {self.where(name)}; if it has been "
            "there, bring it back from a backup"
        )


class _Incoming:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "tmp" / secrets.token_hex(16)
        self._descriptor = os.open(self._path, _NEW_FILE, 0o444)

    def write(self, content: bytes) -> None:
        rest = memoryview(content)
        with storing(self._folder):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def end(self) -> None:
        begin_sync(self._descriptor)

    def seal(self) -> None:
        with storing(self._folder):
            os.fsync(self._descriptor)
            self._close()

    def place(self, name: str) -> bool:
        path = _path(self._folder, name)
        with storing(self._folder):
            path.parent.mkdir(exist_ok=True)
            return _link(self._path, path)

    def discard(self) -> None:
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self._path.unlink()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _path(folder: Path, name: str) -> Path:
    return Path(f"{folder}/sha256/{name[:2]}/{name[2:]}")  # parsed once: ten thousands are


def _link(source: Path, path: Path) -> bool:
    """Give a file a second name; False where something has that name."""
    try:
        os.link(source, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _rename(source, path)
    return True


def _rename(source: Path, path: Path) -> bool:
    """Do as `_link` where there are no hard links: on FAT and some network file systems.

    Of two writers at the same instant the later one replaces the same bytes by the same.
    """
    if path.exists():
        return False
    source.rename(path)
    return True


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
