"""Small packs, as Cairn's writer gives them."""

import hashlib

from blake3 import blake3

from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.blob import OBJECT, PIECE, RECIPE, Recipe
from cairn.objects.packs.pack import PackWriter

PIECES = (b"header of the weights", b"a tensor", b"", b"another tensor", b"a tensor")


def packs() -> dict[str, bytes]:
    """Write each pack, by name."""
    objects = (b"weights\n", b"", b'{"cairn":"run/1"}')
    ids = [blake3(piece).digest() for piece in PIECES]
    whole = hashlib.sha256(b"".join(PIECES)).digest()
    recipe = Recipe(whole, [(id_, len(piece)) for id_, piece in zip(ids, PIECES, strict=True)])
    pieces = [
        (PIECE, id_, piece) for id_, piece in dict(zip(ids, PIECES, strict=True)).items()
    ]
    return {
        "objects": _pack([(OBJECT, hashlib.sha256(each).digest(), each) for each in objects]),
        "one-object": _pack([(OBJECT, hashlib.sha256(b"weights\n").digest(), b"weights\n")]),
        "pieces": _pack([*pieces, (RECIPE, whole, recipe.write())]),
    }


def _pack(blobs: list[tuple[int, bytes, bytes]]) -> bytes:
    contents: dict[str, bytes] = {}
    writer = PackWriter(MemoryBackend(contents).receive())
    for kind, id_, content in blobs:
        writer.add(kind, id_, content)
    writer.place(writer.finish())
    (written,) = contents.values()
    return written
