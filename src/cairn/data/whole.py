"""Whether files are all that they seem: some hold a pointer, or lack what lies beside them."""

import filecmp
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cairn.core.errors import Refused
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.objects import ObjectStore
from cairn.objects.packs.bulk import read_many

SHOWN = 5
_POINTER_BYTES = range(40, 512)
_SQLITE = b"SQLite format 3\0"
_LOGS = ("-wal", "-journal")
_LOG_MODE, _LOGGED = 19, 2  # where a header says how it is read, and "with a log"


class Shortfall(NamedTuple):
    """Why a file is not all that it seems, and what to do about it."""

    reason: str
    fix: str


class _Pointer(NamedTuple):
    pattern: re.Pattern[bytes]
    what: str
    fetch: str


_POINTERS = (
    _Pointer(
        re.compile(
            rb"version https://git-lfs\.github\.com/spec/v1\n(.+\n)*oid .+\nsize (\d+)"
        ),
        "a pointer of Git LFS",
        "git lfs pull",
    ),
    _Pointer(re.compile(rb"/annex/objects/\S+\n"), "a pointer of git-annex", "git annex get"),
)


def pointers(objects: ObjectStore, entries: Iterable[Entry]) -> Iterator[Shortfall]:
    """Find the files among those of a stored tree that only say where their content is."""
    small = {
        entry.digest: escape(entry.path)
        for entry in entries
        if entry.mode != SYMLINK and entry.size in _POINTER_BYTES
    }
    for digest, content in read_many(objects.reader, small):
        for pointer in _POINTERS:
            if pointer.pattern.match(content):
                yield Shortfall(
                    f"{small[digest]} is {pointer.what}: the content is not here",
                    f"`{pointer.fetch}`, and try again",
                )


def left_beside(path: Path) -> Shortfall | None:
    """Say what a database on disk has not taken over yet; None where it has everything."""
    for log in _LOGS:
        beside = path.with_name(path.name + log)
        if _size(beside) and _is_sqlite(path):
            name, other = (escape(os.fsencode(each.name)) for each in (path, beside))
            return Shortfall(
                f"{other} beside {name} holds changes that {name} lacks",
                "end the program that writes to it, or type `PRAGMA wal_checkpoint(TRUNCATE)` "
                f"in it; a query is whole as well: `--source sqlite:///{path} --query ...`",
            )
    return None


def taken_over(kept: Path, now: Path) -> Shortfall | None:
    """Say that a database whose bytes were kept has taken its log over since.

    What was read before had those rows, and what was kept has not.
    """
    with kept.open("rb") as file:
        start = file.read(_LOG_MODE + 1)
    if not start.startswith(_SQLITE) or start[-1] != _LOGGED or not now.is_file():
        return None
    if filecmp.cmp(kept, now, shallow=False):
        return None
    name = escape(os.fsencode(now.name))
    return Shortfall(
        f"{name} keeps a log, and took it over while it was used: rows may lack",
        "type `PRAGMA wal_checkpoint(TRUNCATE)` in it before the run; a query is whole as "
        f"well: `--source sqlite:///{now} --query ...`",
    )


def require_whole(objects: ObjectStore, entries: Iterable[Entry], path: Path) -> None:
    """Raise `Refused` unless what was stored of `path` is all that it seems."""
    found = list(pointers(objects, entries))
    if path.is_file() and (beside := left_beside(path)):
        found.append(beside)
    if found:
        raise Refused(told([each.reason for each in found]), fix=found[0].fix)


def told(reasons: Sequence[str]) -> str:
    """Put reasons together, the first few of them in full."""
    more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
    return "; ".join(reasons[:SHOWN]) + more


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
