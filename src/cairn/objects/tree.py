"""Trees and folders: a folder becomes objects under one digest, and comes back bit by bit."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Invalid
from cairn.core.tree import (
    EXECUTABLE,
    FILE,
    SYMLINK,
    Change,
    Changes,
    Entry,
    Leaf,
    compare,
    cut,
    escape,
    gather,
    read_leaf,
    read_leaves,
    read_root,
    write_root,
)
from cairn.objects.batch import Batch
from cairn.objects.fault import reading
from cairn.objects.folder import Folder, Found, check_target, open_folder
from cairn.objects.restore import Giver, restore_entries
from cairn.objects.source import Source, not_stored, open_source
from cairn.objects.store import ObjectStore

Progress = Callable[[int, int, int, int], None]
"""Told after each file: files done, bytes done, files in all, bytes in all."""


class StoredTree(NamedTuple):
    """A tree in a store; `left_out` names Git's and Cairn's own folders that are not in it."""

    digest: Digest
    files: int
    size_bytes: int
    left_out: tuple[str, ...] = ()


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
        return _store_folder(objects, path, Folder(label, objects.is_own), on_progress)
    if not stat.S_ISREG(mode):
        raise not_stored(label, mode)
    return _store_file(objects, path, label, on_progress)


def store_entries(batch: Batch, entries: Iterable[Entry]) -> StoredTree:
    """Store the leaves and the root of a tree; its files are stored by then, or pinned."""
    leaves: list[Leaf] = []
    for leaf, content in cut(entries):
        batch.put(content)
        leaves.append(leaf)
    root = batch.put(write_root(leaves))
    return StoredTree(
        root, sum(leaf.rows for leaf in leaves), sum(leaf.size for leaf in leaves)
    )


def tree_entries(objects: ObjectStore, digest: Digest) -> Iterator[Entry]:
    """Yield the files of a tree, sorted by path; raises `Corrupt` if it is not canonical."""
    leaves = read_root(objects.get(digest))
    try:
        for rows in read_leaves((leaf, objects.get(leaf.digest)) for leaf in leaves):
            yield from rows
    except Corrupt as error:
        raise Corrupt(f"tree {digest} is damaged: {error}") from error


def tree_objects(objects: ObjectStore, digest: Digest) -> Iterator[Digest]:
    """Yield all objects that a tree needs, itself first; some may come more than once."""
    yield digest
    yield from (leaf.digest for leaf in read_root(objects.get(digest)))
    yield from (entry.digest for entry in tree_entries(objects, digest))


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
    leaves = read_root(objects.get(digest))
    whole = StoredTree(
        digest, sum(leaf.rows for leaf in leaves), sum(leaf.size for leaf in leaves)
    )
    done = _Tally(whole.files, whole.size_bytes, on_progress)
    restore_entries(giver or objects, done.counted(tree_entries(objects, digest)), into)
    return whole


def diff_trees(objects: ObjectStore, before: Digest, after: Digest) -> Changes:
    """Compare two trees by path; leaves that both have are not read.

    All that differs is in memory: `compare_trees` gives it piece by piece.
    """
    return gather(compare_trees(objects, before, after))


def compare_trees(objects: ObjectStore, before: Digest, after: Digest) -> Iterator[Change]:
    """Yield what differs between two trees, sorted by path; two leaves are in memory."""
    old = read_root(objects.get(before))
    new = read_root(objects.get(after))
    return compare(_entries_beside(objects, old, new), _entries_beside(objects, new, old))


def _store_folder(
    objects: ObjectStore, path: Path, folder: Folder, on_progress: Progress | None
) -> StoredTree:
    with open_folder(path, folder.label) as top, objects.batch() as batch:
        done = _Tally(*_survey(folder, top), on_progress)
        entries = (_store_one(batch, folder, found) for found in folder.walk(top))
        stored = store_entries(batch, done.counted(entries))
    return stored._replace(left_out=tuple(sorted(folder.left_out)))


def _store_file(
    objects: ObjectStore, path: Path, label: str, on_progress: Progress | None
) -> StoredTree:
    with objects.batch() as batch, open_source(path, label) as source:
        done = _Tally(1, source.size, on_progress)
        entry = _file_entry(batch, os.fsencode(path.name), source)
        return store_entries(batch, done.counted([entry]))


def _survey(folder: Folder, top: int) -> tuple[int, int]:
    """Count files and bytes, and refuse what cannot be stored before anything is."""
    files, size = 0, 0
    for found in folder.walk(top):
        with reading(folder.call(found.path)):
            about = os.stat(found.name, dir_fd=found.folder, follow_symlinks=False)
        if found.is_link:
            _target(folder, found)
        files, size = files + 1, size + about.st_size
    if files == 0:
        raise Invalid(f"{folder.label} has no files in it: name a folder with data")
    return files, size


def _store_one(batch: Batch, folder: Folder, found: Found) -> Entry:
    if found.is_link:
        target = _target(folder, found)
        return Entry(found.path, SYMLINK, len(target), batch.put(target))
    label = folder.call(found.path)
    with open_source(found.name, label, folder=found.folder) as source:
        return _file_entry(batch, found.path, source)


def _file_entry(batch: Batch, path: bytes, source: Source) -> Entry:
    digest, size = batch.put_source(source)
    return Entry(path, EXECUTABLE if source.is_executable else FILE, size, digest)


def _target(folder: Folder, found: Found) -> bytes:
    label = folder.call(found.path)
    with reading(label):
        target = os.readlink(found.name, dir_fd=found.folder)
    return check_target(found.path, target, label)


def _entries_beside(
    objects: ObjectStore, leaves: Iterable[Leaf], others: Iterable[Leaf]
) -> Iterator[Entry]:
    """Yield the entries of those leaves that are not among `others`."""
    shared = {leaf.digest for leaf in others}
    for leaf in leaves:
        if leaf.digest not in shared:
            yield from read_leaf(objects.get(leaf.digest))


class _Tally:
    """Counts what is done and tells whoever wants to know."""

    def __init__(self, files: int, size: int, on_progress: Progress | None) -> None:
        self._all = (files, size)
        self._on_progress = on_progress

    def counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass entries on, each after what was asked for before it is done."""
        files, size = 0, 0
        for entry in entries:
            yield entry
            files, size = files + 1, size + entry.size
            if self._on_progress:
                self._on_progress(files, size, *self._all)
