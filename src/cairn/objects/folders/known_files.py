"""What is known of files from the snapshot before, as far as the store still has it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from cairn.core.tree import read_root
from cairn.objects.folders.folder import Slice
from cairn.objects.folders.plan import UNKNOWN, Plan, Planned, parts
from cairn.objects.folders.stat_cache import StatWriter, Whole, cache_path, open_cache
from cairn.objects.folders.stored_tree import StoredTree
from cairn.objects.packs.batch import Batch
from cairn.objects.store import ObjectStore

MOST_PACKS = 4096


class Recall:
    """The cache of the folder or file at `path`, read, and written anew.

    A digest counts if the object stays in the store. That need not be looked up for each if
    all packs are still there that were there when the last snapshot was complete.
    """

    def __init__(self, objects: ObjectStore, path: Path) -> None:
        where = cache_path(objects.stats, path) if objects.stats else None
        self._objects = objects
        self._writer = StatWriter(where)
        self._cache = open_cache(where)
        self._is_same = True
        self._is_trusted = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget a new cache that was not kept."""
        self._cache.close()
        self._writer.close()

    def fill(self, plan: Plan, survey: Iterable[Slice], batch: Batch) -> None:
        """Plan what was surveyed, with the digests that are known and can be relied on."""
        if self._cache.whole and self._cache.whole.packs:
            self._objects.hold()
            standing = batch.standing()
            self._is_trusted = standing is not None and standing.issuperset(
                self._cache.whole.packs
            )
        for seen in survey:
            digests, is_same = self._cache.find(seen)
            if not self._is_trusted:
                digests = _stored(digests, batch)
            self._is_same = self._is_same and is_same and UNKNOWN not in digests
            plan.add(Planned(seen, digests))

    def as_before(self, plan: Plan, batch: Batch) -> StoredTree | None:
        """Return the tree of the last snapshot if it is this one, too."""
        whole = self._cache.whole
        if whole is None or not self._is_same or plan.slices != self._cache.slices:
            return None
        if not self._is_trusted:
            if not batch.stored([whole.tree]):
                return None
            leaves = {leaf.digest for leaf in read_root(self._objects.get(whole.tree))}
            if batch.stored(leaves) != leaves:
                return None
        return StoredTree(whole.tree, whole.files, whole.size_bytes)

    def add(self, seen: Slice, digests: bytes) -> None:
        """Note what was read; zeros for what may have changed meanwhile."""
        self._writer.add(seen, digests)

    def keep(self, stored: StoredTree) -> None:
        """Keep what was noted, once the tree is durable."""
        if self._objects.stats is None:
            return
        packs = self._objects.batch().standing() or frozenset[str]()
        kept = sorted(packs) if len(packs) <= MOST_PACKS else []
        whole = Whole(stored.digest, stored.files, stored.size_bytes, kept)
        self._writer.finish(whole)


def _stored(digests: bytes, batch: Batch) -> bytes:
    """Forget the digests of what the store has no more."""
    known = {"sha256:" + part.hex(): part for part in parts(digests) if part != UNKNOWN}
    if not known:
        return digests
    there = {known[digest] for digest in batch.stored(known)}
    return b"".join(part if part in there else UNKNOWN for part in parts(digests))
