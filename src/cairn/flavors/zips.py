"""Zip archives, read strictly and written the same every time.

What one reader takes for the content another may not see: readers disagree on doubled names,
on bytes before, between and after the members, and on headers that contradict each other. So
an archive is read only if there is one way to read it.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from cairn.core.errors import Corrupt

MAGIC = b"PK\x03\x04"
EMPTY = b"PK\x05\x06"
MAX_COMMENT = 0xFFFF
MAX_MEMBERS = 1_000_000
MAX_RATIO = 200
"""How much larger than the file its content may be, above `FREE_BYTES`: a bomb is refused."""
FREE_BYTES = 256 << 20

_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW = 0x8
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Member(NamedTuple):
    """One file of an archive."""

    name: str
    content: bytes


def read_zip(content: bytes) -> list[Member]:
    """Read all members in the order in which they lie; raises `Corrupt` saying what is odd."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = sorted(archive.infolist(), key=lambda info: info.header_offset)
            _check_frame(content, archive, members)
            _check_sizes(content, members)
            return [Member(info.filename, archive.read(info)) for info in members]
    except (
        *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
        *(ValueError, EOFError, OSError, IndexError),
    ) as error:
        raise Corrupt(f"the zip archive cannot be read: {error}") from error


def ends_as_zip(content: bytes) -> bool:
    """Tell whether a reader that begins at the end, as most do, would find an archive."""
    place = content.rfind(EMPTY, max(0, len(content) - _END.size - MAX_COMMENT))
    if place < 0 or place + _END.size > len(content):
        return False
    comment = _END.unpack_from(content, place)[7]
    return place + _END.size + comment == len(content)


def write_zip(members: Mapping[str, bytes]) -> bytes:
    """Write members in the given order, stored, without times or attributes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            archive.writestr(info, content)
    return buffer.getvalue()


def _check_frame(
    content: bytes, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> None:
    """Nothing before the first member, between them, or after the last record."""
    if archive.comment or content[-_END.size :][:4] != b"PK\x05\x06":
        raise Corrupt("the zip archive goes on after its end")
    if len({info.filename for info in members}) != len(members):
        raise Corrupt("the zip archive holds two members of one name")
    end = 0
    for info in members:
        if info.header_offset != end:
            raise Corrupt(f"the zip archive has bytes outside its members, at {end}")
        end = _end_of(content, info)
    if archive.start_dir != end:
        raise Corrupt(f"the zip archive has bytes outside its members, at {end}")


def _end_of(content: bytes, info: zipfile.ZipInfo) -> int:
    """Find where a member ends; its two headers have to agree."""
    head = _LOCAL.unpack_from(content, info.header_offset)
    flags, method, crc, packed, size = head[2], head[3], head[6], head[7], head[8]
    if (flags | info.flag_bits) & _ENCRYPTED:
        raise Corrupt(f"member {info.filename!r} of the zip archive is encrypted")
    if method != info.compress_type or method not in _METHODS or flags != info.flag_bits:
        raise Corrupt(f"member {info.filename!r} of the zip archive contradicts itself")
    end = info.header_offset + _LOCAL.size + head[9] + head[10] + info.compress_size
    if flags & _SIZES_FOLLOW:
        return end + _descriptor(content, end)
    agrees = _fits(packed, info.compress_size) and _fits(size, info.file_size)
    if crc != info.CRC or not agrees:
        raise Corrupt(f"member {info.filename!r} of the zip archive contradicts itself")
    return end


def _fits(told: int, true: int) -> bool:
    """A size beyond 4 GiB stands in an extra field, and the header says so by all ones."""
    return told in (true, 0xFFFFFFFF)


def _descriptor(content: bytes, place: int) -> int:
    """Measure the record of sizes that follows a member written to a stream."""
    signed = content[place : place + 4] == b"PK\x07\x08"
    short = 12 + 4 * signed
    following = content[place + short : place + short + 4]
    is_next = following in (MAGIC, b"PK\x01\x02")
    return short if is_next else short + 8


def _check_sizes(content: bytes, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise Corrupt(f"the zip archive has {len(members)} members")
    total = sum(info.file_size for info in members)
    if total > FREE_BYTES + MAX_RATIO * len(content):
        raise Corrupt(f"the zip archive unpacks from {len(content)} to {total} bytes: a bomb")
