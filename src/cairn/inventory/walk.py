"""The files of a project, each once: no link is followed twice, nothing but files is opened.

1. Repositories' own folders, environments, caches and `.cairn` are left out.
2. A link inside the project is left out, because what it leads to is found by itself. A link
   to a file elsewhere is a file of the project; a link to a folder elsewhere is reported.
3. What is not a file, or cannot be listed, is reported in one line.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cairn.core.tree import escape
from cairn.inventory.findings import FILE, Unread

SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".dvc", ".cairn", ".venv", "venv", "site-packages", "node_modules"}
    | {"__pycache__", ".ipynb_checkpoints", ".cache", ".eggs", ".tox", ".nox", ".hypothesis"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


class Unreadable(Exception):
    """A file cannot be read or understood; the scan reports the message in one line."""


class File(NamedTuple):
    """A regular file: where it is, its escaped name in the project, and its size in bytes.

    `target` is where the bytes are, for a link that leads out of the project.
    """

    path: str
    name: str
    size: int
    target: str = ""


class Walk(NamedTuple):
    """All files sorted by the bytes of their names, and what had to be left out."""

    files: tuple[File, ...]
    unread: tuple[Unread, ...]


def walk(root: Path) -> Walk:
    """List the files under `root`, without the inventory's own."""
    files: list[File] = []
    unread: list[Unread] = []
    for found in _entries(str(root.resolve())):
        if isinstance(found, Unread):
            unread.append(found)
        elif found.name != FILE:
            files.append(found)
    files.sort(key=lambda file: os.fsencode(file.path))
    return Walk(tuple(files), tuple(unread))


def head(file: File, size: int) -> bytes:
    """Read the first `size` bytes; raises `Unreadable`."""
    try:
        with os.fdopen(open_regular(file.path), "rb", buffering=0) as stream:
            return stream.read(size) or b""
    except OSError as error:
        raise Unreadable(reason(error)) from error


def tail(file: File, size: int) -> bytes:
    """Read the last `size` bytes; raises `Unreadable`."""
    try:
        with os.fdopen(open_regular(file.path), "rb") as stream:
            stream.seek(-min(size, os.fstat(stream.fileno()).st_size), os.SEEK_END)
            return stream.read(size)
    except OSError as error:
        raise Unreadable(reason(error)) from error


def content(file: File, *, at_most: int) -> bytes:
    """Read a whole file; raises `Unreadable`, also for one with more than `at_most` bytes."""
    try:
        with os.fdopen(open_regular(file.path), "rb") as stream:
            read = stream.read(at_most + 1)
    except OSError as error:
        raise Unreadable(reason(error)) from error
    if len(read) > at_most:
        raise Unreadable(
            f"{file.size / 1e6:,.1f} MB are too many to read as text: "
            f"at most {at_most / 1e6:g} MB are"
        )
    return read


def open_regular(path: str) -> int:
    """Open a regular file without ever waiting for a pipe's other end; raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file any more")
    return handle


def reason(error: OSError) -> str:
    """Say in a few words why the system refused."""
    return f"cannot be read: {error.strerror or error}"


def _entries(root: str) -> Iterator[File | Unread]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unread(path=_name(folder, root), reason=reason(error))
            continue
        if folder != root and any(entry.name in ENVIRONMENT_MARKS for entry in entries):
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.extend([entry.path] if entry.name not in SKIPPED else [])
            else:
                yield from _entry(entry, root)


def _entry(entry: os.DirEntry[str], root: str) -> Iterator[File | Unread]:
    name = _name(entry.path, root)
    try:
        if entry.is_symlink():
            yield from _link(entry.path, name, root)
            return
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        yield Unread(path=name, reason=reason(error))
        return
    if stat.S_ISREG(status.st_mode):
        yield File(entry.path, name, status.st_size)
    else:
        kind = next((what for is_kind, what in _KINDS if is_kind(status.st_mode)), "no file")
        yield Unread(path=name, reason=f"is {kind}, not a file")


def _link(path: str, name: str, root: str) -> Iterator[File | Unread]:
    try:
        status = Path(path).stat()
    except OSError as error:
        looping = error.errno == errno.ELOOP
        yield Unread(path=name, reason="links to itself" if looping else "links to nothing")
        return
    if _is_walked(Path(path).resolve(), root):
        return
    where = escape(os.fsencode(Path(path).readlink()))
    if stat.S_ISREG(status.st_mode):
        yield File(path, name, status.st_size, where)
    elif stat.S_ISDIR(status.st_mode):
        yield Unread(path=name, reason=f"links to a folder outside of the project: {where}")
    else:
        yield Unread(path=name, reason="links to something that is not a file")


def _is_walked(target: Path, root: str) -> bool:
    inside = target.is_relative_to(root)
    return inside and SKIPPED.isdisjoint(target.relative_to(root).parts)


def _name(path: str, root: str) -> str:
    return escape(os.fsencode(path.removeprefix(root).lstrip("/"))) or "."
