"""Bytes that lie elsewhere: read from the first copy that is what it should be.

A file may lie in several places (DVC's cache, its remotes, the working folder); each is asked
in turn. Nothing is believed for its name, date or permissions: what was read decides.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryFile
from typing import Literal, NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Conflict, Corrupt, NotFound
from cairn.core.tree import FILE, Entry, escape
from cairn.objects import Batch
from cairn.objects.backends.os_errors import unreadable
from cairn.objects.source import CHUNK, Source, open_source

TEXT_START = 512
MOST_ODD = 0.30
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


class Copy(NamedTuple):
    """A place where a file may lie: what people call it, and its bytes from the start.

    `chunks` raises `NotFound` where nothing is. `local` is its path if it is a file here, and
    `edited` tells that people work on it: other bytes there are no damage.
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]
    local: str | None = None
    edited: bool = False


class Wanted(NamedTuple):
    """A file of a tree to be: where it may lie, and what is known of its bytes.

    `folded` tells that the MD5 of a text may have been taken with its line ends as LF.
    """

    path: bytes
    copies: Callable[[], Iterable[Copy]]
    size: int | None = None
    digest: Digest = ""
    md5: str = ""
    folded: bool = False
    mode: str = FILE


class Fault(NamedTuple):
    """A file that cannot be had: `corrupt` if other bytes lie where it should be."""

    path: str
    kind: Literal["corrupt", "missing"]
    reason: str


class Taken(NamedTuple):
    """A file that was read and is what it should be; `passed` are copies that are not."""

    entry: Entry
    copy: Copy
    passed: tuple[str, ...] = ()


class Read(NamedTuple):
    """The bytes of a copy in short: digest, size, MD5, and themselves if they are few."""

    digest: Digest
    size: int
    md5: str
    content: bytes | None


def local_copy(path: str, *, edited: bool = False) -> Copy:
    """Describe a file of this machine."""
    return Copy(path, lambda: _read_local(path), path, edited)


def take(wanted: Wanted, batch: Batch | None) -> Taken | Fault:
    """Read a file from the first copy that is right, and store it if there is a `batch`.

    Raises `Unavailable` and `Forbidden` for a place that does not answer: that says nothing
    about the file.
    """
    passed: list[str] = []
    for copy in wanted.copies():
        try:
            found = read(copy)
        except NotFound:
            continue
        except Corrupt:
            found = None
        if found is None or not _is_right(wanted, copy, found):
            passed += () if copy.edited else (copy.name,)
            continue
        if batch is not None:
            _store(batch, copy, found)
        entry = Entry(wanted.path, wanted.mode, found.size, found.digest)
        return Taken(entry, copy, tuple(passed))
    name = escape(wanted.path)
    if passed:
        return Fault(name, "corrupt", f"other bytes lie at {', '.join(passed)}")
    return Fault(name, "missing", "its bytes are nowhere to be found")


def read(copy: Copy) -> Read:
    """Read a copy from end to end; raises `NotFound`, and what its place raises."""
    sha, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    first = b""
    for chunk in copy.chunks():
        first = chunk if size == 0 else b""
        sha.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    whole = first if len(first) == size else None
    return Read("sha256:" + sha.hexdigest(), size, md5.hexdigest(), whole)


def _is_right(wanted: Wanted, copy: Copy, found: Read) -> bool:
    if wanted.size not in (None, found.size):
        return False
    if wanted.digest not in ("", found.digest):
        return False
    if not wanted.md5 or found.md5 == wanted.md5:
        return True
    return wanted.folded and wanted.md5 in folded_md5s(copy.chunks())


def folded_md5s(chunks: Iterable[bytes]) -> tuple[str, str]:
    """Compute the two MD5s that DVC up to version 2 may have given a file with line ends CRLF.

    Text is told by its first bytes: those of the file (DVC 1), or of each mebibyte (DVC 2).
    """
    by_file, by_chunk = (hashlib.md5(usedforsecurity=False) for _ in range(2))
    is_text: bool | None = None
    for chunk in chunks:
        folded = chunk.replace(b"\r\n", b"\n")
        is_text = _is_text(chunk) if is_text is None else is_text
        by_file.update(folded if is_text else chunk)
        by_chunk.update(folded if _is_text(chunk) else chunk)
    return by_file.hexdigest(), by_chunk.hexdigest()


def _is_text(chunk: bytes) -> bool:
    start = chunk[:TEXT_START]
    if b"\0" in start:
        return False
    return len(start.translate(None, _TEXT)) <= MOST_ODD * len(start)


def _store(batch: Batch, copy: Copy, found: Read) -> None:
    """Store what was read; raises `Conflict` if it is read otherwise the second time."""
    if found.content is not None:
        batch.put(found.content)
    elif copy.local is not None:
        with open_source(copy.local, copy.name) as source:
            _put(batch, source, found)
    else:
        with TemporaryFile(prefix="cairn-") as file:
            for chunk in copy.chunks():
                file.write(chunk)
            file.flush()
            _put(batch, Source(file.fileno(), copy.name), found)


def _put(batch: Batch, source: Source, found: Read) -> None:
    digest, _ = batch.put_source(source)
    if digest != found.digest:
        raise Conflict(
            f"{source.name} changed while it was read: stop what writes to it, run this again"
        )


def _read_local(path: str) -> Iterator[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise unread(path, error) from error
    try:
        left = os.fstat(descriptor).st_size + 1
        while chunk := os.read(descriptor, min(CHUNK, max(left, 1))):
            left -= len(chunk)
            yield chunk
    except OSError as error:
        raise unread(path, error) from error
    finally:
        os.close(descriptor)


def unread(name: str, error: OSError) -> CairnError:
    """Say why a file cannot be read; a folder in its place is other content, not none."""
    if isinstance(error, NotADirectoryError):
        return NotFound(f"{name} is not there")
    if isinstance(error, IsADirectoryError):
        return Corrupt(f"{name} is a folder where a file should be")
    return unreadable(name, error)
