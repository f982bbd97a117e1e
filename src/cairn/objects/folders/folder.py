"""Folders as they lie on disk, surveyed so that nothing outside them can slip in.

A survey looks at every file once and reads none: what lies where, and its size, times and
inode, in slices. Every folder is opened relative to the one above and no symbolic link is
followed, so a folder that is swapped for a link meanwhile is an error and not a way out.
"""

import os
import stat
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from operator import itemgetter
from typing import NamedTuple

import msgspec

from cairn.core.errors import Invalid
from cairn.core.reserved import any_suspect, is_reserved
from cairn.core.tree import escape
from cairn.objects.backends.os_errors import reading
from cairn.objects.source import About, about_of, changed, not_stored

DEEPEST = 200
SLICE_NAMES = 8192
SLICE_MASK = 0x7FF
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
SLASH = ord("/")
_KIND = 0o170000


class Slice(NamedTuple):
    """Some of what one folder lists, in the order of its paths.

    `prefix` is the path of the folder, with a slash behind it; `place` its device, inode and
    time of last change. `after` is the name that the slice before ended with. `names` are
    joined by NUL, those of folders end in a slash; `abouts` is a list of `About`, in
    MessagePack, of all but the folders: these are `files`, of `size` bytes together. A large
    folder is cut behind names chosen by CRC-32, so that one more changes one slice.
    """

    prefix: bytes
    place: tuple[int, int, int]
    after: bytes
    names: bytes
    abouts: bytes
    files: int
    size: int
    is_last: bool

    def listed(self) -> list[bytes]:
        """Return the names, folders with a slash behind them."""
        return self.names.split(b"\0") if self.names else []

    def file_names(self) -> list[bytes]:
        """Return the names of files and links."""
        return [name for name in self.listed() if name[-1] != SLASH]

    def read_abouts(self) -> list[About]:
        """Return what is known of each file and link."""
        return _decode_abouts(self.abouts)


_encode_abouts = msgspec.msgpack.Encoder().encode
_decode_abouts = msgspec.msgpack.Decoder(list[About]).decode


class _Part(NamedTuple):
    names: list[bytes]
    abouts: list[About]
    is_last: bool

    def folders(self) -> list[bytes]:
        if len(self.abouts) == len(self.names):
            return []
        return [name for name in self.names if name[-1] == SLASH]


