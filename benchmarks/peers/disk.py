"""A disk of its own for a benchmark, and commands timed on it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MEBIBYTE = 1 << 20
# In a process of its own: a child begins with the most memory that its parent ever had.
_TIMING = """
import json, os, resource, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
status = process.wait()
taken = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([taken, used.ru_utime + used.ru_stime, used.ru_maxrss]))
sys.exit(status)
"""
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
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _TIMING, *map(str, command)],
        cwd=cwd,
        env={**_ENVIRONMENT, **(env or {})},
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise SystemExit(f"{command[0]} failed: {run.stderr[-2000:]}")
    seconds, processor, memory = json.loads(run.stdout)
    return Taken(seconds, processor, memory // 1024)


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
