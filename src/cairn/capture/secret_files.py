"""Files looked into for secrets before they are kept.

In a text of up to 4 MiB forms of tokens count as well as secrets that are known from
elsewhere; in larger ones and in other bytes only the latter, as they stand there or in what
an archive unpacks to. What is not looked at stays below a limit that the guide names.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from cairn.capture.project.sources import is_private
from cairn.core.errors import Refused
from cairn.core.secret import REDACTED, Known, kind_of
from cairn.core.secret.form import tokens
from cairn.core.tree import escape
from cairn.data.leak import unpacked
from cairn.objects import ObjectStore

LARGEST_TEXT, LARGEST_SEARCHED = 4 << 20, 64 << 20
_CHUNK, _OVERLAP = 8 << 20, 64 << 10


class _Plain(NamedTuple):
    """A listed file, without the cost of a `Path`: of many most are never opened."""

    path: str
    size: int


def held_below(place: Path, known: Known) -> str:
    """Say which file below a folder, or itself, holds a secret and which; empty if none."""
    for plain in _files(place):
        path = Path(plain.path)
        if held := held_in(path, known):
            return f"{path.name} holds {held}"
    return ""


def held_in(path: Path, known: Known) -> str:
    """Say what secret a file holds: `an access token`; empty if none is found."""
    size = path.stat().st_size
    text = text_in(path) if size <= LARGEST_TEXT else None
    if text is not None and (kind := kind_of(list(tokens(text)))):
        return kind
    origin = origin_in(path, known) if size <= LARGEST_SEARCHED else None
    return f"a secret that is also in {origin}" if origin else ""


def text_in(path: Path) -> str | None:
    """Read a text; None for other bytes."""
    content = path.read_bytes()
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def origin_in(path: Path, known: Known) -> str | None:
    """Say where a secret in a file is known from, if there is one; reads it in parts."""
    if not known:
        return None
    before = beginning = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            beginning = beginning or chunk[:2]
            if origin := known.origin(before + chunk):
                return origin
            before = chunk[-_OVERLAP:]
    if beginning not in (b"PK", b"\x1f\x8b", b"BZ", b"\xfd7"):
        return None
    if path.stat().st_size > LARGEST_SEARCHED:
        return None
    inside = map(known.origin, unpacked(path.read_bytes()))
    return next((origin for origin in inside if origin), None)


def refuse_secrets(
    place: Path,
    known: Known,
    *,
    what: str = "a version stays for ever: nothing was registered",
    fix: str = "",
    most: int | None = None,
) -> int:
    """Raise `Refused` for files with a secret in or beside them: `what` is kept stays.

    Of data no more than `most` bytes are read, in files of up to `LARGEST_TEXT`; returns how
    many files were not looked into. `fix` is a further way out.
    """
    read = unread = 0
    for path, size in _files(place):
        if is_private(os.fsencode(path)):
            raise _refused(path, "is a file for secrets", what, fix)
        if most is not None and (size > LARGEST_TEXT or read + size > most):
            unread += 1
            continue
        read += size
        with suppress(PermissionError):  # whoever goes on to keep it says so
            if found := held_in(Path(path), known):
                raise _refused(path, f"holds {found}", what, fix)
    return unread


def _refused(path: str, held: str, what: str, fix: str) -> Refused:
    name = escape(os.fsencode(path.rpartition("/")[2]))
    out = "take it out, and go on with what is left; rotate it if anybody else could read it"
    return Refused(f"{name} {held}, and {what}", fix="\n".join(filter(None, [out, fix])))


def is_redacted(objects: ObjectStore, digest: str) -> bool:
    """Tell whether what is kept of an output lacks a secret that was in the file."""
    small = objects.size(digest) <= LARGEST_TEXT
    return small and REDACTED.encode() in objects.get(digest)


def _files(place: Path) -> Iterator[_Plain]:
    """List the plain files below a folder in order, or the one that it is."""
    if place.is_dir():
        yield from _below(os.fspath(place))
    elif place.is_file() and not place.is_symlink():
        yield _Plain(os.fspath(place), place.stat().st_size)


def _below(folder: str) -> Iterator[_Plain]:
    """List what lies below a folder, but what no snapshot has: the store, git's own files."""
    entries: list[os.DirEntry[str]] = []
    with suppress(OSError), os.scandir(folder) as listing:
        entries = sorted(listing, key=attrgetter("name"))
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in (".git", ".cairn"):
                yield from _below(entry.path)
        elif entry.is_file(follow_symlinks=False):
            with suppress(FileNotFoundError):
                yield _Plain(entry.path, entry.stat(follow_symlinks=False).st_size)
