"""A file without some of its rows: every other byte of a text, every other value of a table.

What has no writer here (pickles, plain text) is an `Invalid` that says so; such a file can
only go whole. Databases are written anew, by their own libraries, so that no free page keeps
a row.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cairn.core.errors import Invalid
from cairn.core.tree import Entry, escape
from cairn.data.databases.duck_without import take_out_of_duck
from cairn.data.databases.sqlite_without import take_out
from cairn.data.rows.kind import START, kind_of, packed, suffix_of, unpacked, unpacked_name
from cairn.data.rows.look import place_beside
from cairn.data.tables.arrow import ArrowTable, arrow
from cairn.data.tables.cells import LONGEST_CELL
from cairn.data.tables.parquet import arrow_errors
from cairn.data.tables.table_files import DELIMITERS
from cairn.objects import ObjectStore

Places = NDArray[np.int64]
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SPACE = re.compile("[\ufeff \\t\\n\\r]*")


def without(
    objects: ObjectStore, entry: Entry, at: Places, beside: Mapping[bytes, Entry]
) -> bytes:
    """Return a stored file's bytes without the rows `at`, counted from 0.

    The logs of a SQLite file are among the files `beside` it, and in it afterwards. Raises
    `Invalid` for a kind of file that rows cannot be taken out of.
    """
    what = escape(entry.path)
    name, is_packed = unpacked_name(what)
    content = unpacked(objects, entry, what) if is_packed else objects.get(entry.digest)
    kind = kind_of(name, content[:START])
    if kind == "sqlite":
        left = _sqlite(objects, entry, content, at, {} if is_packed else beside)
        return packed(left, what) if is_packed else left
    if kind not in _WRITERS:
        raise Invalid(f"{what}: rows cannot be taken out of a file of its kind")
    left = _WRITERS[kind](content, at, name)
    return packed(left, what) if is_packed else left


def _csv(content: bytes, at: Places, name: str) -> bytes:
    """Leave out the lines of some records; what stays keeps its bytes."""
    lines = _LINE.findall(content)
    gone = set(at.tolist())
    kept: list[bytes] = []
    before = record = 0
    for cells, after in _records(lines, DELIMITERS[suffix_of(name)]):
        is_record = bool(cells)
        if not (is_record and record - 1 in gone):  # record 0 names the columns
            kept += lines[before:after]
        record += is_record
        before = after
    return b"".join(kept)


def _records(lines: list[bytes], delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each record, and the number of lines up to its end."""
    limit = csv.field_size_limit(LONGEST_CELL)  # it belongs to the process
    try:
        texts = (
            line.decode("utf-8-sig" if at == 0 else "utf-8") for at, line in enumerate(lines)
        )
        reader = csv.reader(texts, delimiter=delimiter, strict=True)
        for cells in reader:
            yield cells, reader.line_num
    finally:
        csv.field_size_limit(limit)


def _lines(content: bytes, at: Places, name: str) -> bytes:
    del name
    gone = set(at.tolist())
    lines = content.splitlines(keepends=True)
    return b"".join(line for number, line in enumerate(lines) if number not in gone)


def _json(content: bytes, at: Places, name: str) -> bytes:
    """Leave out elements of a list; the others keep their spelling."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{name} is not UTF-8, and rows are taken out of such files only"
        ) from error
    spans = list(_elements(text, name))
    gone = set(at.tolist())
    kept = [span for number, span in enumerate(spans) if number not in gone]
    if not kept:
        return (text[: spans[0][0]] + text[spans[-1][1] :]).encode()
    between = text[spans[0][1] : spans[1][0]]
    inner = between.join(text[start:end] for start, end in kept)
    return (text[: spans[0][0]] + inner + text[spans[-1][1] :]).encode()


def _elements(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where each element of a list begins and ends."""
    decoder = json.JSONDecoder()
    place = _after_space(text, 0)
    if text[place] != "[":
        raise Invalid(f"{name} is one value of JSON, and rows are taken out of lists")
    place = _after_space(text, place + 1)
    while text[place] != "]":
        _, end = decoder.raw_decode(text, place)
        yield place, end
        place = _after_space(text, end)
        if text[place] == ",":
            place = _after_space(text, place + 1)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _parquet(content: bytes, at: Places, name: str) -> bytes:
    """Write the rows that stay, with the file's own schema, packing and sizes of groups."""
    parquet = arrow("parquet")
    with arrow_errors(name, "a whole Parquet file"):
        file = parquet.ParquetFile(io.BytesIO(content))
        about = file.metadata
        groups = [about.row_group(number) for number in range(about.num_row_groups)]
        sink = arrow().BufferOutputStream()
        parquet.write_table(
            _left(file.read(), at),
            sink,
            compression=groups[0].column(0).compression.replace("UNCOMPRESSED", "NONE"),
            row_group_size=max(1, *(group.num_rows for group in groups)),
        )
    return sink.getvalue().to_pybytes()


def _arrow(content: bytes, at: Places, name: str) -> bytes:
    ipc = arrow("ipc")
    with arrow_errors(name, "a whole file of its kind"):
        is_file = content.startswith(b"ARROW1")
        opened = ipc.open_file if is_file else ipc.open_stream
        table = opened(arrow().BufferReader(content)).read_all()
        sink = arrow().BufferOutputStream()
        new = ipc.new_file if is_file else ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write_table(_left(table, at))
    return sink.getvalue().to_pybytes()


def _orc(content: bytes, at: Places, name: str) -> bytes:
    orc = arrow("orc")
    with arrow_errors(name, "a whole file of its kind"):
        file = orc.ORCFile(arrow().BufferReader(content))
        sink = arrow().BufferOutputStream()
        orc.write_table(_left(file.read(), at), sink, compression=file.compression)
    return sink.getvalue().to_pybytes()


def _sqlite(
    objects: ObjectStore,
    entry: Entry,
    content: bytes,
    at: Places,
    beside: Mapping[bytes, Entry],
) -> bytes:
    with TemporaryDirectory(prefix="cairn-") as folder:
        place = Path(folder) / "file"
        place.write_bytes(content)
        place_beside(objects, entry, beside, place)
        take_out(place, at.tolist(), what=escape(entry.path))
        return place.read_bytes()


def _duckdb(content: bytes, at: Places, name: str) -> bytes:
    with TemporaryDirectory(prefix="cairn-") as folder:
        place = Path(folder) / "file"
        place.write_bytes(content)
        take_out_of_duck(place, at.tolist(), what=name)
        return place.read_bytes()


def _left(table: ArrowTable, at: Places) -> ArrowTable:
    stays = np.ones(table.num_rows, dtype=np.bool_)
    stays[at] = False
    return table.filter(arrow().array(stays))


_WRITERS: Mapping[str, Callable[[bytes, Any, str], bytes]] = {
    "csv": _csv,
    "lines": _lines,
    "json": _json,
    "parquet": _parquet,
    "arrow": _arrow,
    "orc": _orc,
    "duckdb": _duckdb,
}
