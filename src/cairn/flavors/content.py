"""The bytes of a file: in memory, or mapped, so that a large one is not read as a whole."""

from mmap import mmap

from cairn.core.errors import Corrupt

Content = bytes | mmap


def starts(content: Content, *beginnings: bytes) -> bool:
    """Tell whether the content begins with one of these."""
    return any(content[: len(beginning)] == beginning for beginning in beginnings)


def part(content: Content, place: int, size: int) -> bytes:
    """Read some bytes; raises `Corrupt` if they are not all there."""
    if size < 0 or place < 0 or place + size > len(content):
        raise Corrupt(f"it says that {size} bytes lie at {place}, and it ends before")
    return content[place : place + size]


def number(content: Content, place: int, size: int, *, signed: bool = False) -> int:
    """Read a little-endian number."""
    return int.from_bytes(part(content, place, size), "little", signed=signed)


def tiled(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """List the gaps between spans of (begin, end), which must not overlap."""
    gaps: list[tuple[int, int]] = []
    place = start
    for begin, stop in sorted(spans):
        if begin < place or stop < begin or stop > end:
            raise Corrupt(f"it says that something lies at {begin} to {stop}, where it cannot")
        if begin > place:
            gaps.append((place, begin))
        place = stop
    return [*gaps, (place, end)] if place < end else gaps


def only_zeros(content: Content, begin: int, stop: int) -> None:
    """Raise `Corrupt` if there is anything but zeros between two places."""
    piece = 1 << 20
    for place in range(begin, stop, piece):
        if content[place : min(place + piece, stop)].strip(b"\0"):
            raise Corrupt(f"it has bytes that belong to nothing, from {begin} to {stop}")
