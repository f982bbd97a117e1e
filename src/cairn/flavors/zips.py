"""Zip archives, read strictly and written the same every time.

What one reader takes for the content another may not see: readers disagree on doubled names,
on bytes before, between and after the members, and on headers that contradict each other. So
an archive is read only if there is one way to read it.
"""

import io
import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, part
from cairn.flavors.limits import MAX_MEMBERS, Budget, OverLimit

MAGIC = b"PK\x03\x04"
EMPTY = b"PK\x05\x06"
MAX_COMMENT = 0xFFFF

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_CENTRAL_MAGIC, _MAGIC_64, _LOCATOR_MAGIC = b"PK\x01\x02", b"PK\x06\x06", b"PK\x06\x07"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW = 0x8
_UTF_8 = 0x800
_ALL_ONES, _ALL_ONES_16 = 0xFFFFFFFF, 0xFFFF
_ZIP_64, _OTHER_NAME = 0x0001, 0x7075
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX, _KIND, _LINK, _FILE, _FOLDER = 3, 0o170000, 0o120000, 0o100000, 0o040000


class Entry(NamedTuple):
    """Where a member of an archive lies, and what its headers say of it."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    start: int = 0


class Member(NamedTuple):
    """One file of an archive."""

    name: str
    content: bytes


def read_zip(content: Content, budget: Budget | None = None) -> list[Member]:
    """Read all members in the order in which they lie; raises `Corrupt` saying what is odd."""
    budget = budget or Budget(len(content))
    try:
        return [
            Member(entry.name, member(content, entry, budget)) for entry in entries(content)
        ]
    except OverLimit as error:
        raise Corrupt(f"the zip archive cannot be read: {error}") from error


def entries(content: Content) -> list[Entry]:
    """Find all members in the order in which they lie; raises `Corrupt` saying what is odd.

    Nothing lies before the first member, between them, or after the last record.
    """
    try:
        return _entries(content)
    except (struct.error, UnicodeDecodeError, Corrupt) as error:
        raise Corrupt(f"the zip archive cannot be read: {error}") from error


def member(content: Content, entry: Entry, budget: Budget) -> bytes:
    """Unpack one member; raises `OverLimit`, and `Corrupt` if it is not what is told of it."""
    packed = content[entry.start : entry.start + entry.packed]
    budget.take(entry.size)
    plain = packed
    if entry.method == _DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = unpacker.decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise Corrupt(f"{entry.name!r} of the zip archive cannot be unpacked") from error
        if unpacker.unused_data or not unpacker.eof:
            raise Corrupt(f"member {entry.name!r} of the zip archive contradicts itself")
    if len(plain) != entry.size or zlib.crc32(plain) != entry.crc:
        raise Corrupt(f"member {entry.name!r} of the zip archive contradicts itself")
    return plain


def odd_place(entry: Entry) -> str:
    """Say why a member must not be unpacked where its name says; empty if it may be."""
    parts = entry.name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0] or "\\" in entry.name:
        return "its name leads out of the folder that it is unpacked to"
    if entry.mode & _KIND not in (0, _FILE, _FOLDER):
        return "it is a link, or a special file"
    return ""


def ends_as_zip(content: Content) -> bool:
    """Tell whether a reader that begins at the end, as most do, might find an archive.

    Some of them, Python's own among them, do not mind bytes behind it.
    """
    return content.find(EMPTY, max(0, len(content) - _END.size - MAX_COMMENT)) >= 0


def write_zip(members: Mapping[str, bytes]) -> bytes:
    """Write members in the given order, stored, without times or attributes."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            archive.writestr(info, content)
    return buffer.getvalue()


def _entries(content: Content) -> list[Entry]:
    count, size, start = _directory(content)
    if count > MAX_MEMBERS:
        raise Corrupt(f"it has {count} members, and Cairn looks at {MAX_MEMBERS}")
    found: list[Entry] = []
    place, directory_end = start, start + size
    while place < directory_end:
        entry, place = _central(content, place)
        found.append(entry)
    if len(found) != count or place != directory_end:
        raise Corrupt("its directory does not have the size that it tells")
    if len({entry.name for entry in found}) != count:
        raise Corrupt("it holds two members of one name")
    end, placed = 0, list[Entry]()
    for entry in sorted(found, key=lambda entry: entry.offset):
        if entry.offset != end:
            raise Corrupt(f"it has bytes outside its members, at {end}")
        begin, end = _local(content, entry)
        placed.append(entry._replace(start=begin))
    if end != start:
        raise Corrupt(f"it has bytes outside its members, at {end}")
    return placed


