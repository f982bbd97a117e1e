"""Objects copied from one store to another: only what is missing, verified on the way.

1. Blobs travel, not objects: of a large one only the pieces that the other store lacks.
2. Every blob is compared with its id between reading and writing. A large object is compared
   with its digest as a whole before its recipe is placed, and recipes come last.
3. A pack that is wanted whole is copied whole. Else its blobs go into new packs, so nothing
   travels that nobody asked for.

What was placed before an error stays: verified, referred to by nothing, and found again.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import NamedTuple, TypeVar

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt
from cairn.objects.packs.blob import LARGE, RECIPE, Recipe, check_size, names, read_recipe
from cairn.objects.packs.index import TOMBS, Place
from cairn.objects.packs.pack import PACK_BYTES, check_pack
from cairn.objects.packs.pack_read import Load, Wanted, find, loads_of, read_load, whole_pack
from cairn.objects.packs.pack_writer import Pen
from cairn.objects.packs.reader import Reader, id_of, naming
from cairn.objects.source import open_source
from cairn.objects.store import ObjectStore

Given = TypeVar("Given")
WORKERS = 3
"""So many packs are on their way at once, each of them in memory."""
Progress = Callable[[int, int, int, int], None]
"""Told blobs done, bytes done, blobs in all, bytes in all."""


class Shipment(NamedTuple):
    """What one store has, another lacks, and somebody wants there.

    `loose` are objects that lie in files of their own, as release 0.1.0 left them.
    """

    source: ObjectStore
    target: ObjectStore
    objects: int
    loads: list[Load]
    recipes: list[Recipe]
    loose: list[Digest]

    @property
    def size_bytes(self) -> int:
        """Count the bytes that will be sent."""
        loads = sum(load.size for load in self.loads)
        recipes = sum(len(recipe.write()) for recipe in self.recipes)
        return loads + recipes + sum(map(self.source.size, self.loose))


def plan(source: ObjectStore, target: ObjectStore, wanted: Iterable[Digest]) -> Shipment:
    """Say what has to be copied; raises `NotFound` if the source lacks some of it."""
    there = _There(target)
    missing = there.lacking(set(map(id_of, wanted)))
    source.reader.index.refresh()
    places = find(source.reader, missing)
    loose = sorted(_digest(id_) for id_ in missing - places.keys())
    for digest in loose:
        source.size(digest)  # raises `NotFound` with its name, unless it lies by itself
    large = [id_ for id_, place in places.items() if place.row.kind == RECIPE]
    recipes = [_recipe(source.reader, _digest(id_)) for id_ in sorted(large)]
    for id_, recipe in zip(sorted(large), recipes, strict=True):
        del places[id_]
        with naming(_digest(id_)):
            places |= _pieces(source.reader, there, recipe)
    for id_, place in places.items():
        with naming(_digest(id_)):
            check_size(place.row)
    return Shipment(source, target, len(missing), loads_of(places.items()), recipes, loose)


def ship(
    shipment: Shipment, *, check_first: bool, on_progress: Progress | None = None
) -> None:
    """Copy what is missing; durable and verified when this returns.

    Large objects are compared with their digests as a whole: with `check_first` where they
    come from, before anything leaves; else where they go to, before they can be read there.
    Raises `Corrupt` naming the first object that is not its own.
    """
    checked = (shipment.source if check_first else shipment.target).reader
    carrier = _Carrier(shipment, on_progress)
    if check_first:
        _each(partial(_check_whole, checked), shipment.recipes)
    _each(carrier.carry, _shares(shipment.loads))
    if not check_first:
        _each(partial(_check_whole, checked), shipment.recipes)
    carrier.carry_recipes()
    carrier.carry_loose()


class _There:
    """What the other store has and will keep: what is about to be swept does not count."""

    def __init__(self, store: ObjectStore) -> None:
        self._reader = store.reader
        listed = self._reader.backend.list(TOMBS)
        self.tombs = frozenset(found.key.removeprefix(TOMBS) for found in listed)

    def lacking(self, ids: set[bytes]) -> set[bytes]:
        """Return those of many objects that are not there."""
        self._reader.index.refresh()
        self._reader.index.doubt()
        missing = {id_ for id_ in ids if not self.keeps(id_)}
        if self._reader.holds_loose():
            missing = {id_ for id_ in missing if not self._keeps_loose(id_)}
        return missing

    def keeps(self, id_: bytes) -> bool:
        """Tell whether a blob is there to stay."""
        if self.tombs:
            return any(place.pack not in self.tombs for place in self._reader.places(id_))
        return any(map(self._reader.index.has, names(id_, self._reader.cipher)))

    def _keeps_loose(self, id_: bytes) -> bool:
        return id_.hex() not in self.tombs and self._reader.has_loose(_digest(id_))


class _Carrier:
    """Carries loads; several threads may, each with packs of its own."""

    def __init__(self, shipment: Shipment, on_progress: Progress | None) -> None:
        self._shipment = shipment
        self._source = shipment.source.reader
        self._target = shipment.target.reader
        self._salted = bool(_There(shipment.target).tombs)
        self._all = (sum(len(load.blobs) for load in shipment.loads), shipment.size_bytes)
        self._done = (0, 0)
        self._on_progress = on_progress
        self._counting = Lock()

    def carry(self, loads: list[Load]) -> None:
        """Copy blobs into packs; whole packs as they are."""
        with self._pen() as pen:
            for load in loads:
                if not self._carry_whole(load):
                    self._carry_blobs(load, pen)

    def carry_recipes(self) -> None:
        """Let large objects appear, once all their pieces are there."""
        with self._pen() as pen:
            for recipe in self._shipment.recipes:
                pen.add(RECIPE, recipe.id, recipe.write())

    def carry_loose(self) -> None:
        """Store what lay in files of its own; it is cut into pieces now, if it is large."""
        source = self._shipment.source
        with self._shipment.target.batch() as batch, TemporaryDirectory() as folder:
            for digest in self._shipment.loose:
                if source.size(digest) < LARGE:
                    batch.put(source.get(digest))
                    continue
                copy = Path(folder) / "object"
                source.copy_to(digest, copy)
                with open_source(copy, digest) as opened:
                    batch.put_source(opened)
                copy.unlink()

    @contextmanager
    def _pen(self) -> Generator[Pen]:
        pen = Pen(self._target.backend, self._target.index, self._target.cipher)
        pen.salted = self._salted
        try:
            yield pen
            pen.finish()
        finally:
            pen.discard()

    def _carry_whole(self, load: Load) -> bool:
        """Copy a pack if all of it is wanted, and just as it is; False if not."""
        if self._salted or self._target.cipher is not None:
            return False
        found = whole_pack(self._source, load)
        if found is None:
            return False
        pack, content = found
        incoming = self._target.backend.receive()
        try:
            incoming.write(content)
            incoming.end()
            incoming.seal()
            if not incoming.place(pack.key):
                check_pack(self._target.backend, pack.name)
        finally:
            incoming.discard()
        self._target.backend.settle({pack.key})
        self._target.index.add(pack)
        self._count(len(load.blobs), load.size)
        return True

    def _carry_blobs(self, load: Load, pen: Pen) -> None:
        for wanted, content in read_load(self._source, load):
            kept = content
            if kept is None:
                with naming(self._object_of(wanted)):
                    kept = self._elsewhere(wanted)
            pen.add(wanted.row.kind, wanted.id, kept)
            self._count(1, wanted.row.stored)

    def _elsewhere(self, wanted: Wanted) -> bytes:
        """Read a blob from another pack; raises `Corrupt` if it is damaged in all of them."""
        found = self._source.blob(wanted.id)
        if found is None:
            raise Corrupt("it went away meanwhile")
        return found.content

    def _object_of(self, wanted: Wanted) -> Digest:
        """Name the object that a blob is, or is a piece of."""
        owners = (
            recipe.id
            for recipe in self._shipment.recipes
            if any(id_ == wanted.id for id_, _ in recipe.pieces)
        )
        return _digest(next(owners, wanted.id))

    def _count(self, blobs: int, size: int) -> None:
        with self._counting:
            self._done = (self._done[0] + blobs, self._done[1] + size)
            if self._on_progress is not None:
                self._on_progress(*self._done, *self._all)


def _recipe(reader: Reader, digest: Digest) -> Recipe:
    with naming(digest):
        found = reader.blob(id_of(digest))
        if found is None:
            raise Corrupt("it went away meanwhile")
        return read_recipe(found.content)


def _pieces(reader: Reader, there: _There, recipe: Recipe) -> Iterator[tuple[bytes, Place]]:
    """Find the pieces of a large object that are not there yet."""
    for id_, _ in recipe.pieces:
        if not there.keeps(id_):
            found = reader.places(id_)
            if not found:
                raise Corrupt(f"its piece {id_.hex()} is in no pack of this store")
            yield id_, found[0]


def _check_whole(reader: Reader, recipe: Recipe) -> None:
    """Raise `Corrupt` unless the pieces of a large object make what its digest says."""
    read = hashlib.sha256()
    with naming(_digest(recipe.id)):
        for id_, length in recipe.pieces:
            found = reader.blob(id_)
            if found is None or len(found.content) != length:
                raise Corrupt(f"its piece {id_.hex()} is not there as its recipe says")
            read.update(found.content)
        if read.digest() != recipe.id:
            raise Corrupt("its pieces make something else")


def _shares(loads: Iterable[Load]) -> Iterator[list[Load]]:
    """Part loads so that each part fills about a pack, and more of them if they fill more."""
    share: list[Load] = []
    for load in loads:
        share.append(load)
        if sum(each.size for each in share) >= PACK_BYTES // 2:
            yield share
            share = []
    if share:
        yield share


def _each(work: Callable[[Given], None], items: Iterable[Given]) -> None:
    """Do work on several items at once; after the first error no other one is begun."""
    with ThreadPoolExecutor(WORKERS) as threads:
        doing = [threads.submit(work, item) for item in items]
        try:
            for done in as_completed(doing):
                done.result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _digest(id_: bytes) -> Digest:
    return "sha256:" + id_.hex()
