"""Folders as they lie on disk, walked so that nothing outside them can slip in.

Every file is opened relative to its open folder and no symbolic link is followed, so a
folder that is swapped for a link meanwhile is an error and not a way out.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cairn.core.errors import Invalid
from cairn.core.tree import escape
from cairn.objects.fault import reading
from cairn.objects.source import changed, not_stored

LEFT_OUT = (b".git", b".cairn")
DEEPEST = 200
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Found(NamedTuple):
    """A file or symbolic link: its path in the tree, and its name in an open folder."""

    path: bytes
    name: bytes
    folder: int
    is_link: bool


class Folder:
    """The content of a folder; `label` is what people call it.

    Git's and Cairn's own folders within it are no data: `left_out` names those passed over.
    `is_own` recognises by device and inode where the objects lie.
    """

    def __init__(self, label: str, is_own: Callable[[int, int], bool]) -> None:
        self.label = label
        self.left_out: list[str] = []
        self._is_own = is_own

    def walk(self, top: int) -> Iterator[Found]:
        """Yield every file and link under the open folder `top`, sorted by path.

        Raises `Invalid` for a pipe, socket or device, and `Conflict` if a folder gains or
        loses files meanwhile.
        """
        self.left_out = []
        return self._inside(top, b"")

    def call(self, path: bytes) -> str:
        """Say to a person which file is meant."""
        return f"{self.label}/{escape(path)}" if path else self.label

    def _inside(self, folder: int, prefix: bytes) -> Iterator[Found]:
        label = self.call(prefix.rstrip(b"/"))
        before = os.fstat(folder)
        self._check(before, label, prefix.count(b"/"))
        names, links = self._names(folder, prefix)
        for name in names:
            if name.endswith(b"/"):
                plain = name[:-1]  # behind a slash a link would be followed
                with open_folder(plain, self.call(prefix + plain), within=folder) as inner:
                    yield from self._inside(inner, prefix + name)
            else:
                yield Found(prefix + name, name, folder, name in links)
        if os.fstat(folder).st_mtime_ns != before.st_mtime_ns:
            raise changed(label)

    def _check(self, folder: os.stat_result, label: str, depth: int) -> None:
        if self._is_own(folder.st_dev, folder.st_ino):
            raise Invalid(
                f"{label} is where Cairn itself keeps objects: snapshot a folder beside"
            )
        if depth > DEEPEST:
            raise Invalid(f"{label} lies more than {DEEPEST} folders deep: flatten it")

    def _names(self, folder: int, prefix: bytes) -> tuple[list[bytes], set[bytes]]:
        """List a folder in the order of its paths, folders as `name/`; and which are links."""
        names: list[bytes] = []
        links: set[bytes] = set()
        with reading(self.call(prefix.rstrip(b"/"))), os.scandir(folder) as listing:
            for entry in listing:
                name = os.fsencode(entry.name)
                if name in LEFT_OUT:
                    self.left_out.append(escape(prefix + name))
                elif entry.is_dir(follow_symlinks=False):
                    names.append(name + b"/")
                elif entry.is_file(follow_symlinks=False):
                    names.append(name)
                elif entry.is_symlink():
                    names.append(name)
                    links.add(name)
                else:
                    mode = entry.stat(follow_symlinks=False).st_mode
                    raise not_stored(self.call(prefix + name), mode)
        names.sort()
        return names, links


@contextmanager
def open_folder(
    path: str | bytes | os.PathLike[str], label: str, *, within: int | None = None
) -> Generator[int, None, None]:
    """Open a folder; one `within` an open one is not followed if it is a symbolic link."""
    with reading(label):
        follow = 0 if within is None else os.O_NOFOLLOW
        try:
            descriptor = os.open(path, _OPEN | follow, dir_fd=within)
        except NotADirectoryError as error:
            raise changed(label) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


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
