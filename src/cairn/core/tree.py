"""Trees: which bytes lie under which path, cut into leaves that versions can share.

A tree's digest is that of its root object, which lists the leaves; a leaf lists files. Where
a leaf ends depends on the paths in it alone, so a change moves few leaves and the digest does
not depend on machine, packing or order of arrival. The literal bytes are in
`docs/reference/formats.md`.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Corrupt, Invalid

LEAF_HEAD = b"cairn leaf/1\n"
ROOT_HEAD = b"cairn tree/1\n"
LEAF_MASK = 0xFFF
LEAF_ROWS = 16_384
FILE, EXECUTABLE, SYMLINK = "f", "x", "l"

_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\]|[\udc80-\udcff]")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_LEAF_ROW = re.compile(rb"([fxl]) (0|[1-9][0-9]{0,18}) ([0-9a-f]{64}) ([^\n]+)\n")
_ROOT_ROW = re.compile(rb"([0-9a-f]{64}) ([1-9][0-9]{0,4}) (0|[1-9][0-9]{0,23}) ([^\n]+)\n")


class Entry(NamedTuple):
    """One file: raw path bytes, `f`, `x` or `l`, size in bytes, digest of the content.

    The content of a symlink is its target.
    """

    path: bytes
    mode: str
    size: int
    digest: Digest


class Leaf(NamedTuple):
    """A run of entries as stored: digest, rows, bytes of all files in it, first path."""

    digest: Digest
    rows: int
    size: int
    first: bytes


class Changes(NamedTuple):
    """What differs between two trees, each sorted by path."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[tuple[Entry, Entry], ...]


def escape(path: bytes) -> str:
    r"""Spell a path as text: `\xHH` for backslash, control bytes and what is not UTF-8."""
    text = path.decode("utf-8", "surrogateescape")
    return _SPECIAL.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def unescape(text: str) -> bytes:
    """Undo `escape`; raises `Invalid` for a spelling that `escape` would not give."""
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16) | _high(found[1])), text)
    try:
        path = raw.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise Invalid(f"path {text!r} is not spelled canonically") from error
    if escape(path) != text:
        raise Invalid(f"path {text!r} is not spelled canonically")
    return path


def check_path(path: bytes) -> bytes:
    """Return `path` if it stays inside its tree; raises `Invalid` otherwise."""
    if any(part in (b"", b".", b"..") for part in path.split(b"/")) or b"\0" in path:
        raise Invalid(f"path {escape(path)!r} leaves its tree or has an empty part")
    return path


def cut(entries: Iterable[Entry]) -> Iterator[tuple[Leaf, bytes]]:
    """Cut entries, sorted by path, into leaves; yields each leaf and its bytes.

    Raises `Invalid` for an unsorted, doubled or escaping path, and for a path that is also a
    folder of another one.
    """
    rows: list[Entry] = []
    prefixes: list[bytes] = []
    for entry in entries:
        _check_order(prefixes, check_path(entry.path))
        rows.append(entry)
        if zlib.crc32(entry.path) & LEAF_MASK == 0 or len(rows) == LEAF_ROWS:
            yield _leaf(rows)
            rows = []
    if rows:
        yield _leaf(rows)


def write_root(leaves: Sequence[Leaf]) -> bytes:
    """Write the root object: one line a leaf."""
    return ROOT_HEAD + b"".join(
        b"%s %d %d %s\n" % (_hex(leaf.digest), leaf.rows, leaf.size, _spell(leaf.first))
        for leaf in leaves
    )


def read_root(content: bytes) -> tuple[Leaf, ...]:
    """Read a root object; raises `Corrupt` unless it is exactly what `write_root` gives."""
    leaves = tuple(
        Leaf(_digest(row[1]), int(row[2]), int(row[3]), _read_path(row[4]))
        for row in _rows(content, ROOT_HEAD, _ROOT_ROW)
    )
    if write_root(leaves) != content:
        raise Corrupt("a stored tree is not in canonical form")
    return leaves


def read_leaf(content: bytes) -> tuple[Entry, ...]:
    """Read a leaf object; raises `Corrupt` unless it is exactly what `cut` gives."""
    entries = tuple(
        Entry(_read_path(row[4]), row[1].decode(), int(row[2]), _digest(row[3]))
        for row in _rows(content, LEAF_HEAD, _LEAF_ROW)
    )
    try:
        again = [written for _, written in cut(entries)]
    except Invalid as error:
        raise Corrupt(f"a stored tree leaf is broken: {error}") from error
    if again != [content]:
        raise Corrupt("a stored tree leaf is not in canonical form")
    return entries


def diff(before: Iterable[Entry], after: Iterable[Entry]) -> Changes:
    """Compare two trees by path."""
    old = {entry.path: entry for entry in before}
    new = {entry.path: entry for entry in after}
    return Changes(
        added=tuple(new[path] for path in sorted(new.keys() - old.keys())),
        removed=tuple(old[path] for path in sorted(old.keys() - new.keys())),
        changed=tuple(
            (old[path], new[path])
            for path in sorted(old.keys() & new.keys())
            if old[path] != new[path]
        ),
    )


def _leaf(rows: Sequence[Entry]) -> tuple[Leaf, bytes]:
    content = LEAF_HEAD + b"".join(
        b"%s %d %s %s\n" % (row.mode.encode(), row.size, _hex(row.digest), _spell(row.path))
        for row in rows
    )
    size = sum(row.size for row in rows)
    return Leaf(digest_bytes(content), len(rows), size, rows[0].path), content


def _check_order(prefixes: list[bytes], path: bytes) -> None:
    """Keep in `prefixes` the last path and those before it that it begins with."""
    if prefixes and path <= prefixes[-1]:
        raise Invalid(f"path {escape(path)!r} comes twice or out of order")
    while prefixes and not path.startswith(prefixes[-1]):
        prefixes.pop()
    for earlier in prefixes:
        if path[len(earlier) : len(earlier) + 1] == b"/":
            raise Invalid(f"path {escape(earlier)!r} is both a file and a folder")
    prefixes.append(path)


def _rows(content: bytes, head: bytes, row: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    if not content.startswith(head):
        raise Corrupt("a stored tree does not begin as a tree of this format")
    place = len(head)
    while place < len(content):
        found = row.match(content, place)
        if found is None:
            raise Corrupt(f"a stored tree has a broken row at byte {place}")
        yield found
        place = found.end()


def _high(digits: str) -> int:
    value = int(digits, 16)
    return 0xDC00 if value >= 0x80 else 0  # noqa: PLR2004 (the surrogateescape range)


def _hex(digest: Digest) -> bytes:
    return digest.removeprefix("sha256:").encode()


def _digest(digits: bytes) -> Digest:
    return "sha256:" + digits.decode()


def _spell(path: bytes) -> bytes:
    return escape(path).encode()


def _read_path(spelled: bytes) -> bytes:
    try:
        return unescape(spelled.decode())
    except (UnicodeDecodeError, Invalid) as error:
        raise Corrupt(f"a stored tree has a path that cannot be read: {spelled!r}") from error
