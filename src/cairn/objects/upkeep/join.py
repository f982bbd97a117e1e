"""Small packs are joined by the writer as it goes, so that their number does not grow.

1. Packs below 32 KiB are joined once 32 of them lie there, and so are packs below 1 MiB: a
   byte is copied twice or so in its life, however many packs come after it.
2. Every blob of a pack, needed or not, is verified and durable in the new one before the old
   one goes. So a reader that knew the old place looks again and finds it; no tomb is needed.
3. What has a tomb, or cannot be read, is left to `cairn sweep` and `cairn fsck`.
4. One process joins at a time, and none while another sweeps or erases: a copy must not bring
   back what is being taken away. Who cannot begin at once goes on without.
"""

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import pairwise
from typing import NamedTuple, Protocol, runtime_checkable

from cairn.core.errors import CairnError
from cairn.objects.backends.backend import Backend, Found
from cairn.objects.packs.blob import HEADER, Row, read_blob
from cairn.objects.packs.index import listed
from cairn.objects.packs.pack import PACK_BYTES, UNDER, Pack, PackWriter, check_pack, read_pack
from cairn.objects.packs.reader import Reader

MANY = 32
_SIZES = (0, 32 << 10, 1 << 20)
_MOST_BYTES = PACK_BYTES // 2


@runtime_checkable
class Joinable(Protocol):
    """A backend whose packs are worth joining, since each look names them all."""

    def lock(self, under: str, *, wait: bool) -> AbstractContextManager[bool]:
        """Lock a folder against other processes; False where that cannot be."""
        ...

    def drop(self, keys: Iterable[str]) -> None:
        """Take away what lies under some keys of one folder, durably and at once."""
        ...


class _Content(NamedTuple):
    """A pack that is intact, with its bytes."""

    pack: Pack
    content: bytes


class Joiner:
    """Joins the small packs of a store whenever so many more lie there."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._backend = reader.backend

    def after(self, before: int, tombs: Collection[str]) -> None:
        """Join after a write, if it is time for it; there were `before` packs before.

        What goes wrong here harms nobody: all that was written is durable already.
        """
        if len(self._reader.index.packs()) // MANY > before // MANY:
            with suppress(CairnError), unjoined(self._backend, wait=False) as is_alone:
                if is_alone:
                    self._join(tombs)

    def _join(self, tombs: Collection[str]) -> None:
        standing = [found for name, found in listed(self._backend) if name not in tombs]
        for alike in _alike(standing):
            old = [each for found in alike if (each := self._read(found))]
            if len(old) > 1:
                new = self._copy(old, salted=bool(tombs))
                self._replace([pack for pack, _ in old if pack.name != new.name], new)

    def _read(self, found: Found) -> _Content | None:
        """Read a pack; None unless every blob in it is intact."""
        with suppress(CairnError):
            pack = read_pack(self._backend, found.key.removeprefix(UNDER), found.size)
            content = self._backend.read(found.key)
            for row in pack.rows:
                read_blob(row, content[row.offset : row.end], self._reader.cipher)
            return _Content(pack, content)
        return None

    def _copy(self, old: Sequence[_Content], *, salted: bool) -> Pack:
        """Place a pack with the blobs of old ones, each of them once; it is durable then."""
        writer = PackWriter(self._backend.receive(), salted=salted)
        try:
            copied = set[bytes]()
            for pack, content in old:
                for row in sorted(pack.rows, key=_offset):
                    if row.id not in copied:
                        writer.add_stored(row, content[row.offset + HEADER.size : row.end])
                        copied.add(row.id)
            new = writer.finish()
            if not writer.place(new):
                check_pack(self._backend, new.name)
            self._backend.settle({new.key})
        finally:
            writer.discard()
        return new

    def _replace(self, old: Sequence[Pack], new: Pack) -> None:
        self._reader.index.add(new)
        if isinstance(self._backend, Joinable):
            self._backend.drop(pack.key for pack in old)
            self._reader.index.drop(pack.name for pack in old)


@contextmanager
def unjoined(backend: Backend, *, wait: bool = True) -> Generator[bool]:
    """Let nobody else join packs meanwhile; False where nobody can, or another one does."""
    if not isinstance(backend, Joinable):
        yield False
        return
    with backend.lock(UNDER, wait=wait) as is_locked:
        yield is_locked


def _alike(packs: Sequence[Found]) -> Iterator[list[Found]]:
    """Yield packs that are worth joining, in the order in which they were written."""
    for least, most in pairwise(_SIZES):
        small = sorted((p for p in packs if least <= p.size < most), key=_age)
        if len(small) >= MANY:
            yield from _bounded(small)


def _bounded(packs: Iterable[Found]) -> Iterator[list[Found]]:
    """Part packs so that no part is too large for memory, or for a pack."""
    part, size = list[Found](), 0
    for pack in packs:
        if size + pack.size > _MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(pack)
        size += pack.size
    yield part


def _age(found: Found) -> tuple[float, str]:
    return found.modified, found.key


def _offset(row: Row) -> int:
    return row.offset
