"""Blobs of one pack, read for another store: all at once, or some in few long reads."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from blake3 import blake3

from cairn.core.errors import Corrupt, NotFound
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.blob import HEADER, Row, id_of, names, read_blob
from cairn.objects.packs.index import Place
from cairn.objects.packs.pack import UNDER, Pack, read_pack
from cairn.objects.packs.reader import Reader

SMALL_BYTES = 1 << 20
"""Packs of less are gathered into larger ones instead of being copied as they are."""
MANY, FEW = 500, 50
SPAN_BYTES = 8 << 20
GAP_BYTES = 64 << 10
_INDEX_BYTES = 64
"""No pack needs more of its index for one blob."""


class Wanted(NamedTuple):
    """A blob by its id in the open, and its row in a pack."""

    id: bytes
    row: Row


class Load(NamedTuple):
    """Some blobs of a pack, in the order in which they lie there."""

    pack: str
    blobs: list[Wanted]

    @property
    def key(self) -> str:
        """Return where the pack lies."""
        return UNDER + self.pack

    @property
    def size(self) -> int:
        """Count their bytes."""
        return sum(wanted.row.stored for wanted in self.blobs)


def loads_of(places: Iterable[tuple[bytes, Place]]) -> list[Load]:
    """Sort blobs by the packs that they lie in."""
    by_pack: dict[str, list[Wanted]] = {}
    for id_, place in places:
        by_pack.setdefault(place.pack, []).append(Wanted(id_, place.row))
    for blobs in by_pack.values():
        blobs.sort(key=_offset)
    return [Load(pack, blobs) for pack, blobs in sorted(by_pack.items())]


def find(reader: Reader, ids: Iterable[bytes]) -> dict[bytes, Place]:
    """Say where many blobs lie, each in one of its packs; those that lie in none are left out.

    Where many are wanted, a pack is asked for all that it has.
    """
    wanted = {name: id_ for id_ in ids for name in names(id_, reader.cipher)}
    found: dict[bytes, Place] = {}
    in_bulk = len(wanted) >= MANY
    for id_ in sorted(set(wanted.values())):
        if id_ in found:
            continue
        places = reader.places(id_)
        found.update((id_, place) for place in places[:1])
        if places and in_bulk:
            rows = _rows(reader, places[0].pack)
            here = [row for row in rows if row.id in wanted]
            found.update((wanted[row.id], Place(places[0].pack, row)) for row in here)
            in_bulk = len(here) * FEW >= len(rows)
    return found


def whole_pack(reader: Reader, load: Load) -> tuple[Pack, bytes] | None:
    """Read a pack that has these blobs and no others, with its bytes; None for any other one.

    None as well if any of its bytes are not what they were, so that its blobs are looked at
    one by one.
    """
    rows = [wanted.row for wanted in load.blobs]
    if load.size < SMALL_BYTES or any(row.is_encrypted for row in rows) or not _fill(rows):
        return None
    try:
        if reader.backend.size(load.key) > rows[-1].end + _INDEX_BYTES * (len(rows) + 1):
            return None  # there is more in it
        content = reader.backend.read(load.key)
        pack = read_pack(MemoryBackend({load.key: content}), load.pack, len(content))
    except (Corrupt, NotFound):
        return None
    is_whole = pack.rows == sorted(rows) and blake3(content).hexdigest() == load.pack
    return (pack, content) if is_whole and _are_intact(content, rows) else None


def read_load(reader: Reader, load: Load) -> Iterator[tuple[Wanted, bytes | None]]:
    """Yield blobs with their verified content, None for one that is damaged in this pack.

    None for all of them if the pack went away meanwhile: they lie in another one then.
    """
    for span in _spans(load.blobs):
        start = span[0].row.offset
        try:
            found = reader.backend.read(load.key, start, span[-1].row.end - start)
        except NotFound:
            found = b""
        for wanted in span:
            part = found[wanted.row.offset - start : wanted.row.end - start]
            try:
                yield wanted, read_blob(wanted.row, part, reader.cipher)
            except Corrupt:
                yield wanted, None


def _rows(reader: Reader, pack: str) -> list[Row]:
    """Read what is in a pack; nothing, if that is damaged."""
    key = UNDER + pack
    try:
        return read_pack(reader.backend, pack, reader.backend.size(key)).rows
    except (Corrupt, NotFound):
        return []


def _are_intact(content: bytes, rows: list[Row]) -> bool:
    """Tell whether blobs that are not encrypted are their own; as `read_blob`, in bulk."""
    view = memoryview(content)
    for row in rows:
        start = row.offset + HEADER.size
        stored = view[start : start + row.stored]
        if row.header() != content[row.offset : start] or id_of(row.kind, stored) != row.id:
            return False
    return True


def _fill(rows: list[Row]) -> bool:
    """Tell whether blobs lie end to end."""
    return all(one.end == next_.offset for one, next_ in pairwise(rows))


def _spans(blobs: list[Wanted]) -> Iterator[list[Wanted]]:
    """Group blobs that are read at once: near each other, and not too many bytes."""
    span: list[Wanted] = []
    for wanted in blobs:
        is_far = span and wanted.row.offset - span[-1].row.end > GAP_BYTES
        if span and (is_far or wanted.row.end - span[0].row.offset > SPAN_BYTES):
            yield span
            span = []
        span.append(wanted)
    if span:
        yield span


def _offset(wanted: Wanted) -> int:
    return wanted.row.offset
