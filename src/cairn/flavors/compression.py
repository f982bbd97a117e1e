"""Compressed files, unpacked as far as is decent."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from cairn.core.errors import Corrupt
from cairn.flavors.zips import FREE_BYTES, MAX_RATIO

KINDS: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    b"\x78\x01": "zlib",
    b"\x78\x5e": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}
"""Compressions by their first bytes: those that joblib writes without further packages."""

_GZIP_WINDOW = 31
_UNPACKERS: Mapping[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(_GZIP_WINDOW),
    "zlib": zlib.decompressobj,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE),
}


def compression_of(content: bytes) -> str:
    """Name the compression of a file, empty if there is none."""
    return next((kind for magic, kind in KINDS.items() if content.startswith(magic)), "")


def unpack(content: bytes, kind: str) -> bytes:
    """Unpack one compressed stream.

    Raises `Corrupt` if it is broken, if anything follows it (a second stream, which some
    readers would append and others leave out), or if it unpacks to absurdly much.
    """
    limit = FREE_BYTES + MAX_RATIO * len(content)
    unpacker = _UNPACKERS[kind]()
    try:
        plain: bytes = unpacker.decompress(content, limit)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise Corrupt(f"it cannot be unpacked: {error}") from error
    if not unpacker.eof:
        raise Corrupt("it cannot be unpacked: it ends early, or grows to absurdly much")
    if unpacker.unused_data:
        raise Corrupt(f"{len(unpacker.unused_data)} bytes follow the end of its compression")
    return plain
