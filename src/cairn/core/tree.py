"""Trees: which bytes lie under which path, cut into leaves that versions can share.

A tree's digest is that of its root object, which lists the leaves; a leaf lists files. Where
a leaf ends depends on the paths in it alone, so a change moves few leaves and the digest does
not depend on machine, packing or order of arrival. The literal bytes are in
`docs/reference/formats.md`.
"""

import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import compress, pairwise, takewhile
from operator import lt
from typing import NamedTuple

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Corrupt, Invalid

LEAF_HEAD = b"cairn leaf/1\n"
ROOT_HEAD = b"cairn tree/1\n"
LEAF_MASK = 0xFFF
LEAF_ROWS = 16_384
LEAF_BYTES, ROOT_BYTES = 96 << 20, 256 << 20
"""What a leaf and a root can have at most: paths of 4 kB, and a billion files."""
FILE, EXECUTABLE, SYMLINK = "f", "x", "l"
_PREFIX = len("sha256:")

_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\]|[\udc80-\udcff]")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_LEAF_ROW = re.compile(r"^([fxl]) (0|[1-9][0-9]{0,18}) ([0-9a-f]{64}) ([^\n]+)$", re.MULTILINE)
_ROOT_ROW = re.compile(
    r"^([0-9a-f]{64}) ([1-9][0-9]{0,4}) (0|[1-9][0-9]{0,23}) ([^\n]+)$", re.MULTILINE
)
_LEAVING = re.compile(rb"[\n/]\.{0,2}[\n/]")
_ESCAPED = bytes([*range(0x20), 0x7F]) + b"\\"  # what is never spelled as it is


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


