"""A tree that was stored: written, read again, and how whoever waits for one is told."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt
from cairn.core.tree import (
    LEAF_BYTES,
    ROOT_BYTES,
    Entry,
    Leaf,
    cut,
    read_leaves,
    read_root,
    write_root,
)
from cairn.objects.packs.batch import Batch
from cairn.objects.store import ObjectStore

Progress = Callable[[int, int, int, int], None]
"""Told after each file: files done, bytes done, files in all, bytes in all."""


class StoredTree(NamedTuple):
    """A tree in a store; `left_out` names Git's and Cairn's own folders that are not in it."""

    digest: Digest
    files: int
    size_bytes: int
    left_out: tuple[str, ...] = ()


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


class Tally:
    """Counts what is done and tells whoever wants to know."""

    def __init__(self, files: int, size: int, on_progress: Progress | None) -> None:
        self._all = (files, size)
        self._files = self._size = 0
        self._on_progress = on_progress

    def add(self, files: int, size: int) -> None:
        """Say that so many files and bytes more are done."""
        self._files += files
        self._size += size
        if self._on_progress:
            self._on_progress(self._files, self._size, *self._all)

    def counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass entries on, each done once the next one is asked for."""
        for entry in entries:
            yield entry
            self.add(1, entry.size)


def tree_entries(objects: ObjectStore, digest: Digest) -> Iterator[Entry]:
    """Yield the files of a tree, sorted by path; raises `Corrupt` if it is not canonical."""
    leaves = read_root(objects.get(digest, most=ROOT_BYTES))
    try:
        for rows in read_leaves(
            (leaf, objects.get(leaf.digest, most=LEAF_BYTES)) for leaf in leaves
        ):
            yield from rows
    except Corrupt as error:
        raise Corrupt(f"tree {digest} is damaged: {error}") from error


def tree_objects(objects: ObjectStore, digest: Digest) -> Iterator[Digest]:
    """Yield all objects that a tree needs, itself first; some may come more than once."""
    yield digest
    yield from (leaf.digest for leaf in read_root(objects.get(digest, most=ROOT_BYTES)))
    yield from (entry.digest for entry in tree_entries(objects, digest))
