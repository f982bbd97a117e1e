"""Leaves and roots read and written row by row, with every check where it is needed.

The plain way to do what `cairn.core.tree` does for many rows at once: its oracle.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Corrupt, Invalid
from cairn.core.tree import (
    LEAF_HEAD,
    LEAF_MASK,
    LEAF_ROWS,
    ROOT_HEAD,
    Changes,
    Entry,
    Leaf,
    check_path,
    escape,
    unescape,
)

_LEAF_ROW = re.compile(rb"([fxl]) (0|[1-9][0-9]{0,18}) ([0-9a-f]{64}) ([^\n]+)\n")
_ROOT_ROW = re.compile(rb"([0-9a-f]{64}) ([1-9][0-9]{0,4}) (0|[1-9][0-9]{0,23}) ([^\n]+)\n")


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


def read_leaves(stored: Iterable[tuple[Leaf, bytes]]) -> Iterator[tuple[Entry, ...]]:
    """Read all leaves of a tree: cut again, they must be what they are."""
    stored = list(stored)
    read = [read_leaf(content) for _, content in stored]
    try:
        again = list(cut(chain.from_iterable(read)))
    except Invalid as error:
        raise Corrupt("the tree is broken") from error
    if again != stored:
        raise Corrupt("the tree is cut in another way")
    yield from read


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
