"""Looking into a stored file for a row: which reader a file gets, by its name and its start.

What has no reader, or cannot be read to its end, is an `Invalid` whose sentence says why: so
whoever asks is told that nothing was looked at there.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.tree import Entry, escape
from cairn.data.databases.sqlite_tables import SPAN, tables_in
from cairn.data.giver import Giver
from cairn.data.rows import columnar, textual
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.kind import (
    MOST_BYTES,
    START,
    kind_of,
    suffix_of,
    unpacked,
    unpacked_name,
)
from cairn.data.tables.parquet import reading_parquet
from cairn.data.tables.table_files import DELIMITERS

LOGS = (b"-wal", b"-journal")
_PLACED: Mapping[str, Callable[..., Looked]] = {
    "parquet": columnar.look_in_parquet,
    "arrow": columnar.look_in_arrow,
    "orc": columnar.look_in_orc,
    "duckdb": columnar.look_in_duckdb,
}


def look(giver: Giver, entry: Entry, beside: Mapping[bytes, Entry], asked: Asked) -> Looked:
    """Look for a row in a stored file; `beside` are all files of its snapshot, by path.

    Raises `Invalid` for a file that cannot be looked into, and what stores raise.
    """
    what = escape(entry.path)
    name, is_packed = unpacked_name(what)
    if not entry.size:
        return Looked(0, has_column=False)
    if is_packed:
        return _in_content(unpacked(giver, entry, what), name, asked)
    kind = kind_of(name, giver.read_range(entry.digest, 0, min(START, entry.size)))
    if kind in _PLACED or kind == "sqlite":
        with TemporaryDirectory(prefix="cairn-") as folder:
            place = Path(folder) / "file"
            giver.copy_to(entry.digest, place)
            if kind == "sqlite":
                place_beside(giver, entry, beside, place)
            return _in_place(place, kind, what, asked)
    if entry.size > MOST_BYTES:
        raise Invalid(f"{what} is larger than 1 GiB: as Parquet it could be searched")
    return _in_content(giver.get(entry.digest), what, asked)


def _in_content(content: bytes, name: str, asked: Asked) -> Looked:
    kind = kind_of(name, content[:START])
    if kind in _PLACED or kind == "sqlite":
        with TemporaryDirectory(prefix="cairn-") as folder:
            place = Path(folder) / "file"
            place.write_bytes(content)
            return _in_place(place, kind, name, asked)
    if kind == "csv":
        delimiter = DELIMITERS[suffix_of(name)]
        return textual.look_in_csv(content, asked, what=name, delimiter=delimiter)
    if kind == "lines":
        return textual.look_in_lines(content, asked, what=name)
    if kind == "json":
        return textual.look_in_json(content, asked, what=name)
    return textual.look_in_text(content, asked, what=name)


def _in_place(place: Path, kind: str, what: str, asked: Asked) -> Looked:
    if kind == "sqlite":
        return _in_sqlite(place, asked, what=what)
    return _PLACED[kind](place, asked, what=what)


def _in_sqlite(place: Path, asked: Asked, *, what: str) -> Looked:
    places: list[int] = []
    has_column = False
    with tables_in(place, what=what) as tables:
        for table_number, table in enumerate(tables):
            columns = asked.columns(table.columns)
            has_column = has_column or bool(columns)
            for number, row in enumerate(table.rows if columns else ()):
                if any(wanted.is_value(row[at]) for at, wanted in columns.items()):
                    places.append(table_number * SPAN + number)
    return Looked(len(places), has_column, at=np.array(places, dtype=np.int64))


def logs_of(path: bytes, beside: Mapping[bytes, Entry]) -> tuple[Entry, ...]:
    """Return the logs of a SQLite file that lie beside it."""
    found = (beside.get(path + suffix) for suffix in (*LOGS, b"-shm"))
    return tuple(entry for entry in found if entry is not None)


def place_beside(
    giver: Giver, entry: Entry, beside: Mapping[bytes, Entry], place: Path
) -> None:
    """Put the log of a SQLite file beside it: rows may be in there alone."""
    for suffix in LOGS:
        other = beside.get(entry.path + suffix)
        if other is not None:
            giver.copy_to(other.digest, place.with_name(place.name + os.fsdecode(suffix)))


def is_beside(path: bytes, beside: Mapping[bytes, Entry]) -> bool:
    """Tell whether a file is the log of a SQLite file that is there, and is read with it."""
    logs = (suffix for suffix in (*LOGS, b"-shm") if path.endswith(suffix))
    return any(path.removesuffix(suffix) in beside for suffix in logs)


def partitions(path: bytes) -> dict[str, str]:
    """Read the columns that the folders of a path name: `region=north/part-0.parquet`."""
    pieces = (piece.partition("=") for piece in os.fsdecode(path).split("/")[:-1])
    return {unquote(name): unquote(value) for name, equals, value in pieces if equals}


def rows_of(giver: Giver, entry: Entry) -> int:
    """Count all rows of a file; 1 for one whose rows cannot be counted."""
    if suffix_of(escape(entry.path)) not in (".parquet", ".pq"):
        return 1
    with TemporaryDirectory(prefix="cairn-") as folder:
        place = Path(folder) / "file"
        giver.copy_to(entry.digest, place)
        with reading_parquet(place, what=escape(entry.path)) as file:
            return int(file.metadata.num_rows)
