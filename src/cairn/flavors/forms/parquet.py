"""Parquet: pages of columns, and a footer that says where they lie.

https://github.com/apache/parquet-format
"""

import binascii
from typing import Any

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, only_zeros, part, tiled
from cairn.flavors.forms.thrift import Reader
from cairn.flavors.verdict import Verdict, safe, unknown, unsafe

MAGIC = b"PAR1"
PICKLED_TYPE = b"arrow.py_extension_type"
"""A type of column that PyArrow before 14.0.1 unpickled as it opened the file."""
_TAIL = 8


def judge_parquet(content: Content) -> Verdict:
    """Judge a file: safe if its columns fill it, page by page."""
    try:
        footer, start = _footer(content)
        _check_columns(content, footer, start)
    except (Corrupt, KeyError, TypeError, AttributeError, IndexError) as error:
        return unknown("parquet", f"it cannot be followed to its end: {error}")
    if any(PICKLED_TYPE in _schema(pair) for pair in footer.get(5, [])):
        return unsafe("parquet", "it has a column whose type is a pickle")
    return safe("parquet")


def _footer(content: Content) -> tuple[dict[int, Any], int]:
    """Read the footer; also says where it begins."""
    end = len(content) - _TAIL
    start = end - number(content, end, 4)
    if part(content, end + 4, 4) != MAGIC or start < len(MAGIC):
        raise Corrupt("it does not end as it should")
    reader = Reader(content, start, end)
    footer = reader.structure()
    if reader.place != end:
        raise Corrupt("its footer does not fill its place")
    return footer, start


def _check_columns(content: Content, footer: dict[int, Any], end: int) -> None:
    spans: list[tuple[int, int]] = []
    told: dict[int, dict[int, Any]] = {}
    for column in (column for group in footer.get(4, []) for column in group[1]):
        if 1 in column:
            raise Corrupt("it reads a column from another file")
        facts = column[3]
        begin = min(place for place in (facts[9], facts.get(11)) if place)
        spans.append((begin, begin + facts[7]))
        _check_pages(content, *spans[-1])
        told[spans[-1][1]] = column
        indexes = [(column.get(4), column.get(5)), (column.get(6), column.get(7))]
        indexes.append((facts.get(14), facts.get(15)))
        spans += [(place, place + size) for place, size in indexes if place and size]
    for begin, stop in tiled(spans, len(MAGIC), end):
        if begin not in told or not _is_told_again(content, begin, stop, told[begin]):
            only_zeros(content, begin, stop)


def _is_told_again(content: Content, begin: int, stop: int, column: dict[int, Any]) -> bool:
    """Tell whether behind a column stands what the footer says of it, and nothing else.

    Polars writes the facts, old releases of PyArrow where they lie as well.
    """
    reader = Reader(content, begin, stop)
    try:
        told = reader.structure()
    except Corrupt:
        return False
    known = told in (column[3], {2: column.get(2), 3: column[3]})
    return known and reader.place == stop


def _check_pages(content: Content, begin: int, end: int) -> None:
    """Go from page to page: they fill the column."""
    part(content, begin, end - begin)
    reader = Reader(content, begin, end)
    while reader.place < end:
        size = reader.structure()[3]
        if not 0 <= size <= end - reader.place:
            raise Corrupt("a page ends after its column")
        reader.place += size


def _schema(pair: dict[int, Any]) -> bytes:
    """Read what a key of the footer says; Arrow's own schema is spelled in base 64."""
    value: bytes = pair.get(2, b"")
    if pair.get(1) != b"ARROW:schema":
        return value
    try:
        return binascii.a2b_base64(value)
    except ValueError:
        return PICKLED_TYPE
