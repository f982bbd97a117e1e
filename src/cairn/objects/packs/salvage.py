"""What can be saved of a damaged pack: its blobs are found one by one, without its index.

Only blobs whose bytes match their id count, so nothing that is found can be wrong. What is
encrypted can be matched with the key alone.
"""

from collections.abc import Iterator

from cairn.core.errors import CairnError
from cairn.objects.packs.blob import HEADER, MAGIC, Cipher, Row, read_blob, read_header
from cairn.objects.packs.pack import HEAD_BYTES

_PATIENCE = 8
"""A forged pack may nest headers; at most so many times its size is hashed."""


def salvage(content: bytes, cipher: Cipher | None = None) -> Iterator[Row]:
    """Yield the intact blobs of a whole pack as it lies there, in their order."""
    place, left = HEAD_BYTES, _PATIENCE * len(content)
    while 0 <= place < len(content) and left > 0:
        row = read_header(content[place : place + HEADER.size], place)
        if row is not None and row.end <= len(content):
            left -= row.stored
            if _is_intact(content, row, cipher):
                yield row
                place = row.end
                continue
            if content.startswith(MAGIC, row.end):  # only its bytes are damaged
                place = row.end
                continue
        place = content.find(MAGIC, place + 1)


def _is_intact(content: bytes, row: Row, cipher: Cipher | None) -> bool:
    try:
        read_blob(row, content[row.offset : row.end], cipher)
    except CairnError:
        return False
    return True
