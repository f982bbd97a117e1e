"""Folders on disk for tests: written, read back, and kept from those who may not read them."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

NOBODY = 65534
SMALL = 256 * 1024

Content = bytes | str
"""Bytes of a file, or the target of a symbolic link."""


def write(folder: Path, files: Mapping[str, Content] | Mapping[bytes, Content]) -> Path:
    """Write files and links (those with a `str`) under a folder; returns the folder."""
    for name, content in files.items():
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            os.symlink(content, path)  # noqa: PTH211 (to the letter: Path drops `./`)
        else:
            path.write_bytes(content)
    return folder


def read(folder: Path) -> dict[bytes, Content]:
    """Read a folder back: what `write` was given."""
    return {
        os.fsencode(path.relative_to(folder)): _content(path)
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _content(path: Path) -> Content:
    if path.is_symlink():
        return os.readlink(path)  # noqa: PTH115 (to the letter)
    return path.read_bytes()


@contextmanager
def open_to_all() -> Generator[Path, None, None]:
    """A folder that others may enter, unlike pytest's."""
    folder = Path(mkdtemp())
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def as_nobody() -> Generator[None, None, None]:
    """Lose the right of root to read everything; others have none to lose."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def small_files(folder: Path) -> Generator[None, None, None]:
    """Let no file grow beyond `SMALL`; anybody may set this limit."""
    folder.mkdir(exist_ok=True)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path) -> Generator[None, None, None]:
    """Make `folder` a disk of `SMALL` bytes; for root only."""
    folder.mkdir(exist_ok=True)
    disk = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    subprocess.run(disk, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _may_mount() -> bool:
    failures = (OSError, subprocess.CalledProcessError)
    with TemporaryDirectory() as folder, suppress(*failures), small_disk(Path(folder)):
        return True
    return False


Narrow = Callable[[Path], AbstractContextManager[None]]
NARROW: list[Narrow] = [small_files, small_disk] if _may_mount() else [small_files]
"""Ways to run out of space that this machine allows."""
