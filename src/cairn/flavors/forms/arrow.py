"""Arrow files: messages with their numbers, and a footer that says where they lie.

https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
"""

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, part
from cairn.flavors.forms.flatbuffers import Table
from cairn.flavors.forms.parquet import PICKLED_TYPE
from cairn.flavors.verdict import Verdict, safe, unknown, unsafe

MAGIC = b"ARROW1\0\0"
_TAIL = 10
_CONTINUES = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_BLOCK, _BUFFER = 24, 16
_MAX_METADATA = 64 << 20


def judge_arrow(content: Content) -> Verdict:
    """Judge a file: safe if its messages fill it, and their buffers lie within them."""
    try:
        _check(content)
    except Corrupt as error:
        return unknown("arrow", f"it cannot be followed to its end: {error}")
    if content.find(PICKLED_TYPE) >= 0:
        return unsafe("arrow", "it has a column whose type is a pickle")
    return safe("arrow")


def _check(content: Content) -> None:
    end = len(content) - _TAIL
    start = end - number(content, end, 4)
    if part(content, end + 4, 6) != MAGIC[:6]:
        raise Corrupt("it does not end as it should")
    footer = Table.root(part(content, start, end - start))
    blocks = sorted(
        tuple(int.from_bytes(block[at : at + 8], "little") for at in (0, 16))
        for field in (2, 3)
        for block in footer.structures(field, _BLOCK)
    )
    begin = len(MAGIC)
    if blocks and part(content, begin, 4) != _CONTINUES:
        begin = _past_schema(content, blocks[0][0])
    if blocks != sorted(_follow(content, begin, start)):
        raise Corrupt("its footer tells of other messages than it has")


def _past_schema(content: Content, end: int) -> int:
    """Read a schema that nothing announces, as Polars writes it: up to the first batch."""
    if end - len(MAGIC) > _MAX_METADATA:
        raise Corrupt(f"there is no message at {len(MAGIC)}")
    message = Table.root(part(content, len(MAGIC), end - len(MAGIC)))
    if message.integer(1, 1) != _SCHEMA or message.integer(3, 8) != 0:
        raise Corrupt(f"there is no message at {len(MAGIC)}")
    return end


def _follow(content: Content, place: int, end: int) -> list[tuple[int, ...]]:
    """Go from message to message; lists where each batch lies, and the size of its body."""
    found: list[tuple[int, ...]] = []
    while place < end:
        if part(content, place, 4) != _CONTINUES:
            raise Corrupt(f"there is no message at {place}")
        size = number(content, place + 4, 4)
        if size == 0:
            place += 8
            break
        if size > _MAX_METADATA:
            raise Corrupt(f"the message at {place} says that {size} bytes describe it")
        message = Table.root(part(content, place + 8, size))
        body = message.integer(3, 8)
        if body < 0:
            raise Corrupt(f"the message at {place} says that {body} bytes follow it")
        if _check_message(message, body) != _SCHEMA:
            found.append((place, body))
        place += 8 + size + body
    if place != end:
        raise Corrupt("its messages do not fill it")
    return found


def _check_message(message: Table, body: int) -> int:
    """Check that what a message leads to lies in its body; returns the kind of the message."""
    kind = message.integer(1, 1)
    if kind not in (_SCHEMA, _DICTIONARY, _BATCH):
        raise Corrupt(f"a message has the unknown kind {kind}")
    if kind == _SCHEMA:
        return kind
    batch = message.table(2) if kind == _BATCH else message.table(2).table(1)
    for buffer in batch.structures(2, _BUFFER):
        offset, size = (int.from_bytes(buffer[at : at + 8], "little") for at in (0, 8))
        if offset + size > body:
            raise Corrupt("a buffer ends after its message")
    return kind
