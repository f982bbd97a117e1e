"""Files that must not change while they are read."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from operator import attrgetter

from cairn.core.errors import Conflict, Invalid
from cairn.objects.backends.os_errors import reading, unreadable

CHUNK = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
About = tuple[int, int, int, int, int, int]
"""Mode, size, last changes of content and of anything in nanoseconds, inode, device."""
about_of: Callable[[os.stat_result], About] = attrgetter(
    "st_mode", "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev"
)
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Source:
    """An open regular file; `name` is what people call it."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._opened = os.fstat(descriptor)
        self._read_as: os.stat_result | None = None
        self.name = name
        if not stat.S_ISREG(self._opened.st_mode):
            raise not_stored(name, self._opened.st_mode)

    @property
    def size(self) -> int:
        """Size in bytes when it was opened."""
        return self._opened.st_size

    @property
    def is_executable(self) -> bool:
        """Whether its owner may execute it."""
        return bool(self._opened.st_mode & stat.S_IXUSR)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes from the start; raises `Conflict` at the end if they changed."""
        place = 0
        while place <= self.size and (chunk := self._read(place)):
            asked = self.size - place + 1
            place += len(chunk)
            yield chunk
            if asked <= CHUNK and place == self.size:
                break  # one byte more was asked for, and there was none
        self._check(place)

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, fewer only at the end."""
        with reading(self.name):
            return os.pread(self._descriptor, size, start)

    def is_at(self, found: os.stat_result) -> bool:
        """Tell whether this is still the file that lies where `found` was looked up."""
        return os.path.samestat(self._opened, found)

    def is_as(self, about: About) -> bool:
        """Tell whether, when it was read, it was in all what was seen before it was opened."""
        return self._read_as is not None and about_of(self._read_as) == about

    def _read(self, place: int) -> bytes:
        wanted = min(CHUNK, self.size - place + 1)  # one more than should be there
        return self.read(place, wanted)

    def _check(self, length: int) -> None:
        self._read_as = now = os.fstat(self._descriptor)
        if (length, now.st_size, now.st_mtime_ns) != (
            self.size,
            self.size,
            self._opened.st_mtime_ns,
        ):
            raise changed(self.name)


def open_source(
    path: str | bytes | os.PathLike[str], name: str, *, folder: int | None = None
) -> AbstractContextManager[Source]:
    """Open a file; one of an open `folder` is not followed if it is a symbolic link.

    Raises `Conflict` at the end if another file lies there by then.
    """
    return _Opened(path, name, folder)


class _Opened:
    """A class and no generator: a snapshot opens many small files."""

    def __init__(
        self, path: str | bytes | os.PathLike[str], name: str, folder: int | None
    ) -> None:
        self._path = path
        self._name = name
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> Source:
        self._descriptor = _open(self._path, self._name, self._folder)
        try:
            self._source = Source(self._descriptor, self._name)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self._source

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._check()
        finally:
            os.close(self._descriptor)

    def _check(self) -> None:
        follow = self._folder is None
        with reading(self._name):
            found = os.stat(self._path, dir_fd=self._folder, follow_symlinks=follow)
        if not self._source.is_at(found):
            raise changed(self._name)


def _open(path: str | bytes | os.PathLike[str], name: str, folder: int | None) -> int:
    if folder is None:
        with reading(name):
            return os.open(path, _OPEN)
    try:
        return os.open(path, _OPEN | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link now, and a file when the folder was listed
            raise changed(name) from error
        raise unreadable(name, error) from error


def changed(name: str) -> Conflict:
    """Say that something changed under our hands."""
    return Conflict(
        f"{name} changed while it was read: stop what writes to it and run this again"
    )


def not_stored(name: str, mode: int) -> Invalid:
    """Say that something is neither file, folder nor link."""
    kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
    return Invalid(f"{name} is {kind}, which has no content to store: leave it out")
