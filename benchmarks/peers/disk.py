"""A disk of its own for a benchmark, and commands timed on it."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MEBIBYTE = 1 << 20
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}


class Taken(NamedTuple):
    """What a command took: seconds, seconds of processor, most memory of one process."""

    seconds: float
    processor: float
    memory_mib: int


class Held(NamedTuple):
    """What lies in a folder: bytes on the disk, and files."""

    size: int
    files: int


@contextmanager
def journalled_disk(folder: Path, gibibytes: int) -> Generator[Path, None, None]:
    """Mount an empty ext4 with a journal, which most people have; it is gone afterwards.

    On ext4 without one, making a file costs ten times as much for minutes after others were
    removed, and whoever comes second looks slow. Needs root and a loop device.
    """
    image, mounted = folder / "disk.ext4", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(gibibytes << 30)
    lazy = "lazy_itable_init=0,lazy_journal_init=0"
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", lazy, "-i", "8192", image], check=True)
    subprocess.run(["mount", "-o", "loop,discard", image, mounted], check=True)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)
        image.unlink()


def timed(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None
) -> Taken:
    """Run a command after everything before it is on the disk."""
    os.sync()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**_ENVIRONMENT, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stderr is not None
        told = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {told.decode(errors='replace')[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(seconds, processor, used.ru_maxrss // 1024)


def held(folder: Path) -> Held:
    """Count what lies in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return Held(sum(path.stat().st_blocks * 512 for path in files), len(files))


def scan_seconds(folder: Path) -> float:
    """Time what no snapshot can do without: to list a folder and look at every file."""
    begin = time.perf_counter()
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
    return time.perf_counter() - begin


def remove(*folders: Path) -> None:
    """Remove folders and all in them, if they are there."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    os.sync()
