"""Where the entries of a zip archive begin: `.npz` of NumPy, `.pt` of PyTorch.

By APPNOTE 6.3.10 of PKWARE: the end record (4.3.16), that of zip64 (4.3.14), the central
directory (4.3.12) and the local headers (4.3.7).
"""

import struct
from collections.abc import Callable, Iterator

from cairn.core.errors import Invalid

_END = struct.Struct("<4s4xHHII2x")
_END_COMMENT = 1 << 16
_LOCATOR = struct.Struct("<4s4xQ4x")
_END64 = struct.Struct("<4s20xQQQQ")
_CENTRAL = struct.Struct("<4s16xIIHHH8xI")
_LOCAL = struct.Struct("<4s22xHH")
_LONG = 0xFFFFFFFF
_LONGEST_DIRECTORY = 16 << 20


def zip_entries(read: Callable[[int, int], bytes], size: int) -> list[int]:
    """Return where headers and contents of the entries begin, and the directory.

    Raises `Invalid` or `struct.error` for what is not an archive.
    """
    start, length = _directory(read, size)
    if length > _LONGEST_DIRECTORY or start + length > size:
        raise Invalid("longer than its file")
    places = [start]
    for header in _headers(read(start, length)):
        magic, name, extra = _LOCAL.unpack(read(header, _LOCAL.size))
        if magic != b"PK\3\4":
            raise Invalid("no entry where the directory has one")
        places += [header, header + _LOCAL.size + name + extra]
    return places


def _directory(read: Callable[[int, int], bytes], size: int) -> tuple[int, int]:
    """Return start and length of the central directory."""
    before = max(size - _END.size - _END_COMMENT, 0)
    tail = read(before, size - before)
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        raise Invalid("no end of an archive")
    _, _, count, length, start = _END.unpack_from(tail, at)
    if _LONG not in (length, start) and count != _LONG >> 16:
        return start, length
    magic, end64 = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)
    magic64, _, _, length, start = _END64.unpack(read(end64, _END64.size))
    if (magic, magic64) != (b"PK\6\7", b"PK\6\6"):
        raise Invalid("no end of a large archive")
    return start, length


def _headers(directory: bytes) -> Iterator[int]:
    """Yield where the local headers begin."""
    at = 0
    while at < len(directory):
        magic, packed, plain, *lengths, header = _CENTRAL.unpack_from(directory, at)
        at += _CENTRAL.size
        name, extra, comment = lengths
        if magic != b"PK\1\2":
            raise Invalid("no entry in the directory")
        if header == _LONG:
            fields = directory[at + name : at + name + extra]
            header = _long_header(fields, before=(packed == _LONG) + (plain == _LONG))
        yield header
        at += name + extra + comment


def _long_header(fields: bytes, *, before: int) -> int:
    """Return the 64-bit offset from the extra fields (4.5.3); `before` numbers precede it."""
    at = 0
    while at < len(fields):
        kind, length = struct.unpack_from("<HH", fields, at)
        if kind == 1:
            return int(struct.unpack_from("<Q", fields, at + 4 + 8 * before)[0])
        at += 4 + length
    raise Invalid("no offset of an entry")
