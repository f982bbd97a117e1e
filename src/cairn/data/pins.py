"""Pinned snapshots: verified where their bytes lie, and restored from there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.core.pin import MOST_NAMED, CheckPin, PinCheck, PinStatus
from cairn.core.snapshot import (
    BucketVersions,
    DeltaTable,
    DvcOutput,
    IcebergTable,
    LakeFSCommit,
    Snapshot,
    SnapshotInfo,
    Source,
    is_kept,
)
from cairn.core.tree import Entry, escape
from cairn.data.copies import Copy, Fault, Taken, Wanted, take
from cairn.data.lying import Lying
from cairn.objects.folders.tree import Progress, tree_entries
from cairn.objects.store import Sink
from cairn.project import Project

LONGEST = 2000
STORE = "this store"
HELD = "not had from where it lay: this store holds the same bytes"
PINNABLE = ("delta", "iceberg", "lakefs", "bucket", "dvc")
Locate = Callable[[Sequence[Entry]], Iterator[Wanted]]
"""Says of the files of a pin, in order, where each may lie."""


@dataclass(frozen=True)
class FileStatus:
    """A file of a pin, and what was found where it lay; `detail` says more."""

    path: str
    status: PinStatus
    detail: str = ""


class Checked(NamedTuple):
    """What reading a pin found: the recorded fact, and every file."""

    check: PinCheck
    files: tuple[FileStatus, ...]


def is_pinned(project: Project, info: SnapshotInfo) -> bool:
    """Tell whether the bytes of a snapshot lie somewhere else, where they can be read."""
    if info.kind not in PINNABLE:
        return False
    return not is_kept(project.objects.get_record(info.digest, Snapshot).source)


def retention_seconds(project: Project, info: SnapshotInfo) -> int | None:
    """Return how long the lake keeps what is out of date; None if it does not say."""
    source = project.objects.get_record(info.digest, Snapshot).source
    return source.retention_seconds if isinstance(source, DeltaTable | IcebergTable) else None


def check_pin(
    project: Project, info: SnapshotInfo, *, on_progress: Progress | None = None
) -> Checked:
    """Read every file of a pinned snapshot where it lies, and record what was found.

    Raises `Unavailable` or `Forbidden` where a place does not answer: nothing is recorded
    then, as silence is not loss.
    """
    source = project.objects.get_record(info.digest, Snapshot).source
    files = tuple(_statuses(project, source, on_progress))
    check = project.engine.send(
        CheckPin(
            snapshot=info.digest,
            intact=sum(file.status == "intact" for file in files),
            changed=sum(file.status == "changed" for file in files),
            lost=sum(file.status == "lost" for file in files),
            named=tuple(f.path[:LONGEST] for f in files if f.status != "intact")[:MOST_NAMED],
        )
    )
    return Checked(check, files)


class PinnedBytes:
    """Hands out the files of a pin from where they lie, each verified before it is given."""

    def __init__(self, project: Project, source: Source) -> None:
        entries = list(tree_entries(project.objects, source.tree))
        self._sizes = {entry.digest: entry.size for entry in entries}
        pairs = zip(entries, _wanted(project, source, entries), strict=True)
        self._wanted = {entry.digest: wanted for entry, wanted in pairs}

    def size(self, digest: Digest) -> int:
        """Tell the size of a file, unread."""
        return self._sizes[digest]

    def get(self, digest: Digest) -> bytes:
        """Read a file into memory."""
        return b"".join(self._taken(digest).copy.chunks())

    def write_to(self, digest: Digest, sink: Sink) -> int:
        """Copy a file to `sink`; it is read once before, so that no wrong byte is written."""
        import hashlib

        copy, read = self._taken(digest).copy, hashlib.sha256()
        for chunk in copy.chunks():
            read.update(chunk)
            sink.write(chunk)
        if "sha256:" + read.hexdigest() != digest:
            raise Corrupt(f"{copy.name} changed while it was read; run this again")
        return self._sizes[digest]

    def _taken(self, digest: Digest) -> Taken:
        found = take(self._wanted[digest], None)
        if isinstance(found, Taken):
            return found
        kind = Corrupt if found.kind == "corrupt" else NotFound
        raise kind(
            f"{found.path} is {_status(found).upper()}: {found.reason}, and this snapshot is "
            "a pin, which keeps no bytes; bring the file back where it lay"
        )


def lying(project: Project, source: Source) -> Lying:
    """Return what gives a pin's files from where they lie, or from the store if it has them.

    Raises `NotFound` if nothing is known of the place.
    """
    entries = list(tree_entries(project.objects, source.tree))
    return Lying(_wanted(project, source, entries))


def locate(project: Project, source: Source) -> Locate:
    """Return what knows where the files of a pinned source lie.

    Raises `NotFound` if the place as a whole is gone, such as a DVC project.
    """
    match source:
        case DvcOutput():
            from cairn.data.dvc.pinned import locate_output

            return locate_output(source, project.settings.folder)
        case DeltaTable() | IcebergTable():
            from cairn.data.lakes.files import locate_files

            return locate_files(source, project.settings.folder)
        case LakeFSCommit():
            from cairn.data.lakes.lakefs import locate_objects

            return locate_objects(source)
        case BucketVersions():
            from cairn.data.buckets.bucket_pin import locate_versions

            return locate_versions(source)
        case _:
            raise NotFound(
                "a recipe keeps no bytes of what it makes; "
                "`cairn snapshot rebuild SNAPSHOT FOLDER` makes them"
            )


def _statuses(
    project: Project, source: Source, on_progress: Progress | None
) -> Iterator[FileStatus]:
    entries = list(tree_entries(project.objects, source.tree))
    total = sum(entry.size for entry in entries)
    size = 0
    wanted = _wanted(project, source, entries)
    for count, (entry, where) in enumerate(zip(entries, wanted, strict=True), 1):
        found = take(where, None)
        if isinstance(found, Fault):
            yield FileStatus(escape(entry.path), _status(found), found.reason)
        else:
            detail = HELD if found.copy.name == STORE else ""
            yield FileStatus(escape(entry.path), "intact", detail)
        size += entry.size
        if on_progress:
            on_progress(count, size, len(entries), total)


def _wanted(project: Project, source: Source, entries: Sequence[Entry]) -> list[Wanted]:
    """Say where each file may lie; last in the store, which may hold it for another reason."""
    held = project.objects.have(entry.digest for entry in entries)
    return [
        _or_held(project, entry, wanted) if entry.digest in held else wanted
        for entry, wanted in zip(entries, locate(project, source)(entries), strict=True)
    ]


def _or_held(project: Project, entry: Entry, wanted: Wanted) -> Wanted:
    kept = Copy(STORE, lambda: project.objects.reader.parts(entry.digest))
    return wanted._replace(copies=lambda: chain(wanted.copies(), [kept]))


def _status(fault: Fault) -> PinStatus:
    return "changed" if fault.kind == "corrupt" else "lost"
