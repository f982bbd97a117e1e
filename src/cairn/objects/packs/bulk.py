"""Many small objects at once: what lies near together in a pack takes one read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.objects.packs.blob import HEADER, OBJECT, read_blob
from cairn.objects.packs.index import Place
from cairn.objects.packs.pack import UNDER
from cairn.objects.packs.reader import Reader, id_of

SPAN_BYTES, GAP_BYTES = 8 << 20, 64 << 10


class _Found(NamedTuple):
    digest: Digest
    place: Place

    @property
    def end(self) -> int:
        return self.place.row.offset + HEADER.size + self.place.row.stored


def read_many(reader: Reader, digests: Iterable[Digest]) -> Iterator[tuple[Digest, bytes]]:
    """Yield objects and their verified content, in the order in which they lie in packs.

    What is not intact in the first place that is known, or in pieces, or no pack at all is
    left out: `ObjectStore` reads it and says what is wrong.
    """
    reader.index.refresh_if_cheap()
    found = [
        _Found(digest, place)
        for digest in dict.fromkeys(digests)
        for place in reader.places(id_of(digest))[:1]
        if place.row.kind == OBJECT
    ]
    found.sort(key=lambda each: (each.place.pack, each.place.row.offset))
    for span in _spans(found):
        yield from _read(reader, span)


def _spans(found: Sequence[_Found]) -> Iterator[list[_Found]]:
    """Put those together that one read of bounded size gets, with small gaps."""
    span: list[_Found] = []
    for each in found:
        if span and not _is_near(span, each):
            yield span
            span = []
        span.append(each)
    if span:
        yield span


def _is_near(span: Sequence[_Found], each: _Found) -> bool:
    first, last = span[0], span[-1]
    return (
        each.place.pack == last.place.pack
        and each.place.row.offset - last.end <= GAP_BYTES
        and each.end - first.place.row.offset <= SPAN_BYTES
    )


def _read(reader: Reader, span: Sequence[_Found]) -> Iterator[tuple[Digest, bytes]]:
    first = span[0].place.row.offset
    try:
        content = reader.backend.read(UNDER + span[0].place.pack, first, span[-1].end - first)
    except NotFound:  # the pack went away since it was looked up
        return
    for each in span:
        row = each.place.row
        try:
            blob = read_blob(
                row, content[row.offset - first : each.end - first], reader.cipher
            )
        except Corrupt:
            continue
        yield each.digest, blob
