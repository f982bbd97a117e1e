"""Files on their way into a store: each opened where it was seen, read once, and named."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from cairn.core.tree import EXECUTABLE, FILE, SYMLINK, Entry
from cairn.objects.backends.os_errors import reading
from cairn.objects.folders.folder import SLASH, Slice, enter_folder, read_target
from cairn.objects.folders.plan import UNKNOWN, Plan, Planned
from cairn.objects.packs.batch import Batch
from cairn.objects.source import About, about_of, changed, open_source


class Read(NamedTuple):
    """What was read of a file; `is_settled` if it was, before and after, what was seen."""

    mode: str
    size: int
    digest: bytes
    is_settled: bool

    def entry(self, path: bytes) -> Entry:
        """Return the entry of a tree for what was read."""
        return Entry(path, self.mode, self.size, "sha256:" + self.digest.hex())


Call = Callable[[bytes], str]
"""Says to a person which path is meant."""
Keep = Callable[[Slice, bytes], object]
"""Is told the digests of a slice: 32 bytes a file, zeros where it may have changed."""


def read_file(
    batch: Batch, folder: int | None, name: bytes | Path, *, seen: About, label: str
) -> Read:
    """Store a file, one of an open folder or any other; raises what `open_source` does."""
    with open_source(name, label, folder=folder) as source:
        digest, size = batch.put_source(source)
        mode = EXECUTABLE if source.is_executable else FILE
        return Read(mode, size, _raw(digest), source.is_as(seen))


def read_link(
    batch: Batch, folder: int, name: bytes, *, path: bytes, seen: About, label: str
) -> Read:
    """Store where a symbolic link leads; raises what `check_target` does."""
    target = read_target(folder, path, name, label)
    with reading(label):
        now = about_of(os.stat(name, dir_fd=folder, follow_symlinks=False))
    return Read(SYMLINK, len(target), _raw(batch.put(target)), now == seen)


def read_seen(
    batch: Batch, folder: int, *, prefix: bytes, name: bytes, seen: About, call: Call
) -> Read:
    """Store a file or link as it was seen."""
    path = prefix + name
    if stat.S_ISLNK(seen[0]):
        return read_link(batch, folder, name, path=path, seen=seen, label=call(path))
    return read_file(batch, folder, name, seen=seen, label=call(path))


class Descent:
    """The folders above what is read, opened only where something is read.

    One that was opened must list the same when it is left as when it was surveyed.
    """

    def __init__(self, top: int, call: Call) -> None:
        self._top = top
        self._call = call
        self._steps: list[_Step] = []

    def __enter__(self) -> Self:
        """Begin at the top."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Leave all folders; raises `Conflict` for one that changed, if nothing failed yet."""
        try:
            while self._steps and kind is None:
                self._leave(is_checked=True)
        finally:
            while self._steps:
                self._leave(is_checked=False)

    def announce(self, seen: Slice) -> None:
        """Say that a slice comes next; raises `Conflict` if a folder that is left changed."""
        self._return_to(seen.prefix)
        if not self._steps or self._steps[-1].prefix != seen.prefix:
            self._steps.append(_Step(seen.prefix, seen.place))

    def open(self, prefix: bytes) -> int:
        """Return the open folder with this path, which was announced."""
        self._return_to(prefix)
        above = self._top
        for step in self._steps:
            if step.descriptor is None:
                step.descriptor = self._opened(step, above)
            above = step.descriptor
        return above

    def _opened(self, step: "_Step", above: int) -> int:
        path = step.prefix[:-1]
        label = self._call(path)
        if not path:
            return os.dup(above)
        descriptor = enter_folder(path.rpartition(b"/")[2], label, within=above)
        about = os.fstat(descriptor)
        if (about.st_dev, about.st_ino) != step.place[:2]:
            os.close(descriptor)
            raise changed(label)
        return descriptor

    def _return_to(self, prefix: bytes) -> None:
        while self._steps and not prefix.startswith(self._steps[-1].prefix):
            self._leave(is_checked=True)

    def _leave(self, *, is_checked: bool) -> None:
        step = self._steps.pop()
        if step.descriptor is None:
            return
        try:
            is_same = os.fstat(step.descriptor).st_mtime_ns == step.place[2]
        finally:
            os.close(step.descriptor)
        if is_checked and not is_same:
            raise changed(self._call(step.prefix[:-1]))


@dataclass
class _Step:
    prefix: bytes
    place: tuple[int, int, int]
    descriptor: int | None = None


class Intake:
    """Entries of a tree, made of a plan: what is known as it is, the rest by `read`.

    `keep` is told the digests of each slice once all of it is read.
    """

    def __init__(
        self,
        plan: Plan,
        descent: Descent,
        *,
        read: Callable[[Slice, bytes, About], Read],
        keep: Keep,
    ) -> None:
        self._plan = plan
        self._descent = descent
        self._read = read
        self._keep = keep

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in the order of their paths, each after it was stored."""
        return self._inside(iter(self._plan))

    def _inside(self, planned: Iterator[Planned]) -> Iterator[Entry]:
        for seen, known in planned:
            self._descent.announce(seen)
            kept: list[bytes] = []
            abouts = iter(seen.read_abouts())
            for name in seen.listed():
                if name[-1] == SLASH:
                    yield from self._inside(planned)
                    continue
                digest = known[32 * len(kept) : 32 * len(kept) + 32]
                if digest == UNKNOWN:
                    entry, digest = self._entry(seen, name, next(abouts))
                else:
                    entry = _known(seen.prefix + name, next(abouts), digest)
                kept.append(digest)
                yield entry
            self._keep(seen, b"".join(kept))
            if seen.is_last:
                return

    def _entry(self, seen: Slice, name: bytes, about: About) -> tuple[Entry, bytes]:
        read = self._read(seen, name, about)
        return read.entry(seen.prefix + name), read.digest if read.is_settled else UNKNOWN


def _known(path: bytes, about: About, digest: bytes) -> Entry:
    mode = EXECUTABLE if about[0] & stat.S_IXUSR else FILE
    if stat.S_ISLNK(about[0]):
        mode = SYMLINK
    return Entry(path, mode, about[1], "sha256:" + digest.hex())


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))
