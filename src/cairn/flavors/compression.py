"""Compressed files, unpacked as far as is decent."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, starts
from cairn.flavors.limits import Budget, OverLimit

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
_PIECE = 1 << 20
_NEAR = 1 << 16


def _bz2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _lzma(form: str) -> Any:
    import lzma

    return lzma.LZMADecompressor(getattr(lzma, form))


UNPACKERS: Mapping[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(_GZIP_WINDOW),
    "zlib": zlib.decompressobj,
    "bz2": _bz2,
    "xz": lambda: _lzma("FORMAT_XZ"),
    "lzma": lambda: _lzma("FORMAT_ALONE"),
}


def compression_of(content: Content) -> str:
    """Name the compression of a file, empty if there is none."""
    return next((kind for magic, kind in KINDS.items() if starts(content, magic)), "")


class Unpacked(NamedTuple):
    """What came out of a compressed stream, and why there is no more, if it is not whole."""

    content: bytes
    broken: str = ""


def unpack(content: Content, kind: str, budget: Budget | None = None) -> bytes:
    """Unpack one compressed stream.

    Raises `Corrupt` if it is broken, if anything follows it (a second stream, which some
    readers would append and others leave out), or if it unpacks to absurdly much.
    """
    try:
        plain, broken = unpack_some(content, kind, budget or Budget(len(content)))
    except OverLimit as error:
        raise Corrupt(f"it cannot be unpacked: {error}") from error
    if broken:
        raise Corrupt(broken)
    return plain


def unpack_some(content: Content, kind: str, budget: Budget) -> Unpacked:
    """Unpack as much as there is; raises `OverLimit`.

    A reader that unpacks piece by piece has used the first ones before it comes to the fault.
    So where there is one, it is approached byte by byte.
    """
    found = _unpack(content, kind, budget, step=_PIECE)
    if not found.broken or len(found.content) >= _NEAR:
        return found
    closer = _unpack(content[:_NEAR], kind, budget, step=1)
    return Unpacked(max(closer.content, found.content, key=len), found.broken)


def _unpack(content: Content, kind: str, budget: Budget, *, step: int) -> Unpacked:
    unpacker = UNPACKERS[kind]()
    pieces: list[bytes] = []
    end = 0
    try:
        for place in range(0, len(content), _PIECE):
            end = min(place + _PIECE, len(content))
            for plain in _feed(unpacker, content[place:end], step):
                budget.take(len(plain))
                pieces.append(plain)
            if unpacker.eof:
                break
    except Exception as error:  # of five libraries, each with errors of its own
        if isinstance(error, OverLimit | MemoryError):
            raise
        return Unpacked(b"".join(pieces), f"it cannot be unpacked: {error}")
    behind = len(unpacker.unused_data) + len(content) - end
    if not unpacker.eof:
        return Unpacked(b"".join(pieces), "it cannot be unpacked: it ends early")
    fault = f"{behind} bytes follow the end of its compression" if behind else ""
    return Unpacked(b"".join(pieces), fault)


def _feed(unpacker: Any, given: bytes, step: int) -> Iterator[bytes]:
    """Hand some bytes over, and take what comes of them, `step` bytes at most at a time."""
    plain: bytes = unpacker.decompress(given, step)
    yield plain
    while not unpacker.eof:
        left: bytes = getattr(unpacker, "unconsumed_tail", b"")
        if not left and len(plain) < step:
            return
        plain = unpacker.decompress(left, step)
        yield plain