def _directory(content: Content) -> tuple[int, int, int]:
    """Read how many members there are, and where their directory lies."""
    end = len(content) - _END.size
    signature, disk, first, here, count, size, start, comment = _END.unpack(
        part(content, end, _END.size)
    )
    if signature != EMPTY or comment:
        raise Corrupt("it goes on after its end")
    if disk or first or here != count:
        raise Corrupt("it is a part of an archive")
    if _ALL_ONES in (size, start) or count == _ALL_ONES_16:
        end, count, size, start = _directory_64(content, end)
    if start + size != end:
        raise Corrupt("its directory does not lie where it tells")
    return count, size, start


def _directory_64(content: Content, end: int) -> tuple[int, int, int, int]:
    locator = end - _LOCATOR_64.size
    signature, disk, place, disks = _LOCATOR_64.unpack(
        part(content, locator, _LOCATOR_64.size)
    )
    told = _END_64.unpack(part(content, place, _END_64.size))
    fits = place + _END_64.size == locator and told[1] == _END_64.size - 12
    whole = (disk, disks, told[4], told[5]) == (0, 1, 0, 0) and told[6] == told[7]
    if (signature, told[0]) != (_LOCATOR_MAGIC, _MAGIC_64) or not (fits and whole):
        raise Corrupt("its directory does not lie where it tells")
    return place, told[7], told[8], told[9]


def _central(content: Content, place: int) -> tuple[Entry, int]:
    """Read one record of the directory, and where the next one lies."""
    head = _CENTRAL.unpack(part(content, place, _CENTRAL.size))
    if head[0] != _CENTRAL_MAGIC:
        raise Corrupt("its directory does not have the size that it tells")
    made_by, flags, method, crc = head[1], head[3], head[4], head[7]
    name_at = place + _CENTRAL.size
    name = part(content, name_at, head[10])
    extra = part(content, name_at + head[10], head[11])
    sizes = _wide_sizes(extra, [head[9], head[8], head[16]])
    entry = Entry(
        *(name.decode("utf-8" if flags & _UTF_8 else "cp437"), flags, method, crc),
        *(sizes[1], sizes[0], sizes[2]),
        mode=head[15] >> 16 if made_by >> 8 == _UNIX else 0,
    )
    if b"\0" in name or head[13]:
        raise Corrupt(f"member {entry.name!r} has an odd name, or lies elsewhere")
    part(content, name_at + head[10] + head[11], head[12])
    return entry, name_at + head[10] + head[11] + head[12]


def _wide_sizes(extra: bytes, sizes: list[int]) -> list[int]:
    """Read sizes beyond 4 GiB from the extra field: those that are all ones in the header."""
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, place)
        if kind == _OTHER_NAME:
            raise Corrupt("it has a member with a second name")
        if kind == _ZIP_64:
            inside = place + 4
            for at, told in enumerate(sizes):
                if told == _ALL_ONES:
                    sizes[at] = struct.unpack_from("<Q", extra, inside)[0]
                    inside += 8
        place += 4 + size
    return sizes


def _local(content: Content, entry: Entry) -> tuple[int, int]:
    """Find where a member begins and ends; its two headers have to agree."""
    head = _LOCAL.unpack(part(content, entry.offset, _LOCAL.size))
    flags, method, crc, packed, size = head[2], head[3], head[6], head[7], head[8]
    if (flags | entry.flags) & _ENCRYPTED:
        raise Corrupt(f"member {entry.name!r} is encrypted")
    if method != entry.method or method not in (_STORED, _DEFLATED) or flags != entry.flags:
        raise Corrupt(f"member {entry.name!r} contradicts itself")
    name_at = entry.offset + _LOCAL.size
    name = part(content, name_at, head[9]).decode("utf-8" if flags & _UTF_8 else "cp437")
    _wide_sizes(part(content, name_at + head[9], head[10]), [0, 0, 0])
    begin = name_at + head[9] + head[10]
    end = begin + entry.packed
    if (
        head[0] != MAGIC
        or name != entry.name
        or (method == _STORED and entry.packed != entry.size)
    ):
        raise Corrupt(f"member {entry.name!r} contradicts itself")
    if flags & _SIZES_FOLLOW:
        return begin, end + _descriptor(content, end)
    if crc != entry.crc or not (_fits(packed, entry.packed) and _fits(size, entry.size)):
        raise Corrupt(f"member {entry.name!r} contradicts itself")
    return begin, end


def _fits(told: int, true: int) -> bool:
    """A size beyond 4 GiB stands in an extra field, and the header says so by all ones."""
    return told in (true, _ALL_ONES)


def _descriptor(content: Content, place: int) -> int:
    """Measure the record of sizes that follows a member written to a stream."""
    signed = content[place : place + 4] == b"PK\x07\x08"
    short = 12 + 4 * signed
    following = content[place + short : place + short + 4]
    is_next = following in (MAGIC, _CENTRAL_MAGIC)
    return short if is_next else short + 8
