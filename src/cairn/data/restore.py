"""Get a snapshot's files back, from the store or from where they are pinned."""

import shutil
from pathlib import Path

from cairn.core.errors import Erased, Refused
from cairn.core.snapshot import IcebergTable, Recipe, Snapshot, SnapshotInfo, is_kept
from cairn.data.erasure import left_of
from cairn.data.pins import PinnedBytes
from cairn.objects.folders.tree import Progress, restore_tree
from cairn.project import Project


def restore(
    project: Project, reference: str, into: Path, *, on_progress: Progress | None = None
) -> SnapshotInfo:
    """Write a snapshot's files into a folder that is absent or empty: all, verified, or none.

    Those of a pin are read where they lie: raises `NotFound` for what is gone there, `Corrupt`
    for what is changed, else what `restore_tree` raises.
    """
    info = project.find_snapshot(reference)
    source = project.objects.get_record(info.digest, Snapshot).source
    if isinstance(source, Recipe) and not is_kept(source):
        raise Refused(
            f"{reference} is a recipe that keeps no bytes of what it makes",
            fix=f"run it again: `cairn snapshot rebuild {reference} FOLDER`",
        )
    giver = None if is_kept(source) else PinnedBytes(project, source)
    try:
        restore_tree(project.objects, info.tree, into, giver=giver, on_progress=on_progress)
    except Erased as error:
        left = left_of(project, info.digest)
        follows = f"; what is left of {reference} is {left}" if left else ""
        raise Erased(f"{error}{follows}") from error
    return info


def make_readable(project: Project, info: SnapshotInfo, folder: Path) -> Path | None:
    """Make a restored table readable where it lies now; returns what to open, if it is new.

    Only Iceberg needs it: its metadata names files by where they lay. Where that fails nothing
    is left in the folder. Raises `Unavailable` if it takes a library that is not installed.
    """
    source = project.objects.get_record(info.digest, Snapshot).source
    if not isinstance(source, IcebergTable) or source.mode == "pin":
        return None
    from cairn.data.lakes.relocate import relocate

    try:
        return relocate(source, folder)
    except BaseException:
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        raise
