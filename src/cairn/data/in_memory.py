"""Snapshots of what a script made in memory: held-out splits, engineered features."""

from collections.abc import Iterable
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.snapshot import Derived, SnapshotInfo
from cairn.data.files import check_name, record_snapshot
from cairn.objects.folders.tree import store_tree
from cairn.project import Project


def snapshot_derived(
    project: Project,
    path: Path,
    *,
    by: str,
    of: Iterable[Digest] = (),
    name: str | None = None,
) -> SnapshotInfo:
    """Freeze files that `by`, a function, made from the snapshots `of`.

    Where the files lay is forgotten: they are usually in a temporary folder.
    """
    check_name(name)
    stored = store_tree(project.objects, path)
    source = Derived(tree=stored.digest, by=by, of=tuple(sorted(set(of))))
    return record_snapshot(project, source, origin=f"made by {by}", name=name)