class Change(NamedTuple):
    """What became of one path: `before` is None where it is new, `after` where it is gone."""

    before: Entry | None
    after: Entry | None


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

    No more than one leaf is in memory. Raises `Invalid` for an unsorted, doubled or escaping
    path, and for a path that is also a folder of another one, before it yields their leaf.
    """
    order = _Order()
    rows: list[Entry] = []
    for entry in entries:
        rows.append(entry)
        if not zlib.crc32(entry.path) & LEAF_MASK or len(rows) == LEAF_ROWS:
            yield _leaf(rows, order)
            rows = []
    if rows:
        yield _leaf(rows, order)


def write_root(leaves: Sequence[Leaf]) -> bytes:
    """Write the root object: one line a leaf."""
    spelled = _spelled([leaf.first for leaf in leaves])
    lines = [
        f"{digest[_PREFIX:]} {rows} {size} {first}\n"
        for (digest, rows, size, _), first in zip(leaves, spelled, strict=True)
    ]
    return ROOT_HEAD + "".join(lines).encode()


def read_root(content: bytes) -> tuple[Leaf, ...]:
    """Read a root object; raises `Corrupt` unless it is exactly what `write_root` gives."""
    rows = _rows(content, ROOT_HEAD, _ROOT_ROW)
    paths = _unspelled([row[3] for row in rows])
    return tuple(
        Leaf("sha256:" + digits, int(count), int(size), first)
        for (digits, count, size, _), first in zip(rows, paths, strict=True)
    )


def read_leaf(content: bytes) -> tuple[Entry, ...]:
    """Read a leaf object; raises `Corrupt` unless it is exactly what `cut` gives."""
    leaf = _parsed(content)
    _check_leaf(_Order(), leaf.paths)
    return leaf.entries


def read_leaves(stored: Iterable[tuple[Leaf, bytes]]) -> Iterator[tuple[Entry, ...]]:
    """Read all leaves of a tree, each given with what the root says of it.

    Yields the entries of each; one leaf is in memory. Raises `Corrupt` unless root and leaves
    together are exactly what `cut` gives.
    """
    order, is_whole = _Order(), True
    for leaf, content in stored:
        parsed = _parsed(content)
        _check_leaf(order, parsed.paths)
        if not is_whole or leaf[1:] != (len(parsed.paths), parsed.size, parsed.paths[0]):
            raise Corrupt("it does not list its leaves as they are")
        is_whole = _ends_leaf(parsed.paths)
        yield parsed.entries


def compare(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[Change]:
    """Yield what differs between two sorted runs of entries, sorted by path."""
    old, new = iter(before), iter(after)
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.path < right.path):
            yield Change(left, None)
            left = next(old, None)
        elif left is None or right.path < left.path:
            yield Change(None, right)
            right = next(new, None)
        else:
            if left != right:
                yield Change(left, right)
            left, right = next(old, None), next(new, None)


def diff(before: Iterable[Entry], after: Iterable[Entry]) -> Changes:
    """Compare two trees by path; both are sorted. All that differs is in memory."""
    return gather(compare(before, after))


def gather(changes: Iterable[Change]) -> Changes:
    """Put changes together by what happened."""
    added: list[Entry] = []
    removed: list[Entry] = []
    changed: list[tuple[Entry, Entry]] = []
    for before, after in changes:
        if before is not None and after is not None:
            changed.append((before, after))
        elif after is not None:
            added.append(after)
        elif before is not None:
            removed.append(before)
    return Changes(tuple(added), tuple(removed), tuple(changed))


class _Order:
    """Sees, a run of paths at a time, that they ascend and that none lies below a file."""

    def __init__(self) -> None:
        self._last = b""
        self._begun: list[bytes] = []

    def follow(self, paths: Sequence[bytes]) -> None:
        """Take the next paths; raises `Invalid`.

        What begins with a path lies right behind it. So a file that is a folder as well is
        among those that the next path begins with, and there are few of these.
        """
        joined = b"\n%b\n" % b"\n".join(paths)
        if b"\0" in joined or _LEAVING.search(joined):
            for path in paths:
                check_path(path)
        if not (self._last < paths[0] and all(map(lt, paths, paths[1:]))):
            pairs = pairwise((self._last, *paths))
            path = next(path for before, path in pairs if path <= before)
            raise Invalid(f"path {escape(path)!r} comes twice or out of order")
        earlier = [path for path in self._begun if paths[0].startswith(path)]
        earlier += compress(paths, map(bytes.startswith, paths[1:], paths))
        for path in earlier:
            _check_no_folder(path, paths)
        self._last = paths[-1]
        self._begun = [*earlier, paths[-1]]


def _check_no_folder(path: bytes, paths: Sequence[bytes]) -> None:
    """Raise `Invalid` if one of the sorted `paths` lies below the file `path`."""
    below = path + b"/"
    at = bisect_left(paths, below)
    if at < len(paths) and paths[at].startswith(below):
        raise Invalid(f"path {escape(path)!r} is both a file and a folder")


def _leaf(rows: Sequence[Entry], order: _Order) -> tuple[Leaf, bytes]:
    paths = [row.path for row in rows]
    order.follow(paths)
    lines = [
        f"{mode} {size} {digest[_PREFIX:]} {path}\n"
        for (_, mode, size, digest), path in zip(rows, _spelled(paths), strict=True)
    ]
    content = LEAF_HEAD + "".join(lines).encode()
    size = sum(row.size for row in rows)
    return Leaf(digest_bytes(content), len(rows), size, rows[0].path), content


class _Parsed(NamedTuple):
    """The rows of a leaf; their paths once more, and the sum of their sizes."""

    entries: tuple[Entry, ...]
    paths: list[bytes]
    size: int


def _parsed(content: bytes) -> _Parsed:
    """Read the rows of a leaf, whatever their order."""
    rows = _rows(content, LEAF_HEAD, _LEAF_ROW)
    if not rows:
        raise Corrupt("a stored tree leaf has no rows")
    modes, sizes, digits, spelled = zip(*rows, strict=True)
    paths = _unspelled(spelled)
    numbers = list(map(int, sizes))
    parts = zip(paths, modes, numbers, map("sha256:".__add__, digits), strict=True)
    return _Parsed(tuple(map(_as_entry, parts)), paths, sum(numbers))


def _check_leaf(order: _Order, paths: Sequence[bytes]) -> None:
    """Raise `Corrupt` unless a leaf with these paths may follow and is cut as it should be."""
    try:
        order.follow(paths)
    except Invalid as error:
        raise Corrupt(f"a stored tree leaf is broken: {error}") from error
    if len(paths) > LEAF_ROWS or 0 in [crc & LEAF_MASK for crc in map(zlib.crc32, paths[:-1])]:
        raise Corrupt("a stored tree leaf is not cut as it should be")


def _ends_leaf(paths: Sequence[bytes]) -> bool:
    return not zlib.crc32(paths[-1]) & LEAF_MASK or len(paths) == LEAF_ROWS


def _rows(content: bytes, head: bytes, row: re.Pattern[str]) -> list[tuple[str, ...]]:
    """Return the fields of every row; raises `Corrupt` where anything else stands."""
    if not content.startswith(head):
        raise Corrupt("a stored tree does not begin as a tree of this format")
    try:
        body = content[len(head) :].decode()
    except UnicodeDecodeError as error:
        raise _broken(len(head) + error.start) from error
    # The pattern spans whole lines: as many matches as lines, and nothing else is there.
    rows: list[tuple[str, ...]] = row.findall(body)
    if len(rows) != body.count("\n") or (body and body[-1] != "\n"):
        whole = takewhile(row.fullmatch, body.split("\n"))
        raise _broken(len(head) + sum(len(line.encode()) + 1 for line in whole))
    return rows


def _broken(place: int) -> Corrupt:
    return Corrupt(f"a stored tree has a broken row at byte {place}")


# As `Entry(...)` makes one, in half the time; the type of `tuple.__new__` is not known.
_as_entry: Callable[[Iterable[object]], Entry] = partial(tuple.__new__, Entry)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (a tuple made without its checks)


def _spelled(paths: Sequence[bytes]) -> list[str]:
    """Spell many paths; at once, if each is spelled as it is."""
    joined = b"\0".join(paths)
    if len(joined.translate(None, _ESCAPED)) == len(joined) - len(paths) + 1:
        with suppress(UnicodeDecodeError):
            return joined.decode().split("\0")
    return [escape(path) for path in paths]


def _unspelled(spelled: Sequence[str]) -> list[bytes]:
    """Undo `_spelled`; raises `Corrupt` for a spelling that it would not give."""
    joined = "\n".join(spelled).encode()
    if len(joined.translate(None, _ESCAPED)) == len(joined) - len(spelled) + 1:
        return joined.split(b"\n")
    try:
        return [unescape(text) for text in spelled]
    except Invalid as error:
        raise Corrupt(f"a stored tree has a path that cannot be read: {error}") from error


def _high(digits: str) -> int:
    value = int(digits, 16)
    return 0xDC00 if value >= 0x80 else 0  # noqa: PLR2004 (the surrogateescape range)
