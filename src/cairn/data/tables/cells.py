"""The cells of a CSV file, a bounded number at a time.

Quotes are as in RFC 4180, the text is UTF-8 (a byte-order mark is passed over), the first line
has the names of the columns, and empty lines are passed over.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cairn.core.errors import Invalid
from cairn.core.words import counted

CELLS_AT_ONCE = 1_000_000
ROWS_AT_ONCE = 65_536
LONGEST_CELL = 2**31 - 1
_DECODED_BYTES = 2**20


class Rows(NamedTuple):
    """Some rows of a table: all their cells in one list, row by row."""

    cells: list[str]
    width: int

    def column(self, at: int) -> list[str]:
        """Return the cells of one column."""
        return self.cells[at :: self.width]


class Cells:
    """The cells of a CSV file; they can be read more than once."""

    def __init__(self, content: bytes, *, name: str, delimiter: str = ",") -> None:
        """Check the encoding of everything, and read the header; raises `Invalid`."""
        _check_text(content, name)
        self._content = content
        self._delimiter = delimiter
        self.name = name
        header = next(filter(None, self._taken(self._reader(), 1)), None)
        if header is None:
            raise _empty(name)
        self.names = _names(header, name, delimiter)

    def batches(self) -> Iterator[Rows]:
        """Yield rows in batches that fit in memory easily; none is empty.

        Raises `Invalid` naming a line that has more or fewer cells than the header.
        """
        width = len(self.names)
        reader = self._reader()
        self._taken(reader, 1)
        most = max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // width))
        while rows := self._taken(reader, most, width=width):
            yield Rows([cell for row in rows for cell in row], width)

    def _reader(self) -> Any:
        text = io.TextIOWrapper(io.BytesIO(self._content), "utf-8-sig", newline="")
        return csv.reader(text, delimiter=self._delimiter, strict=True)

    def _taken(self, reader: Any, most: int, *, width: int = 0) -> list[list[str]]:
        """Read up to so many rows that are not empty, each as wide as it must be."""
        rows: list[list[str]] = []
        limit = csv.field_size_limit(LONGEST_CELL)  # it belongs to the process
        try:
            for row in reader:
                if not row:
                    continue
                if width and len(row) != width:
                    raise self._uneven(reader.line_num, len(row), width)
                rows.append(row)
                if len(rows) == most:
                    break
        except csv.Error as error:
            raise Invalid(
                f"{self.name}, line {reader.line_num}: {error}; look for a quote that is not "
                "closed"
            ) from error
        finally:
            csv.field_size_limit(limit)
        return rows

    def _uneven(self, line: int, cells: int, width: int) -> Invalid:
        return Invalid(
            f"{self.name}, line {line}: {counted(cells, 'cell')} where the header names "
            f"{counted(width, 'column')}; write the file again"
        )


def _check_text(content: bytes, name: str) -> None:
    """Raise `Invalid` for what is not text in UTF-8, naming the line."""
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise _empty(name)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _DECODED_BYTES):
            end = start + _DECODED_BYTES
            decoder.decode(memoryview(content)[start:end], final=end >= len(content))
    except UnicodeDecodeError:
        raise _not_utf8(content, name) from None
    if b"\0" in content:
        raise Invalid(f"{name} is not text: write it as CSV in UTF-8")


def _not_utf8(content: bytes, name: str) -> Invalid:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        return Invalid(
            f"{name}, line {line}: byte 0x{byte:02x} is not UTF-8; convert the whole file "
            "(iconv -f LATIN1 -t UTF-8), and mind that encodings are not mixed in it"
        )
    raise AssertionError


def _empty(name: str) -> Invalid:
    return Invalid(f"{name} is empty: a table begins with a line of column names")


def _names(header: Sequence[str], name: str, delimiter: str) -> list[str]:
    others = [other for other in ";\t|" if other != delimiter and other in header[0]]
    if len(header) == 1 and others:
        raise Invalid(
            f"{name} seems to be separated by {others[0]!r}: write it with {delimiter!r}"
        )
    names = [text or f"Unnamed: {at}" for at, text in enumerate(header)]
    seen: set[str] = set()
    for text in names:
        if text in seen:
            raise Invalid(f"{name} has two columns {text!r}: rename one")
        seen.add(text)
    return names
