"""Take objects away at once, without a tomb: bytes that must not stay.

A pack with such bytes is copied without them, durably, before it goes; everything else in it
stays, needed or not, so whoever relies on that finds it in the copy. A piece that another
object shares stays as long as that one does.
"""

from collections.abc import Collection, Iterable, Iterator

from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.objects.backends.backend import Backend
from cairn.objects.packs.blob import (
    HEADER,
    PIECE,
    RECIPE,
    Cipher,
    Row,
    names,
    read_blob,
    read_recipe,
)
from cairn.objects.packs.index import listed
from cairn.objects.packs.pack import UNDER, PackWriter, read_pack, read_stored
from cairn.objects.packs.reader import id_of, loose_key


class Eraser:
    """Erases objects from a backend."""

    def __init__(self, backend: Backend, cipher: Cipher | None) -> None:
        self._backend = backend
        self._cipher = cipher

    def erase(self, digests: Collection[Digest]) -> None:
        """Take objects away, wherever they lie; those that lie nowhere are passed over.

        Raises `Corrupt` if a pack cannot be read; it stays then as it was.
        """
        wanted = set(self._names(id_of(digest) for digest in digests))
        packs = dict(self._packs())
        gone = wanted | self._pieces(packs, wanted)
        for name, rows in packs.items():
            if any(row.id in gone for row in rows):
                self._copy_without(name, rows, gone)
        for digest in digests:
            self._backend.remove(loose_key(digest))

    def _names(self, ids: Iterable[bytes]) -> Iterator[bytes]:
        for id_ in ids:
            yield from names(id_, self._cipher)

    def _packs(self) -> Iterator[tuple[str, list[Row]]]:
        for name, found in list(listed(self._backend)):
            try:
                yield name, read_pack(self._backend, name, found.size).rows
            except NotFound:
                continue  # a sweep removed it meanwhile

    def _pieces(self, packs: dict[str, list[Row]], wanted: set[bytes]) -> set[bytes]:
        """List the pieces of erased objects that no other object has."""
        ours: set[bytes] = set()
        others: set[bytes] = set()
        for name, rows in packs.items():
            for row in rows:
                if row.kind == RECIPE:
                    recipe = read_recipe(self._content(name, row))
                    pieces = set(self._names(piece for piece, _ in recipe.pieces))
                    (ours if row.id in wanted else others).update(pieces)
        stored = {row.id for rows in packs.values() for row in rows if row.kind == PIECE}
        return (ours - others) & stored

    def _content(self, pack: str, row: Row) -> bytes:
        return read_blob(row, read_stored(self._backend, pack, row), self._cipher)

    def _copy_without(self, name: str, rows: list[Row], gone: set[bytes]) -> None:
        kept = sorted((row for row in rows if row.id not in gone), key=lambda row: row.offset)
        if kept:
            writer = PackWriter(self._backend.receive(), self._cipher, salted=True)
            try:
                for row in kept:
                    stored = read_stored(self._backend, name, row)
                    read_blob(row, stored, self._cipher)  # nothing damaged is copied
                    writer.add_stored(row, stored[HEADER.size :])
                pack = writer.finish()
                writer.place(pack)
            finally:
                writer.discard()
            self._backend.settle({pack.key})
        self._backend.remove(UNDER + name)
