"""What lies in a backend, listed: packs, and the objects in them and beside them."""

import re
from collections.abc import Iterator
from heapq import merge

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.objects.backends.backend import Backend
from cairn.objects.packs.blob import PIECE, id_of
from cairn.objects.packs.index import Place, listed
from cairn.objects.packs.pack import Pack, read_pack
from cairn.objects.packs.reader import LOOSE, Blob, Reader

_LOOSE = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")


def stored_digests(reader: Reader) -> Iterator[Digest]:
    """Yield every object in ascending order; encrypted ones must be read for that."""
    reader.index.refresh()
    reader.index.doubt()
    hidden = sorted(_hidden(reader)) if reader.cipher else []
    last = ""
    for digest in merge(_plain(reader), hidden, _loose(reader.backend)):
        if digest != last:
            yield digest
        last = digest


def listed_packs(backend: Backend) -> Iterator[Pack]:
    """Read which packs there are and what is in each; raises `Corrupt` for one without end."""
    for name, found in listed(backend):
        try:
            yield read_pack(backend, name, found.size)
        except NotFound:
            continue  # it went away since it was listed
        except Corrupt as error:
            where = backend.where(found.key)
            raise Corrupt(f"pack {where} is damaged: {error}; run `cairn fsck`") from error


def _plain(reader: Reader) -> Iterator[Digest]:
    for id_, places in reader.index.places():
        if any(not place.row.is_encrypted and place.row.kind != PIECE for place in places):
            yield "sha256:" + id_.hex()


def _hidden(reader: Reader) -> Iterator[Digest]:
    for _, places in reader.index.places():
        sealed = [place for place in places if _is_sealed_object(place)]
        if sealed and (blob := _read(reader, sealed)):
            yield "sha256:" + id_of(blob.row.kind, blob.content).hex()


def _read(reader: Reader, places: list[Place]) -> Blob | None:
    """Read a blob where it lies now: its pack may have been joined with others meanwhile."""
    try:
        return reader.intact(places)
    except NotFound:
        reader.index.refresh(surely=True)
        return reader.intact(reader.index.find(places[0].row.id))


def _is_sealed_object(place: Place) -> bool:
    return place.row.is_encrypted and place.row.kind != PIECE


def _loose(backend: Backend) -> Iterator[Digest]:
    for found in backend.list(LOOSE):
        if match := _LOOSE.fullmatch(found.key):
            yield f"sha256:{match[1]}{match[2]}"
