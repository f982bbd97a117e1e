"""Many objects at once: they go into packs, which are placed as they fill.

A batch is durable when it ends without an error, and not before: refer to its objects then.
What was placed before an error stays: complete, verified, and referred to by nothing; storing
the same again finds it.
"""

import hashlib
from collections import deque
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from blake3 import blake3

from cairn.core.digest import Digest, canonical
from cairn.core.errors import Corrupt, NotFound
from cairn.core.request import Record
from cairn.objects.packs.blob import (
    LARGE,
    OBJECT,
    PIECE,
    RECIPE,
    Recipe,
    names,
    open_blob,
    read_blob,
)
from cairn.objects.packs.cut import Content, Held, Slab, cut
from cairn.objects.packs.index import TOMBS, Place
from cairn.objects.packs.pack import UNDER, read_stored
from cairn.objects.packs.pack_writer import Pen
from cairn.objects.packs.reader import Reader, damaged, loose_key
from cairn.objects.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Future

_SLABS = 3


class Lease(Protocol):
    """Tells those who remove packs that somebody relies on what lies here."""

    def reusing(self) -> None:
        """Hold the lease from now on at the latest; cheap to call for every object."""
        ...


class Upkeep(Protocol):
    """Keeps the packs in order, when a batch has added to them."""

    def after(self, before: int, tombs: Collection[str]) -> None:
        """Do what is due, where `before` is how many packs there were."""
        ...


class _Part(NamedTuple):
    id: bytes
    content: memoryview


