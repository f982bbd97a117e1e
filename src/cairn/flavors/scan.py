"""A verdict on every file of a directory; nothing is loaded, nothing is followed out of it.

A process of its own judges (`judging.py`), so that a file which needs too much memory or time
ends that process and not this one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from cairn.core.errors import NotFound
from cairn.core.tree import escape
from cairn.flavors.allowed import allow_list_digest
from cairn.flavors.disk import disk_errors
from cairn.flavors.flavor import FileSafety, Inspection
from cairn.flavors.judging import judging
from cairn.flavors.verdict import Verdict, unknown

MAX_BYTES = 8 << 30


@disk_errors()
def inspect(directory: Path) -> Inspection:
    """Judge every file below `directory`, in order of their paths.

    Raises `NotFound` if it is not a directory, and `Unavailable` if a file cannot be read.
    """
    if not directory.is_dir():
        raise NotFound(f"{directory} is not a directory: there is nothing to inspect")
    files = tuple(
        _named(path.relative_to(directory), judge_file(path)) for path in _below(directory)
    )
    return Inspection(files=files, allow_list=allow_list_digest())


def judge_file(path: Path) -> Verdict:
    """Judge one file by its content; its name can only make the verdict worse.

    Raises `OSError` if it cannot be read.
    """
    if path.is_symlink():
        return unknown("link", "it is a link: what it leads to can change")
    if not path.is_file():
        return unknown("special", "it is neither a file nor a folder")
    size = path.stat().st_size
    if size > MAX_BYTES:
        return unknown("large", f"it is larger than {MAX_BYTES >> 30} GiB")
    with path.open("rb"):
        return judging.judge(path.absolute(), size)


def judging_process() -> int:
    """Tell which process judges for this one."""
    return judging.process_id()


def _below(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir(), key=lambda path: os.fsencode(path.name)):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        else:
            yield path


def _named(path: Path, verdict: Verdict) -> FileSafety:
    return FileSafety(path=escape(os.fsencode(path.as_posix())), **verdict._asdict())
