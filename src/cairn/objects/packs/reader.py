"""Objects read back from where they lie: from packs, whole or in pieces, else loose.

If an object lies in several places and one is damaged, the others are tried. Nothing leaves
here that was not compared with its id, except that an object of many pieces is compared with
its digest at its end: an error then comes after its last byte.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Erased, NotFound, Unavailable
from cairn.objects.backends.backend import Backend
from cairn.objects.packs.blob import (
    OBJECT,
    Cipher,
    Recipe,
    Row,
    check_size,
    names,
    read_blob,
    read_recipe,
)
from cairn.objects.packs.index import Index, Place
from cairn.objects.packs.pack import UNDER, read_stored

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Given = TypeVar("Given")
Made = TypeVar("Made")

CHUNK = 1 << 20
LOOSE = "sha256/"
_THREADS = 3
_AHEAD = 6
_SAMPLE = 1000


class Blob(NamedTuple):
    """A blob that was read and verified."""

    row: Row
    content: bytes


class Reader:
    """Reads what lies in a backend; everything about one object is said to a person here."""

    def __init__(self, backend: Backend, index: Index, cipher: Cipher | None) -> None:
        self.backend = backend
        self.index = index
        self.cipher = cipher
        self.why_gone: Callable[[Digest], str] = lambda _: ""
        """Says of an object that lies nowhere who erased it, if somebody did."""

    def places(self, id_: bytes) -> list[Place]:
        """Say in which packs a blob lies, without looking for new packs."""
        return [place for id_ in names(id_, self.cipher) for place in self.index.find(id_)]

    def look(self, id_: bytes) -> list[Place]:
        """Say in which packs a blob lies, and look for new packs if it is in none."""
        self.index.refresh_if_cheap()
        if found := self.places(id_):
            return found
        self.index.refresh()
        self.index.doubt()
        found = self.places(id_)
        if not found and self.index.unread:
            raise next(iter(self.index.unread.values()))
        return found

    def blob(self, id_: bytes) -> Blob | None:
        """Read a blob from wherever it is intact; None if it lies nowhere.

        Raises `Corrupt` if it is damaged everywhere, `Unavailable`.
        """
        try:
            return self.intact(self.places(id_) or self.look(id_))
        except NotFound:
            self.index.refresh(surely=True)
            return self.intact(self.look(id_))
        except Corrupt:
            if self.index.doubt():
                return self.intact(self.look(id_))
            raise

    def parts(self, digest: Digest, *, most: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of an object in order; raises `Corrupt` at their end at latest.

        One of more than `most` bytes is not begun with.
        """
        with naming(digest):
            found = self.blob(id_of(digest))
            if found is None:
                if most is not None and self.has_loose(digest):
                    _require_most(self.backend.size(loose_key(digest)), most)
                yield from self._loose(digest)
            elif found.row.kind == OBJECT:
                yield found.content
            else:
                recipe = read_recipe(found.content)
                _require_most(recipe.size, most)
                yield from _same(digest, self._pieces(recipe.pieces))

    def part(self, digest: Digest, start: int, size: int) -> bytes:
        """Return `size` bytes of an object from `start` on, fewer only at its end."""
        with naming(digest):
            found = self.blob(id_of(digest))
            if found is None:
                return _between(self._loose(digest), start, start + size)
            if found.row.kind == OBJECT:
                return found.content[start : start + size]
            first, pieces = _covering(read_recipe(found.content), start, start + size)
            return _between(self._pieces(pieces), start - first, start - first + size)

    def size(self, digest: Digest) -> int:
        """Tell the size of an object as it lies here."""
        with naming(digest):
            places = self.look(id_of(digest))
            if any(place.row.kind == OBJECT for place in places):
                return places[0].row.raw
            found = self.blob(id_of(digest))
            if found is not None:
                return read_recipe(found.content).size
            try:
                return self.backend.size(loose_key(digest))
            except NotFound as error:
                raise self._missing(digest) from error

    def has(self, digest: Digest) -> bool:
        """Tell whether an object lies here."""
        with naming(digest):
            return bool(self.look(id_of(digest))) or self.has_loose(digest)

    def have(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return which of many objects lie here."""
        self.index.refresh()
        self.index.doubt()
        wanted = {
            name: digest for digest in digests for name in names(id_of(digest), self.cipher)
        }
        here = {wanted[name] for name in self.index.have(wanted)}
        if self.holds_loose():
            here |= {digest for digest in {*wanted.values()} - here if self.has_loose(digest)}
        return here

    def holds_loose(self) -> bool:
        """Tell whether anything was left here by release 0.1.0."""
        return any(True for _ in self.backend.list(LOOSE))

    def has_loose(self, digest: Digest) -> bool:
        """Tell whether an object lies here as a file of its own, as release 0.1.0 left it."""
        return self.backend.exists(loose_key(digest))

    def where(self, place: Place) -> str:
        """Say to a person where a blob lies."""
        return f"{self.backend.where(UNDER + place.pack)} from byte {place.row.offset} on"

    def intact(self, places: Iterable[Place]) -> Blob | None:
        """Read a blob where it is intact; `NotFound` if a pack went away meanwhile."""
        trouble: Corrupt | NotFound | None = None
        for place in places:
            try:
                check_size(place.row)
                found = read_stored(self.backend, place.pack, place.row)
                return Blob(place.row, read_blob(place.row, found, self.cipher))
            except NotFound as error:
                trouble = trouble or error
            except Corrupt as error:
                trouble = Corrupt(f"at {self.where(place)}, {error}")
        if trouble:
            raise trouble
        return None

    def _pieces(self, pieces: Iterable[tuple[bytes, int]]) -> Iterator[bytes]:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_THREADS) as threads:
            yield from _ahead(threads, self._piece, pieces)

    def _piece(self, piece: tuple[bytes, int]) -> bytes:
        id_, length = piece
        found = self.blob(id_)
        if found is None:
            raise Corrupt(f"its piece {id_.hex()} is in no pack of this store")
        if len(found.content) != length:
            raise Corrupt(f"its piece {id_.hex()} has another length than its recipe says")
        return found.content

    def _loose(self, digest: Digest) -> Iterator[bytes]:
        key = loose_key(digest)
        try:
            yield from _same(digest, self._chunks(key), where=self.backend.where(key))
        except NotFound as error:
            raise self._missing(digest) from error

    def _chunks(self, key: str) -> Iterator[bytes]:
        place = 0
        while chunk := self.backend.read(key, place, CHUNK):
            yield chunk
            place += len(chunk)

    def _missing(self, digest: Digest) -> NotFound | Unavailable:
        sample = islice(self.index.places(), _SAMPLE)
        if self.cipher is None and any(p.row.is_encrypted for _, ps in sample for p in ps):
            return Unavailable("what lies there is encrypted, and no key is set")
        if why := self.why_gone(digest):
            return Erased(f"object {digest} was {why}: it is gone on purpose, and stays so")
        return NotFound(
            f"object {digest} is missing: it is in no pack at {self.backend.where(UNDER)}; if "
            "it has been there, bring it back from a backup, and run `cairn fsck`"
        )


@contextmanager
def naming(digest: Digest) -> Generator[None, None, None]:
    """Name the object in whatever goes wrong with it."""
    try:
        yield
    except Corrupt as error:
        raise damaged(f"object {digest}", str(error)) from error
    except Unavailable as error:
        raise Unavailable(f"object {digest}: {error}") from error


def damaged(what: str, why: str) -> Corrupt:
    """Say that an object or piece is not what it was, and what to do."""
    return Corrupt(
        f"{what} is damaged: {why}; run `cairn fsck`, which moves away what is damaged, then "
        "store the same content again or bring it from a backup"
    )


def id_of(digest: Digest) -> bytes:
    """Return the 32 bytes of a digest."""
    return bytes.fromhex(digest.removeprefix("sha256:"))


def loose_key(digest: Digest) -> str:
    """Return where release 0.1.0 kept an object."""
    name = digest.removeprefix("sha256:")
    return f"{LOOSE}{name[:2]}/{name[2:]}"


def _require_most(size: int, most: int | None) -> None:
    if most is not None and size > most:
        raise Corrupt(f"it has {size} bytes, and may have {most} at most")


def _same(digest: Digest, parts: Iterable[bytes], where: str = "") -> Iterator[bytes]:
    """Pass bytes on; `Corrupt` at their end unless they are the digest's."""
    read, size = hashlib.sha256(), 0
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        hashed: Future[None] | None = None
        for part in parts:
            if hashed is not None:
                hashed.result()
            hashed = thread.submit(read.update, part)
            size += len(part)
            yield part
    if "sha256:" + read.hexdigest() != digest:
        raise Corrupt(f"the {size} bytes {f'at {where} ' if where else ''}are not its own")


def _ahead(
    threads: "ThreadPoolExecutor", make: Callable[[Given], Made], given: Iterable[Given]
) -> Iterator[Made]:
    """Make several things at once, a few ahead of who takes them, in their order."""
    making: deque[Future[Made]] = deque()
    try:
        for one in given:
            making.append(threads.submit(make, one))
            if len(making) > _AHEAD:
                yield making.popleft().result()
        while making:
            yield making.popleft().result()
    finally:
        for late in making:
            late.cancel()


def _covering(recipe: Recipe, start: int, end: int) -> tuple[int, list[tuple[bytes, int]]]:
    """Return the pieces that hold a range, and where the first one begins."""
    place, first = 0, 0
    pieces: list[tuple[bytes, int]] = []
    for piece in recipe.pieces:
        if place < end and place + piece[1] > start:
            first = first if pieces else place
            pieces.append(piece)
        place += piece[1]
    return first, pieces


def _between(parts: Iterable[bytes], start: int, end: int) -> bytes:
    """Read all parts, and return the bytes in a range of them."""
    kept: list[bytes] = []
    place = 0
    for part in parts:
        kept.append(part[max(start - place, 0) : max(end - place, 0)])
        place += len(part)
    return b"".join(kept)
