"""A second reader of packs, written from the specification.

It shares no code with Cairn; BLAKE3 is that of its authors.
"""

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from formats.shapes import demand

HEAD, END, BLOB = b"cairn pack/1\n\0\0\0", b"\npack/1\n", b"\xcablb"
HEAD_BYTES, HEADER_BYTES, ROW_BYTES, TAIL_BYTES = 32, 48, 48, 48
PIECE_BYTES = 4 << 20
SEALED = 28
KINDS = {1: "object", 2: "piece", 3: "recipe"}


class Blob(NamedTuple):
    """A blob of a pack; the bytes of an encrypted one are as they lie there."""

    kind: str
    encrypted: bool
    id: bytes
    raw: int
    stored: bytes


class PackRead(NamedTuple):
    """A pack: its salt, and its blobs in the order in which they lie."""

    salt: bytes
    blobs: list[Blob]


def read_pack(content: bytes) -> PackRead:
    """Read a whole pack, each blob against its id; raises `Wrong`."""
    demand(content[:16] == HEAD, "not a pack", content[:16])
    demand(len(content) >= HEAD_BYTES + TAIL_BYTES, "too short", len(content))
    tail = content[-TAIL_BYTES:]
    at, count = struct.unpack("<II", tail[32:40])
    demand(tail[40:] == END, "end", tail[40:])
    index = content[at:-TAIL_BYTES]
    demand(len(index) == count * ROW_BYTES, "length of the index", count)
    demand(blake3(index).digest() == tail[:32], "checksum of the index", tail[:32])
    found = dict(_blobs(content, at))
    rows = sorted(_row(place, blob) for place, blob in found.items())
    demand(b"".join(rows) == index, "index", rows)
    ids = [row[:32] for row in rows]
    demand(len(set(ids)) == len(ids), "an id comes twice", ids)
    return PackRead(content[16:HEAD_BYTES], list(found.values()))


def read_objects(folder: Path) -> dict[str, bytes]:
    """Read every object of a folder by its digest: from packs, and those that lie loose."""
    found, pieces, recipes = dict[str, bytes](), dict[bytes, bytes](), list[Blob]()
    for path in sorted((folder / "packs").glob("*")):
        content = path.read_bytes()
        demand(blake3(content).hexdigest() == path.name, "name of a pack", path.name)
        for blob in read_pack(content).blobs:
            if blob.kind == "object":
                found[f"sha256:{blob.id.hex()}"] = blob.stored
            elif blob.kind == "piece":
                pieces[blob.id] = blob.stored
            else:
                recipes.append(blob)
    for recipe in recipes:
        parts = recipe_rows(recipe.stored)
        demand(all(len(pieces[id_]) == size for id_, size in parts), "length", recipe.id)
        whole = b"".join(pieces[id_] for id_, _ in parts)
        demand(hashlib.sha256(whole).digest() == recipe.id, "a recipe's object", recipe.id)
        found[f"sha256:{recipe.id.hex()}"] = whole
    for path in sorted((folder / "sha256").glob("*/*")):
        name, content = f"{path.parent.name}{path.name}", path.read_bytes()
        demand(hashlib.sha256(content).hexdigest() == name, "name of an object", name)
        found[f"sha256:{name}"] = content
    return found


def recipe_rows(content: bytes) -> list[tuple[bytes, int]]:
    """Read which pieces a recipe lists; raises `Wrong`."""
    demand(len(content) >= 64 and len(content) % 36 == 64 % 36, "length of a recipe", content)
    demand(blake3(content[32:]).digest() == content[:32], "checksum of a recipe", content)
    return list(struct.iter_unpack("<32sI", content[64:]))


def _blobs(content: bytes, end: int) -> Iterator[tuple[int, Blob]]:
    place = HEAD_BYTES
    while place < end:
        header = content[place : place + HEADER_BYTES]
        demand(len(header) == HEADER_BYTES and header[:4] == BLOB, "header", header)
        kind, flags, zero, id_, stored, raw = struct.unpack("<BBH32sII", header[4:])
        demand(kind in KINDS and flags in (0, 1) and zero == 0, "kind", header[4:8])
        demand(stored == raw + (SEALED if flags else 0), "lengths", header[40:])
        demand(KINDS[kind] == "recipe" or raw <= PIECE_BYTES, "too large", raw)
        start = place + HEADER_BYTES
        demand(start + stored <= end, "blob is longer than its pack", header)
        blob = Blob(KINDS[kind], bool(flags), id_, raw, content[start : start + stored])
        demand(blob.encrypted or _id(blob) == id_, "blob is not what it is called", header)
        yield place, blob
        place = start + stored
    demand(place == end, "gap before the index", place)


def _id(blob: Blob) -> bytes:
    if blob.kind == "object":
        return hashlib.sha256(blob.stored).digest()
    if blob.kind == "piece":
        return blake3(blob.stored).digest()
    recipe_rows(blob.stored)
    return blob.stored[32:64]


def _row(place: int, blob: Blob) -> bytes:
    kind = {name: number for number, name in KINDS.items()}[blob.kind]
    numbers = (place, len(blob.stored), blob.raw, kind, blob.encrypted)
    return blob.id + struct.pack("<IIIBBH", *numbers, 0)
