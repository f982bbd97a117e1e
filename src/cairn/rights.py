"""Who may read what Cairn writes for itself: whoever may look into the folder that it lies in.

A store is its owner's alone (0700) or a group's (2770), and its own folder says which. What is
written there is as open as that folder, whatever the umask is: no more, so that nobody else
reads it, and no less, so that all of a group go on where one of them stopped.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

ALONE, SHARED = 0o700, 0o2770
_FOLDER, _FILE, _SEALED = 0o2775, 0o664, 0o444


def own_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, the user's alone.

    One that is there stays as it is.
    """
    if not path.is_dir():
        own_folder(path.parent)
        path.mkdir(mode=ALONE, exist_ok=True)


def close_folder(path: Path, group: int | None = None) -> None:
    """Keep others out of a folder: it is its owner's alone, or this group's.

    One that an administrator made for its group (2770) stays the group's.
    """
    if group is not None:
        os.chown(path, -1, group)
    mode = path.stat().st_mode & 0o7777
    is_shared = group is not None or mode & SHARED == SHARED
    if mode != (wanted := SHARED if is_shared else ALONE):
        _set(path, wanted)


def make_folder(path: Path) -> None:
    """Make a folder in one of Cairn's, and those between, as open as that."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):  # somebody else made it just now
        path.mkdir(mode=ALONE)
        _set(path, path.parent.stat().st_mode & _FOLDER)


def write_secret(path: Path, text: str) -> None:
    """Write a line that only its owner may read, durably; raises `FileExistsError`."""
    own_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def create(path: Path, flags: int = os.O_WRONLY, *, sealed: bool = False) -> int:
    """Make a file in one of Cairn's folders, as open as that; raises `FileExistsError`.

    A `sealed` one is for reading, once it is closed.
    """
    mode = path.parent.stat().st_mode & (_SEALED if sealed else _FILE)
    flags |= os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, mode)
    if mode & 0o077:  # the umask may have taken some of it
        _set(descriptor, mode)
    return descriptor


def new_file(path: Path) -> BinaryIO:
    """Make a file in one of Cairn's folders, open to be written."""
    return os.fdopen(create(path), "wb")


def open_or_create(path: Path, flags: int) -> int:
    """Open a file in one of Cairn's folders, made now if it is missing."""
    with suppress(FileNotFoundError):
        return os.open(path, flags | os.O_CLOEXEC)
    with suppress(FileExistsError):
        return create(path, flags)
    return os.open(path, flags | os.O_CLOEXEC)


def _set(place: Path | int, mode: int) -> None:
    """Set the rights of a file or folder; FAT and some shares have none, and refuse."""
    with suppress(PermissionError):
        os.chmod(place, mode)  # noqa: PTH101 (a descriptor has no method)