class Batch:
    """Stores objects in packs; what lies here already is verified instead."""

    def __init__(
        self, reader: Reader, lease: Lease | None = None, upkeep: Upkeep | None = None
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor  # and logging: not to read alone

        self._reader = reader
        self._backend = reader.backend
        self._lease = lease
        self._upkeep = upkeep
        self._is_held = False
        self._pen = Pen(reader.backend, reader.index, reader.cipher)
        self._hashing = ThreadPoolExecutor(1)
        self._storing = ThreadPoolExecutor(1)
        self._reused: set[str] = set()
        self._tombs: frozenset[str] = frozenset()
        self._has_loose = False
        self._before = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._look()
        self._before = len(self._reader.index.packs())
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Make everything durable, or forget what is not placed yet."""
        try:
            if error is None:
                self._pen.finish()
                # Whoever placed what was found here may not have settled it yet.
                self._backend.settle(self._reused)
                if self._upkeep is not None:
                    self._upkeep.after(self._before, self._tombs)
        finally:
            for threads in (self._hashing, self._storing):
                threads.shutdown(cancel_futures=True)
            self._pen.discard()

    def put(self, content: bytes) -> Digest:
        """Store `content`."""
        if len(content) >= LARGE:
            return self._put_large(Held(content))
        id_ = hashlib.sha256(content).digest()
        self._store(OBJECT, id_, content)
        return "sha256:" + id_.hex()

    def put_record(self, record: Record) -> Digest:
        """Store the canonical bytes of a record."""
        return self.put(canonical(record))

    def put_source(self, source: Source) -> tuple[Digest, int]:
        """Store an open file; returns its digest and size.

        One that changes meanwhile is a `Conflict`.
        """
        if source.size >= LARGE:
            return self._put_large(source), source.size
        content = b"".join(source.chunks())
        return self.put(content), len(content)

    def standing(self) -> frozenset[str] | None:
        """Name the packs that stay: under a lease, what lies in them can be relied on unread.

        None where some objects lie elsewhere; `stored` tells of each.
        """
        self._look()
        if self._has_loose:
            return None
        packs = self._reader.index.packs() - self._tombs
        self._reused.update(UNDER + pack for pack in packs)
        return packs

    def stored(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return which objects lie here and stay: these can be relied on unread."""
        self._rely()
        if self._tombs:
            return {digest for digest in digests if self._stays(digest)}
        # None of the packs is about to go, and to sync all of them is to sync one folder.
        self._reused.update(UNDER + pack for pack in self._reader.index.packs())
        return self._reader.have(digests)

    def _stays(self, digest: Digest) -> bool:
        places = [
            place
            for id_ in names(
                bytes.fromhex(digest.removeprefix("sha256:")), self._reader.cipher
            )
            for place in self._reader.index.find(id_)
            if place.pack not in self._tombs
        ]
        self._reused.update(UNDER + place.pack for place in places)
        if places or not self._has_loose or not self._reader.has_loose(digest):
            return bool(places)
        self._reused.add(loose_key(digest))
        return digest.removeprefix("sha256:") not in self._tombs

    def _put_large(self, content: Content) -> Digest:
        """Store content in pieces; it is cut, hashed and written at the same time."""
        if self._has_loose and self._is_loose(digest := _digest_of(content)):
            return digest
        seed = self._reader.cipher.cut_seed if self._reader.cipher else 0
        whole, pieces = hashlib.sha256(), list[tuple[bytes, int]]()
        working: deque[Future[None]] = deque()
        for slab in cut(content, seed):
            parts = _parts(slab)
            pieces += [(part.id, len(part.content)) for part in parts]
            working.append(self._hashing.submit(whole.update, slab.content))
            working.append(self._storing.submit(self._store_pieces, parts))
            while len(working) > 2 * _SLABS:
                working.popleft().result()
        for future in working:
            future.result()
        recipe = Recipe(whole.digest(), pieces)
        self._store(RECIPE, recipe.id, recipe.write())
        return "sha256:" + recipe.id.hex()

    def _store_pieces(self, parts: list[_Part]) -> None:
        for part in parts:
            self._store(PIECE, part.id, part.content)

    def _store(self, kind: int, id_: bytes, content: bytes | memoryview) -> None:
        if any(map(self._pen.holds, names(id_, self._reader.cipher))):
            return
        if not self._lies_here(kind, id_, content):
            self._pen.add(kind, id_, content)

    def _lies_here(self, kind: int, id_: bytes, content: bytes | memoryview) -> bool:
        """Tell whether a blob is stored where it will stay; raises `Corrupt` if damaged."""
        places = self._reader.places(id_)
        if places and self._rely():
            places = self._reader.places(id_)
        troubles: list[Corrupt] = []
        for place in places:
            if place.pack in self._tombs or place.row.kind != kind:
                continue
            try:
                if self._is_same(place, content):
                    self._reused.add(UNDER + place.pack)
                    return True
            except NotFound:
                self._reader.index.refresh(surely=True)
            except Corrupt as error:
                troubles.append(Corrupt(f"at {self._reader.where(place)}, {error}"))
        if troubles:
            what = f"piece {id_.hex()}" if kind == PIECE else f"object sha256:{id_.hex()}"
            raise damaged(what, str(troubles[0]))
        return kind == OBJECT and self._has_loose and self._is_loose("sha256:" + id_.hex())

    def _is_same(self, place: Place, content: bytes | memoryview) -> bool:
        """Compare what lies somewhere; False for the recipe of another cut."""
        found = read_stored(self._backend, place.pack, place.row)
        # Views are compared a hundred times slower than bytes.
        if open_blob(place.row, found, self._reader.cipher) == bytes(content):
            return True
        read_blob(place.row, found, self._reader.cipher)
        return False

    def _is_loose(self, digest: Digest) -> bool:
        """Tell whether an old object lies here as a file of its own; raises `Corrupt`."""
        name = digest.removeprefix("sha256:")
        if not self._reader.has_loose(digest):
            return False
        self._rely()
        if name in self._tombs:
            return False
        for _ in self._reader.parts(digest):
            pass
        self._reused.add(loose_key(digest))
        return True

    def _rely(self) -> bool:
        """Hold the lease before an old blob is relied on; True if all has to be seen anew."""
        if self._lease is None:
            return False
        self._lease.reusing()
        if self._is_held:
            return False
        self._is_held = True
        self._look()
        return True

    def _look(self) -> None:
        """See which packs there are, and which of them are about to go."""
        self._reader.index.refresh()
        self._tombs = frozenset(
            found.key.removeprefix(TOMBS) for found in self._backend.list(TOMBS)
        )
        self._has_loose = self._reader.holds_loose()
        self._pen.salted = bool(self._tombs)


def _parts(slab: Slab) -> list[_Part]:
    view, at = memoryview(slab.content), 0
    parts: list[_Part] = []
    for length in slab.lengths:
        part = view[at : at + length]
        parts.append(_Part(blake3(part).digest(), part))
        at += length
    return parts


def _digest_of(content: Content) -> Digest:
    read = hashlib.sha256()
    for chunk in content.chunks():
        read.update(chunk)
    return "sha256:" + read.hexdigest()