class Folder:
    """The content of a folder; `label` is what people call it.

    Git's and Cairn's own folders within it are not data, however they are spelled: `left_out`
    names those passed over. `is_own` recognises by device and inode where the objects lie.
    """

    def __init__(self, label: str, is_own: Callable[[int, int], bool]) -> None:
        self.label = label
        self.left_out: list[str] = []
        self._is_own = is_own

    def survey(self, top: int) -> Iterator[Slice]:
        """Yield slices of the open folder `top` and of those below it, in the order of paths.

        What lies in a folder comes right behind the slice that lists it. Raises `Invalid` for
        a pipe, a socket, a device and a link that leads outside, `NotFound` or `Unavailable`
        for what cannot be looked at, `Conflict` if a folder gains or loses files meanwhile.
        """
        self.left_out = []
        return self._inside(top, b"")

    def call(self, path: bytes) -> str:
        """Say to a person which file is meant."""
        return f"{self.label}/{escape(path)}" if path else self.label

    def _inside(self, folder: int, prefix: bytes) -> Iterator[Slice]:
        label = self.call(prefix.rstrip(b"/"))
        before = os.fstat(folder)
        self._check(before, label, prefix.count(b"/"))
        place = (before.st_dev, before.st_ino, before.st_mtime_ns)
        after = b""
        for part in self._listed(folder, prefix):
            yield _slice(part, prefix, place, after=after)
            for name in part.folders():
                plain = name[:-1]  # behind a slash a link would be followed
                with open_folder(plain, self.call(prefix + plain), within=folder) as inner:
                    yield from self._inside(inner, prefix + name)
            after = part.names[-1] if part.names else b""
        if os.fstat(folder).st_mtime_ns != before.st_mtime_ns:
            raise changed(label)

    def _check(self, folder: os.stat_result, label: str, depth: int) -> None:
        if self._is_own(folder.st_dev, folder.st_ino):
            raise Invalid(
                f"{label} is where Cairn itself keeps objects: snapshot a folder beside"
            )
        if depth > DEEPEST:
            raise Invalid(f"{label} lies more than {DEEPEST} folders deep: flatten it")

    def _listed(self, folder: int, prefix: bytes) -> Iterator[_Part]:
        """Yield what a folder lists, in order and in parts."""
        names, entries = self._names(folder, prefix)
        if entries is not None:
            abouts = self._abouts(folder, prefix, names, entries)
            yield _Part(names, abouts, is_last=True)
            return
        for start, end in pairwise(_cuts(names)):
            abouts = self._abouts(folder, prefix, names[start:end], None)
            yield _Part(names[start:end], abouts, is_last=end == len(names))

    def _names(
        self, folder: int, prefix: bytes
    ) -> tuple[list[bytes], list[os.DirEntry[str]] | None]:
        """List a folder in order; and, if it is small, what was listed for all but folders.

        A listed entry knows most of what `os.stat` would be asked, and takes ten times the
        memory of its name.
        """
        with reading(self.call(prefix.rstrip(b"/"))), os.scandir(folder) as listing:
            entries = list(islice(listing, SLICE_NAMES))
            pairs = self._kept(entries, prefix)
            if len(entries) < SLICE_NAMES:
                pairs.sort(key=itemgetter(0))
                files = [entry for name, entry in pairs if name[-1] != SLASH]
                return [name for name, _ in pairs], files
            names = [name for name, _ in pairs]
            while entries := list(islice(listing, SLICE_NAMES)):
                names += [name for name, _ in self._kept(entries, prefix)]
        names.sort()
        return names, None

    def _kept(
        self, entries: list[os.DirEntry[str]], prefix: bytes
    ) -> list[tuple[bytes, os.DirEntry[str]]]:
        """Name entries as their paths end, folders as `name/`; without those left out."""
        if not entries:
            return []
        plain = os.fsencode("\0".join([entry.name for entry in entries])).split(b"\0")
        reserved = set(filter(is_reserved, plain)) if any_suspect(plain) else set[bytes]()
        if reserved:
            self.left_out += [escape(prefix + name) for name in plain if name in reserved]
            pairs = zip(plain, entries, strict=True)
            kept = [(name, entry) for name, entry in pairs if name not in reserved]
            plain, entries = [name for name, _ in kept], [entry for _, entry in kept]
        return [
            (name + b"/" if entry.is_dir(follow_symlinks=False) else name, entry)
            for name, entry in zip(plain, entries, strict=True)
        ]

    def _abouts(
        self,
        folder: int,
        prefix: bytes,
        names: list[bytes],
        entries: list[os.DirEntry[str]] | None,
    ) -> list[About]:
        """Look at all files and links; raises what `survey` raises for one of them."""
        is_flat = entries is not None and len(entries) == len(names)
        files = names if is_flat else [name for name in names if name[-1] != SLASH]
        try:
            if entries is None:
                looks = (os.stat(n, dir_fd=folder, follow_symlinks=False) for n in files)
                abouts = list(map(about_of, looks))
            else:
                abouts = [about_of(entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError:
            abouts = [self._about(folder, prefix + name, name) for name in files]
        if {about[0] & _KIND for about in abouts} - {stat.S_IFREG}:
            for name, about in zip(files, abouts, strict=True):
                self._check_kind(folder, prefix + name, name, about[0])
        return abouts

    def _about(self, folder: int, path: bytes, name: bytes) -> About:
        with reading(self.call(path)):
            return about_of(os.stat(name, dir_fd=folder, follow_symlinks=False))

    def _check_kind(self, folder: int, path: bytes, name: bytes, mode: int) -> None:
        if stat.S_ISLNK(mode):
            read_target(folder, path, name, self.call(path))
        elif not stat.S_ISREG(mode):
            raise not_stored(self.call(path), mode)


def slice_of(name: bytes, about: About) -> Slice:
    """Return a slice of one file."""
    return _slice(_Part([name], [about], is_last=True), b"", (0, 0, 0), after=b"")


def _slice(part: _Part, prefix: bytes, place: tuple[int, int, int], *, after: bytes) -> Slice:
    return Slice(
        prefix=prefix,
        place=place,
        after=after,
        names=b"\0".join(part.names),
        abouts=_encode_abouts(part.abouts),
        files=len(part.abouts),
        size=sum([about[1] for about in part.abouts]),
        is_last=part.is_last,
    )


def _cuts(names: list[bytes]) -> list[int]:
    """Tell where a large folder is cut, its beginning and end included."""
    cuts = [0]
    for at, name in enumerate(names[:-1], 1):
        if not zlib.crc32(name) & SLICE_MASK or at - cuts[-1] == SLICE_NAMES:
            cuts.append(at)
    return [*cuts, len(names)]


@contextmanager
def open_folder(
    path: str | bytes | os.PathLike[str], label: str, *, within: int | None = None
) -> Generator[int, None, None]:
    """Open a folder; one `within` an open one is not followed if it is a symbolic link."""
    descriptor = enter_folder(path, label, within=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def enter_folder(
    path: str | bytes | os.PathLike[str], label: str, *, within: int | None = None
) -> int:
    """Return a descriptor as `open_folder` does, for the caller to close."""
    follow = 0 if within is None else os.O_NOFOLLOW
    with reading(label):
        try:
            return os.open(path, _OPEN | follow, dir_fd=within)
        except NotADirectoryError as error:
            raise changed(label) from error


def descend(top: int, prefix: bytes, call: Callable[[bytes], str]) -> int:
    """Open a folder below another one, step by step and never through a link.

    `prefix` is its path with a slash behind it; the descriptor is for the caller to close.
    """
    folder, path = os.dup(top), b""
    for name in prefix.split(b"/")[:-1]:
        path += name
        try:
            inner = enter_folder(name, call(path), within=folder)
        finally:
            os.close(folder)
        folder, path = inner, path + b"/"
    return folder


def read_target(folder: int, path: bytes, name: bytes, label: str) -> bytes:
    """Read where a symbolic link of an open folder leads; raises what `check_target` does."""
    with reading(label):
        target = os.readlink(name, dir_fd=folder)
    return check_target(path, target, label)


def check_target(path: bytes, target: bytes, label: str) -> bytes:
    """Return a symbolic link's target if it leads from `path` to within the tree.

    `..` may stand at its beginning only: further on it would climb out of wherever another
    link leads. Raises `Invalid`.
    """
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    climbs = next((at for at, part in enumerate(parts) if part != b".."), len(parts))
    if target.startswith(b"/") or b"\0" in target or climbs > path.count(b"/"):
        raise _leaves(label, target, "outside the folder")
    if b".." in parts[climbs:]:
        raise _leaves(label, target, "through '..' behind another name")
    return target


def _leaves(label: str, target: bytes, where: str) -> Invalid:
    return Invalid(
        f"{label} is a symbolic link that leads {where} ({escape(target)}) and would not lead "
        "there from elsewhere: put the file itself there, or leave the link out"
    )
