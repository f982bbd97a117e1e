"""Pictures, followed to their last byte: a known beginning says nothing of the rest."""

from zlib import crc32

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, part

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
GIF = (b"GIF87a", b"GIF89a")

_PNG_FRAME = 12
_GIF_IMAGE, _GIF_EXTENSION, _GIF_END = 0x2C, 0x21, 0x3B
_GIF_HEADER, _GIF_DESCRIPTOR = 13, 10
_COLORS_FOLLOW = 0x80
_JPEG_ALONE = {0x01, *range(0xD0, 0xD8)}
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA
_JPEG_SEGMENTS = {*range(0xC0, 0xD0), *range(0xDB, 0xF0), 0xFE, _JPEG_SCAN}


def check_png(content: Content) -> None:
    """Follow the chunks, each with its checksum, from the header to the end."""
    place, kind = len(PNG), b""
    while kind != b"IEND":
        size = number_of(part(content, place, 4))
        kind = part(content, place + 4, 4)
        chunk = part(content, place + 4, size + 4)
        if number_of(part(content, place + 8 + size, 4)) != crc32(chunk):
            raise Corrupt(f"the chunk at {place} has another checksum")
        if (place == len(PNG)) != (kind == b"IHDR"):
            raise Corrupt("it does not begin with its header")
        place += size + _PNG_FRAME
    _ends(content, place)


def check_gif(content: Content) -> None:
    """Follow the blocks up to the trailer."""
    place = _GIF_HEADER + _colors(part(content, 0, _GIF_HEADER)[10])
    while True:
        kind = number(content, place, 1)
        if kind == _GIF_END:
            break
        if kind == _GIF_IMAGE:
            head = part(content, place, _GIF_DESCRIPTOR)
            place = _blocks(content, place + _GIF_DESCRIPTOR + _colors(head[9]) + 1)
        elif kind == _GIF_EXTENSION:
            place = _blocks(content, place + 2)
        else:
            raise Corrupt(f"the block at {place} is of no known kind")
    _ends(content, place + 1)


def check_jpeg(content: Content) -> None:
    """Follow the segments, and the numbers of each scan, up to the marker of the end."""
    place = len(JPEG)
    while True:
        mark, kind = part(content, place, 2)
        if mark != 0xFF or kind not in _JPEG_ALONE | _JPEG_SEGMENTS | {_JPEG_END}:  # noqa: PLR2004 (a marker begins so)
            raise Corrupt(f"the segment at {place} is of no known kind")
        place += 2
        if kind == _JPEG_END:
            break
        if kind in _JPEG_SEGMENTS:
            size = number_of(part(content, place, 2))
            part(content, place, max(size, 2))
            place += max(size, 2)
        if kind == _JPEG_SCAN:
            place = _scan_end(content, place)
    _ends(content, place)


def number_of(spelled: bytes) -> int:
    """Read a number that is spelled with its highest byte first."""
    return int.from_bytes(spelled, "big")


def _colors(flags: int) -> int:
    """Measure a table of colours, if the flags say that one follows."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & _COLORS_FOLLOW else 0


def _blocks(content: Content, place: int) -> int:
    """Go past blocks that stand after their length, up to an empty one."""
    while size := number(content, place, 1):
        place += size + 1
    return place + 1


def _scan_end(content: Content, place: int) -> int:
    """Find the next marker that is not part of the compressed numbers."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise Corrupt("it ends before its end marker")
        if number(content, place + 1, 1) not in (0, 0xFF, *range(0xD0, 0xD8)):
            return place
        place += 1 if number(content, place + 1, 1) == 0xFF else 2  # noqa: PLR2004 (a filling byte)


def _ends(content: Content, place: int) -> None:
    if place != len(content):
        raise Corrupt(f"{len(content) - place} bytes follow its end")
