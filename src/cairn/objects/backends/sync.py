"""Durability: what was written outlives a power cut once these return."""

import os
from contextlib import suppress
from pathlib import Path


def begin_sync(descriptor: int) -> None:
    """Let the disk begin to take what was written, so that a later fsync waits less.

    Many files that are synced after all were begun take a third of the time of one by one
    (4,000 files of 10 kB on ext4: 1.3 s against 4 s).
    """
    with suppress(AttributeError, OSError):  # not on macOS; fsync tells what is wrong
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def sync_disk(descriptor: int) -> None:
    """Make everything on the disk of an open file or folder durable, all at once.

    20,000 files of 10 kB take a third of the time of syncing each (ext4: one journal commit).
    """
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):  # not Linux
        os.sync()
    elif library.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sync_folder(folder: Path) -> None:
    """Make what is listed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
