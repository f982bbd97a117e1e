"""Which files a run read and wrote, put together from the events of all its processes.

1. What a run wrote before it read it, it made itself: that is not an input.
2. An input is the bytes that the script saw. A file that was overwritten later is taken from
   the copy that the hook made; one that changed under the script's hands is a gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cairn.capture.events import AnyEvent, Database, Read, Rename, Source, Write
from cairn.core.tree import unescape

Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Seen:
    """A file as the script saw it: where, its mark then, and the copies made of it."""

    path: Path
    mark: Mark
    copies: tuple[Path, ...] = ()
    changed_meanwhile: bool = False

    def bytes_at(self) -> Path | None:
        """Return where exactly these bytes lie now; None if nowhere any more."""
        if self.changed_meanwhile:
            return None
        if mark_of(self.path) == self.mark:
            return self.path
        same = (copy for copy in self.copies if _size(copy) == self.mark[1])
        return next(same, None)


@dataclass
class Touched:
    """The files that a run touched, by absolute path."""

    read: dict[Path, Seen] = field(default_factory=dict[Path, Seen])
    sources: dict[Path, Mark] = field(default_factory=dict[Path, Mark])
    written: set[Path] = field(default_factory=set[Path])
    outputs: set[Path] = field(default_factory=set[Path])

    def made_blindly(self) -> set[Path]:
        """List what the run wrote without having read it, whatever lay there before."""
        return self.written - self.read.keys() - self.sources.keys()


def touched(events: Sequence[AnyEvent], kept: Path) -> Touched:
    """Go through the events in order of time; `kept` is where the hook put its copies."""
    found = Touched()
    copies: dict[Path, list[Path]] = {}
    for event in events:
        match event:
            case Source():
                mark = (event.inode, event.size, event.changed)
                found.sources.setdefault(place_of(event.path), mark)
            case Read():
                _read(found, event)
            case Write() | Database():
                path = place_of(event.path)
                if event.copy:
                    copies.setdefault(path, []).append(kept / event.copy)
                if isinstance(event, Write):
                    found.written.add(path)
            case _:
                pass
    found.read = _with_copies(found.read, copies)
    changed = {path for path, seen in found.read.items() if mark_of(path) != seen.mark}
    found.outputs = {path for path in found.written | changed if path.is_file()}
    return found


def place_of(spelled: str) -> Path:
    """Read a path as the hook spells it."""
    return Path(unescape(spelled).decode("utf-8", "surrogateescape"))


def moved_to(events: Sequence[AnyEvent], path: str) -> Path:
    """Follow a file through the moves that were seen, from a path as the hook spells it."""
    for event in events:
        if isinstance(event, Rename) and event.source == path:
            path = event.path
    return place_of(path)


def mark_of(path: Path) -> Mark | None:
    """Return what tells one state of a file from the next."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(found: Touched, event: Read) -> None:
    path = place_of(event.path)
    mark = (event.inode, event.size, event.changed)
    if path in found.written:
        return
    before = found.read.get(path)
    if before is None:
        found.read[path] = Seen(path, mark)
    elif before.mark != mark:
        found.read[path] = Seen(path, before.mark, changed_meanwhile=True)


def _with_copies(
    read: Mapping[Path, Seen], copies: Mapping[Path, list[Path]]
) -> dict[Path, Seen]:
    return {
        path: Seen(path, seen.mark, tuple(copies.get(path, ())), seen.changed_meanwhile)
        for path, seen in read.items()
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
