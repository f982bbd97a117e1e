"""Keep weights and large files out of git: what would enter its history is judged first.

1. Weights are refused at any size, by content and by suffix; a pointer of Git LFS is none.
2. Data is refused above one limit and every other file above another; `cairn.toml` sets both,
   and `allow` names files that may pass: `[guard] allow = ["tests/golden/*"]`.
"""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from cairn.config import GuardSettings
from cairn.core.errors import Conflict, Unavailable
from cairn.core.request import Record
from cairn.core.tree import escape
from cairn.inventory.formats import HEAD_BYTES, Format, format_of
from cairn.inventory.staged import (
    Added,
    added_since,
    contents,
    hooks_folder,
    sizes,
    staged,
    top_of,
)
from cairn.inventory.walk import File

MEGABYTE = 1_000_000
IN_MEMORY = 32 * MEGABYTE
_ZIP = (b"PK\3\4", b"PK\5\6")
_POINTER, _POINTER_BYTES = b"version https://git-lfs.github.com/spec/", 1024
_HOOK = """\
#!/bin/sh
# Keeps weights and large files out of git: cairn guard --help
if command -v cairn >/dev/null 2>&1; then exec cairn guard; fi
exec {python} -P -m cairn guard
"""


Part = Literal["weights", "data", "large file"]


class Kept(Record, frozen=True):
    """A file that does not belong in git, why, and what to do with it instead.

    `commit` has it already, or is empty for a file that is only staged.
    """

    path: str
    size_bytes: int
    part: Part
    reason: str
    commit: str = ""
    fix: str = ""


class Guarded(Record, frozen=True):
    """How many files were looked at, and those that were refused."""

    files: int
    refused: tuple[Kept, ...] = ()


def guard_staged(folder: Path, limits: GuardSettings, *, index: str | None = None) -> Guarded:
    """Judge what the next commit in the repository around `folder` would add or change.

    Raises `NotFound` outside of a repository and `Unavailable` if git fails.
    """
    top = top_of(folder)
    return _guarded(top, staged(top, index=index), limits)


def guard_commits(folder: Path, since: str, limits: GuardSettings) -> Guarded:
    """Judge what each commit in `since..HEAD` added or changed; raises as `guard_staged`."""
    top = top_of(folder)
    return _guarded(top, added_since(top, since), limits)


def install(folder: Path) -> tuple[Path, bool]:
    """Write a pre-commit hook, unless this one is there; returns its path and if it is new.

    Raises `Conflict` if another hook is there: it is somebody's.
    """
    hook = hooks_folder(top_of(folder)) / "pre-commit"
    try:
        hook.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(hook, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o777)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_HOOK.format(python=shlex.quote(sys.executable)))
    except FileExistsError as error:
        if _guards(hook):
            return hook, False
        raise Conflict(
            f"{hook} is there already and stays as it is: add the line `cairn guard` to it, "
            "or name the hook `cairn-guard` in .pre-commit-config.yaml"
        ) from error
    except OSError as error:
        raise Unavailable(f"{hook} cannot be written: {error.strerror}") from error
    return hook, True


def _guards(hook: Path) -> bool:
    try:
        return "cairn guard" in hook.read_text("utf-8", "replace")
    except OSError:
        return False


def _guarded(top: Path, added: Sequence[Added], limits: GuardSettings) -> Guarded:
    files = [file for file in added if not _is_allowed(file.path, limits)]
    size_of = sizes(top, {file.blob for file in files})
    found = dict(_looked_at(top, files, size_of, limits))
    judged = [_judge(file, size_of[file.blob], found[file], limits) for file in files]
    return Guarded(files=len(added), refused=tuple(kept for kept in judged if kept))


def _is_allowed(path: bytes, limits: GuardSettings) -> bool:
    return any(fnmatchcase(escape(path), pattern) for pattern in limits.allow)


def _looked_at(
    top: Path, files: Sequence[Added], size_of: dict[str, int], limits: GuardSettings
) -> Iterator[tuple[Added, Format | None]]:
    """Say of each file what it is; those that are too large anyway are known by their name."""
    waiting: dict[str, list[Added]] = {}
    for file in files:
        size = size_of[file.blob]
        if size > limits.max_mb * MEGABYTE:
            yield file, _format(file, size, b"")
        elif file.blob in waiting:
            waiting[file.blob].append(file)
        else:
            if sum(size_of[blob] for blob in waiting) + size > IN_MEMORY:
                yield from _read(top, waiting)
                waiting = {}
            waiting[file.blob] = [file]
    yield from _read(top, waiting)


def _read(top: Path, waiting: dict[str, list[Added]]) -> Iterator[tuple[Added, Format | None]]:
    for blob, content in contents(top, list(waiting)) if waiting else ():
        is_pointer = content.startswith(_POINTER) and len(content) < _POINTER_BYTES
        for file in waiting[blob]:
            yield file, None if is_pointer else _format(file, len(content), content)


def _format(file: Added, size: int, content: bytes) -> Format | None:
    """Say what a file is; the directory of a zip archive is read from a copy."""
    if not content.startswith(_ZIP):
        return format_of(File("", escape(file.path), size), content[:HEAD_BYTES])
    with NamedTemporaryFile(prefix="cairn-guard-") as copy:
        copy.write(content)
        copy.flush()
        return format_of(File(copy.name, escape(file.path), size), content[:HEAD_BYTES])


def _judge(file: Added, size: int, found: Format | None, limits: GuardSettings) -> Kept | None:
    part, name = (found.part, found.name) if found else ("large file", "")
    if part == "weights":
        return _kept(file, size, "weights", f"weights ({name})")
    if part == "data" and size > limits.max_data_mb * MEGABYTE:
        return _kept(file, size, "data", f"data ({name}) above {limits.max_data_mb:g} MB")
    if size > limits.max_mb * MEGABYTE:
        return _kept(file, size, "large file", f"above {limits.max_mb:g} MB")
    return None


def _kept(file: Added, size: int, part: Part, reason: str) -> Kept:
    path = shlex.quote(escape(file.path))
    out = (
        f"git rebase --interactive {file.commit[:12]}^ to take it out of that commit"
        if file.commit
        else f"git reset -- {path}"
    )
    instead = (
        f"cairn register {path} --model NAME"
        if part == "weights"
        else f"cairn snapshot add {path} --name NAME"
    )
    return Kept(
        path=escape(file.path),
        size_bytes=size,
        part=part,
        reason=reason,
        commit=file.commit,
        fix=f"{out}, then {instead}",
    )
