"""Trees and folders: a folder becomes objects under one digest, and comes back bit by bit."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.tree import (
    LEAF_BYTES,
    ROOT_BYTES,
    Change,
    Changes,
    Entry,
    Leaf,
    compare,
    escape,
    gather,
    read_leaf,
    read_root,
)
from cairn.objects.backends.os_errors import reading
from cairn.objects.folders.folder import Folder
from cairn.objects.folders.freeze import freeze_file, freeze_folder
from cairn.objects.folders.restore import Helpers, restore_entries
from cairn.objects.folders.restore_file import Giver
from cairn.objects.folders.stored_tree import (
    Progress,
    StoredTree,
    Tally,
    store_entries,
    tree_entries,
    tree_objects,
)
from cairn.objects.folders.workers import worker_count
from cairn.objects.source import not_stored
from cairn.objects.store import ObjectStore

__all__ = [
    "Progress",
    "StoredTree",
    "compare_trees",
    "diff_trees",
    "restore_tree",
    "store_entries",
    "store_tree",
    "tree_entries",
    "tree_objects",
]


def store_tree(
    objects: ObjectStore, path: Path, *, on_progress: Progress | None = None
) -> StoredTree:
    """Store a folder, or one file as a tree of one entry, durably.

    `path` itself may be a symbolic link and is followed; those within a folder are stored as
    links and must stay inside it. Raises `Invalid` for content that cannot be stored or is
    none at all, `Conflict` for a file that changes meanwhile, `NotFound` or `Unavailable` for
    one that cannot be read; each names the file.
    """
    label = escape(os.fsencode(path))
    with reading(label):
        mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return freeze_folder(objects, path, Folder(label, objects.is_own), on_progress)
    if not stat.S_ISREG(mode):
        raise not_stored(label, mode)
    return freeze_file(objects, path, label, on_progress)


def restore_tree(
    objects: ObjectStore,
    digest: Digest,
    into: Path,
    *,
    giver: Giver | None = None,
    on_progress: Progress | None = None,
) -> StoredTree:
    """Write a tree into a folder that is absent or empty: all of it, verified, or nothing.

    `giver` has the files of a tree that is pinned, whose bytes are not in the store.
    Raises `Invalid` if there is something already, `Corrupt` or `NotFound` if the store
    cannot give the exact bytes, `Unavailable` if the disk cannot take them.
    """
    leaves = read_root(objects.get(digest, most=ROOT_BYTES))
    whole = StoredTree(
        digest, sum(leaf.rows for leaf in leaves), sum(leaf.size for leaf in leaves)
    )
    helpers = None if giver else _helpers(objects, whole)
    try:
        restore_entries(
            giver or objects,
            tree_entries(objects, digest),
            into,
            done=Tally(whole.files, whole.size_bytes, on_progress),
            helpers=helpers,
        )
    except NotFound:
        if helpers is not None:  # they know what is missing, and not whether it was erased
            _require_all(objects, digest)
        raise
    return whole


def diff_trees(objects: ObjectStore, before: Digest, after: Digest) -> Changes:
    """Compare two trees by path; leaves that both have are not read.

    All that differs is in memory: `compare_trees` gives it piece by piece.
    """
    return gather(compare_trees(objects, before, after))


def compare_trees(objects: ObjectStore, before: Digest, after: Digest) -> Iterator[Change]:
    """Yield what differs between two trees, sorted by path; two leaves are in memory."""
    old = read_root(objects.get(before, most=ROOT_BYTES))
    new = read_root(objects.get(after, most=ROOT_BYTES))
    return compare(_entries_beside(objects, old, new), _entries_beside(objects, new, old))


def _require_all(objects: ObjectStore, digest: Digest) -> None:
    """Raise `NotFound` naming the first file of a tree that is not stored, and why."""
    files = {entry.digest for entry in tree_entries(objects, digest)}
    for lacking in sorted(files - objects.have(files)):
        objects.size(lacking)


def _helpers(objects: ObjectStore, whole: StoredTree) -> Helpers | None:
    """Tell which processes can write a tree, if it is worth their start."""
    count = worker_count(whole.files, whole.size_bytes)
    if count < 2 or objects.folder is None:  # noqa: PLR2004 (more than this process)
        return None
    return Helpers(count, objects.folder)


def _entries_beside(
    objects: ObjectStore, leaves: Iterable[Leaf], others: Iterable[Leaf]
) -> Iterator[Entry]:
    """Yield the entries of those leaves that are not among `others`."""
    shared = {leaf.digest for leaf in others}
    for leaf in leaves:
        if leaf.digest not in shared:
            yield from read_leaf(objects.get(leaf.digest, most=LEAF_BYTES))
