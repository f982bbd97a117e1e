"""Bytes as read-only files under one folder: the key is the path.

A file is written to `tmp/`, made durable, and only then linked to its name, which never
replaces a file. A killed process leaves files in `tmp/` that nothing refers to; a later one
removes them when they are a day old.
"""

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path

from cairn import rights
from cairn.core.errors import Corrupt
from cairn.objects.backends.backend import Found, Incoming
from cairn.objects.backends.os_errors import reading, storing
from cairn.objects.backends.sync import begin_sync, make_folder, sync_folder

LITTER_SECONDS = 24 * 60 * 60
INDEX = "index"
TICK_NANOSECONDS = 100_000_000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


class LocalBackend:
    """Bytes in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._tmp = self._folder / "tmp"
        self._settled: set[str] = set()
        _remove_litter(self._tmp)

    def receive(self) -> Incoming:
        """Begin a new file."""
        with storing(self._folder):
            if not self._tmp.is_dir():
                make_folder(self._folder)
                rights.make_folder(self._tmp)
                sync_folder(self._folder)
            return _Incoming(self._folder)

    def settle(self, keys: AbstractSet[str]) -> None:
        """Sync the folders that list these files, and once those that list the folders."""
        listing = {key.rpartition("/")[0] for key in keys}
        above = {parent for folder in listing for parent in _parents(folder)} - self._settled
        with storing(self._folder):
            for folder in sorted(listing | above):
                sync_folder(self._folder / folder)
        self._settled |= above

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        """Read from a file, unverified; raises `NotFound`, `Unavailable`."""
        path = self.where(key)
        with reading(path):
            descriptor = _open(path)
            try:
                wanted = os.fstat(descriptor).st_size - start if size is None else size
                return _read(descriptor, start, wanted)
            finally:
                os.close(descriptor)

    def size(self, key: str) -> int:
        """Tell how many bytes a file has; raises `NotFound`."""
        with reading(self.where(key)):
            return os.stat(self.where(key)).st_size  # noqa: PTH116 (ten thousands are asked)

    def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""
        return os.path.exists(self.where(key))  # noqa: PTH110 (ten thousands are asked)

    def list(self, under: str) -> Iterator[Found]:
        """List the files below a folder in ascending order, those not yet placed left out."""
        for found in _listed(self._folder, under):
            if not found.key.startswith("tmp/") and found.key != INDEX:
                yield found

    def remove(self, key: str) -> None:
        """Take a file away, durably."""
        path = Path(self.where(key))
        with storing(self._folder), suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def drop(self, keys: Iterable[str]) -> None:
        """Take files away, durably, with one sync for all of a folder."""
        paths = [Path(self.where(key)) for key in keys]
        with storing(self._folder):
            for path in paths:
                path.unlink(missing_ok=True)
            for folder in {path.parent for path in paths}:
                sync_folder(folder)

    @contextmanager
    def lock(self, under: str, *, wait: bool) -> Generator[bool]:
        """Lock a folder against other processes; False where that cannot be."""
        try:
            folder = os.open(self._folder / under, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:  # there is nothing in it
            yield False
            return
        try:
            yield _flock(folder, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        finally:
            os.close(folder)

    def stamp(self, under: str) -> int | None:
        """Return what differs once a file was placed or removed right below `under`.

        None for a moment after that: the clock of a file system ticks every few milliseconds,
        and two changes within one tick look like one.
        """
        try:
            changed = os.stat(f"{self._folder}/{under}").st_mtime_ns  # noqa: PTH116 (see above)
        except FileNotFoundError:
            return 0
        except OSError:
            return None
        age = time.time_ns() - changed
        return changed if age > TICK_NANOSECONDS else None

    def names(self, under: str) -> Sequence[str]:
        """Name what lies right below a folder: one question, however much there is."""
        try:
            return os.listdir(f"{self._folder}/{under}")  # noqa: PTH208 (see above)
        except FileNotFoundError:
            return []

    def where(self, key: str) -> str:
        """Say to a person where a file lies."""
        return f"{self._folder}/{key}"

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine is the one that the files lie in."""
        try:
            own = self._folder.stat()
        except FileNotFoundError:
            return False
        return (own.st_dev, own.st_ino) == (device, inode)


class _Incoming:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "tmp" / secrets.token_hex(16)
        self._descriptor = rights.create(self._path, sealed=True)

    def write(self, content: bytes | memoryview) -> None:
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

    def place(self, key: str) -> bool:
        path = self._folder / key
        with storing(self._folder):
            rights.make_folder(path.parent)
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


def _flock(descriptor: int, how: int) -> bool:
    """Lock a file; False where another one has, or where the file system has no locks."""
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        return False
    return True


def _open(path: str) -> int:
    """Open a file to read; raises `Corrupt` for a link, a pipe or a device that lies there."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _irregular(path, "a symbolic link") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _irregular(path, "not a file of bytes")
    return descriptor


def _irregular(path: str, what: str) -> Corrupt:
    return Corrupt(f"{path} is {what}: nothing of Cairn's is, so somebody else put it there")


def _parents(key: str) -> Iterator[str]:
    """Yield the folders that a key lies in, itself left out: `a/b/c` -> `a/b`, `a`, ``."""
    while key:
        key = key.rpartition("/")[0]
        yield key


def _read(descriptor: int, start: int, size: int) -> bytes:
    """Read `size` bytes where the system call may give fewer; fewer only at the end."""
    content = os.pread(descriptor, max(size, 0), start)
    while content and len(content) < size:
        more = os.pread(descriptor, size - len(content), start + len(content))
        if not more:
            break
        content += more
    return content


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


def _listed(folder: Path, under: str) -> Iterator[Found]:
    """List the files below `under`; folders are sorted as `name/`, as their keys are."""
    place = os.fspath(folder / under)
    try:
        with os.scandir(place) as listing:
            inner = {
                entry.name + "/" * entry.is_dir(follow_symlinks=False) for entry in listing
            }
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in sorted(inner):
        if name.endswith("/"):
            yield from _listed(folder, under + name)
            continue
        with suppress(FileNotFoundError):  # removed since
            about = os.lstat(f"{place}/{name}")  # pathlib costs more than the call
            yield Found(under + name, about.st_size, about.st_mtime)


def _remove_litter(folder: Path) -> None:
    """Remove what killed processes left; whoever still writes a file has touched it today."""
    with suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > LITTER_SECONDS:
                Path(entry.path).unlink()
