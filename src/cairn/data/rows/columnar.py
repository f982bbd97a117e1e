"""Rows with a value in files of columns: Parquet, Arrow, Feather, ORC, DuckDB."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cairn.data.databases.duck_tables import duck_tables_in
from cairn.data.databases.sqlite_tables import SPAN
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.wanted import Wanted
from cairn.data.tables.arrow import Batch, arrow
from cairn.data.tables.parquet import arrow_errors, reading_parquet

BATCH_ROWS = 16_384
FIELD_ID = b"PARQUET:field_id"
KIND = "a whole file of its kind"


def look_in_parquet(place: Path, asked: Asked, *, what: str) -> Looked:
    """Look into a Parquet file; columns that are not asked for are not read."""
    with reading_parquet(place, what=what) as file:
        names: list[str] = file.schema_arrow.names
        columns = asked.columns(names, [_id_of(field) for field in file.schema_arrow])
        if not columns:
            return Looked(0, has_column=False)
        called = [names[at] for at in columns]
        few = len(set(names)) == len(names) and not any("." in name for name in names)
        batches = file.iter_batches(BATCH_ROWS, columns=called if few else None)
        if few:
            columns = dict(enumerate(columns.values()))
        return look_in_batches(batches, columns, names=called if few else names)


def look_in_arrow(place: Path, asked: Asked, *, what: str) -> Looked:
    """Look into a file or stream of Arrow's; Feather is one."""
    with arrow_errors(what, KIND), arrow().OSFile(str(place)) as source:
        names, batches = _opened(source)
        return look_in_batches(batches, asked.columns(names), names=names)


def look_in_orc(place: Path, asked: Asked, *, what: str) -> Looked:
    """Look into an ORC file, a stripe at a time."""
    with arrow_errors(what, KIND):
        file = arrow("orc").ORCFile(place)
        names: list[str] = file.schema.names
        stripes = (file.read_stripe(at) for at in range(file.nstripes))
        return look_in_batches(stripes, asked.columns(names), names=names)


def look_in_duckdb(place: Path, asked: Asked, *, what: str) -> Looked:
    """Look into every table of a DuckDB file; rows are numbered `SPAN` a table."""
    found: list[Looked] = []
    with duck_tables_in(place, what=what) as tables:
        for table in tables:
            columns = asked.columns(table.columns)
            found.append(look_in_batches(table.batches, columns, names=table.columns))
    return together(found)


def look_in_batches(
    batches: Iterable[Batch], columns: dict[int, Wanted], *, names: list[str]
) -> Looked:
    """Count the rows that have a value in one of the columns; columns go by their place."""
    rows = 0
    places: list[NDArray[np.int64]] = []
    unread: dict[int, str] = {}
    for batch in batches:
        masks: list[NDArray[np.bool_]] = []
        for at, wanted in columns.items():
            if at in unread:
                continue
            try:
                column = batch.column(at)
                column.validate(full=True)  # offsets that lead astray would end the process
                masks.append(wanted.mask(column))
            except TypeError as error:
                unread[at] = f"column {names[at]!r}: {error}"
        if masks:
            places.append(rows + np.flatnonzero(np.logical_or.reduce(masks)))
        rows += batch.num_rows
    at = np.concatenate([np.zeros(0, dtype=np.int64), *places])
    return Looked(len(at), has_column=bool(columns), unread=tuple(unread.values()), at=at)


def together(found: list[Looked]) -> Looked:
    """Add up what was found in the tables of one file."""
    places = [each.at + at * SPAN for at, each in enumerate(found) if each.at is not None]
    return Looked(
        sum(each.rows for each in found),
        has_column=any(each.has_column for each in found),
        unread=tuple(text for each in found for text in each.unread),
        at=np.concatenate([np.zeros(0, dtype=np.int64), *places]),
    )


def _id_of(field: Any) -> int | None:
    """Return the id that a table's columns keep when they are renamed, if there is one."""
    about: dict[bytes, bytes] = field.metadata or {}
    number = about.get(FIELD_ID, b"")
    return int(number) if number.isdigit() else None


def _opened(source: Any) -> tuple[list[str], Iterable[Batch]]:
    """Return the columns and the rows of a file of Arrow's, by how it begins."""
    ipc: Any = arrow("ipc")
    start: bytes = source.read(6)
    source.seek(0)
    if start.startswith(b"ARROW1"):
        file = ipc.open_file(source)
        return file.schema.names, map(file.get_batch, range(file.num_record_batches))
    stream = ipc.open_stream(source)
    return stream.schema.names, stream
