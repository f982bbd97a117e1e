"""Snapshots of files and folders: add, compare, verify."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cairn.core.errors import CairnError, Corrupt, Erased, Invalid, NotFound
from cairn.core.name import SnapshotName
from cairn.core.snapshot import (
    AddSnapshot,
    Files,
    Sampling,
    Snapshot,
    SnapshotInfo,
    Source,
)
from cairn.core.table import Profile
from cairn.core.tree import Changes, Entry, escape
from cairn.core.words import counted
from cairn.data.require_frozen import refuse_address
from cairn.data.tables.table_files import is_described
from cairn.data.whole import require_whole
from cairn.objects.folders.tree import (
    Progress,
    StoredTree,
    diff_trees,
    store_tree,
    tree_entries,
)
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.data.tables.describe_tables import Described

_log = logging.getLogger(__name__)
LONGEST_ORIGIN = 2000
SHOWN = 5
_CREDENTIALS = re.compile(
    r"[^/:@]+:[^/@]+(?=@)|(?P<name>token=|secret=|signature=|password=)[^/&]+", re.IGNORECASE
)


class Verified(NamedTuple):
    """What was read from end to end and found intact."""

    files: int
    size_bytes: int


def snapshot_files(
    project: Project,
    path: Path,
    *,
    name: str | None = None,
    sampling: Sampling | None = None,
    on_progress: Progress | None = None,
    on_unread: Callable[[CairnError], None] | None = None,
) -> SnapshotInfo:
    """Freeze a file or folder; the same bytes again are the same snapshot.

    Folders called `.git` and `.cairn` are left out, and the origin says so. A file that is not
    the table that its name says is frozen as it is, and told to `on_unread`. Raises what
    `store_tree` raises, `Refused` for what is not a path at all: `s3://...`, and what
    `require_whole` raises.
    """
    refuse_address(os.fspath(path))
    check_name(name)
    stored = store_tree(project.objects, path, on_progress=on_progress)
    tables: list[Entry] = []
    entries = tree_entries(project.objects, stored.digest)
    require_whole(project.objects, _noting(tables, entries), path)
    origin = _origin(project, path, stored)
    described = _described(project, tables)
    for complaint in described.complaints if described else ():
        (on_unread or warn_unread)(complaint)
    return record_snapshot(
        project,
        Files(tree=stored.digest),
        origin=origin,
        name=name,
        sampling=sampling,
        profile=described.profile if described else None,
    )


def record_snapshot(
    project: Project,
    source: Source,
    *,
    origin: str,
    name: str | None,
    sampling: Sampling | None = None,
    profile: Profile | None = None,
) -> SnapshotInfo:
    """Record a snapshot whose tree is stored; `profile` describes the tables in it."""
    with project.objects.batch() as batch:
        digest = batch.put_record(Snapshot(source=source, sampling=sampling))
        described = batch.put_record(profile) if profile is not None else None
    return project.engine.send(
        AddSnapshot(
            snapshot=digest, origin=origin[:LONGEST_ORIGIN], name=name, profile=described
        )
    )


def diff(project: Project, before: str, after: str) -> Changes:
    """Compare two snapshots by path."""
    old, new = project.find_snapshot(before), project.find_snapshot(after)
    return diff_trees(project.objects, old.tree, new.tree)


def verify(project: Project, reference: str) -> Verified:
    """Read every byte of a snapshot.

    Raises `Corrupt` naming the files that are not intact, `Erased` if the others were erased.
    """
    info = project.find_snapshot(reference)
    if project.objects.get_record(info.digest, Snapshot).source.tree != info.tree:
        raise Corrupt(
            f"the registry lists another tree for snapshot {info.digest} than it has"
        )
    damaged: list[str] = []
    erased: dict[str, Erased] = {}
    files = size_bytes = 0
    for entry in tree_entries(project.objects, info.tree):
        files, size_bytes = files + 1, size_bytes + entry.size
        try:
            if not _is_intact(project, entry):
                damaged.append(escape(entry.path))
        except Erased as error:
            erased[escape(entry.path)] = error
    if damaged:
        raise Corrupt(
            f"{len(damaged)} of {counted(files, 'file')} of snapshot {reference} are damaged "
            f"or missing ({', '.join(damaged[:SHOWN])}): bring their objects back from a "
            "backup; `cairn verify --all` names them"
        )
    if erased:
        raise Erased(
            f"{len(erased)} of {counted(files, 'file')} of snapshot {reference} are not there "
            f"({', '.join([*erased][:SHOWN])}), the others are intact: "
            f"{next(iter(erased.values()))}"
        )
    return Verified(files, size_bytes)


def warn_unread(error: CairnError) -> None:
    """Say that a file was frozen and not read as a table."""
    _log.warning("frozen as it is, but it cannot be read as a table: %s", error)


def check_name(name: str | None) -> None:
    """Raise `Invalid` for what cannot be a snapshot's name, before its bytes are stored."""
    try:
        msgspec.convert(name, SnapshotName | None)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"{name!r} is not a name for a snapshot: lower-case letters, digits, '.', '_' "
            "and '-'"
        ) from error


def _noting(tables: list[Entry], entries: Iterable[Entry]) -> Iterator[Entry]:
    """Pass entries on and note the tables: a tree of a million files is read once for both."""
    for entry in entries:
        if is_described(entry):
            tables.append(entry)
        yield entry


def _described(project: Project, tables: Sequence[Entry]) -> "Described | None":
    if not tables:
        return None
    from cairn.data.tables.describe_tables import describe_tables  # NumPy

    return describe_tables(project.objects, tables)


def _is_intact(project: Project, entry: Entry) -> bool:
    try:
        return project.objects.check(entry.digest) == entry.size
    except Erased:
        raise
    except (Corrupt, NotFound):
        return False


def _origin(project: Project, path: Path, stored: StoredTree) -> str:
    """Say where the files lay: within the project if they did; without credentials."""
    lay = _within(path, project.settings.folder)
    origin = _CREDENTIALS.sub(r"\g<name>***", escape(os.fsencode(lay)))
    if stored.left_out:
        return f"{origin} (without {', '.join(stored.left_out[:SHOWN])})"
    return origin


def _within(path: Path, folder: Path) -> Path:
    """Return `path` relative to `folder`, or absolute where it lies outside."""
    absolute, root = path.absolute(), folder.resolve()
    above = absolute.name == ".."
    lay = absolute.resolve() if above else absolute.parent.resolve() / absolute.name
    if ".." not in absolute.parts and absolute.is_relative_to(root):
        lay = absolute  # it may lead through a link of the project to a place outside
    return lay.relative_to(root) if lay.is_relative_to(root) else lay
