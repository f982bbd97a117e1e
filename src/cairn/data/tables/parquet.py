"""Tables as Parquet: stored in parts that later versions of the table share, and read back."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Inconclusive, Invalid, Unavailable, first_line
from cairn.core.snapshot import TableFacts
from cairn.core.table import ColumnProfile, Profile, TableProfile
from cairn.core.tree import FILE, Entry
from cairn.data.tables.arrow import Array, ArrowTable, Batch, Schema, arrow
from cairn.data.tables.gather import Gatherer
from cairn.data.tables.parts import parts
from cairn.data.tables.plain import BATCH_ROWS, plain_batches, plain_schema
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import store_entries

GROUP_BYTES = 96 * 2**20
BATCH_BYTES = 16 * 2**20
_FEWEST_ROWS, _REPEATED_BYTES, _LONG_BYTES = 64, 64, 256
_LOOKED_AT = 8_192
_REPEATS = 4
_THREADS = min(8, os.cpu_count() or 1)

Columns = tuple[ColumnProfile, ...]


class StoredTable(NamedTuple):
    """A table in the store: its tree, what it holds, and how its columns look."""

    tree: Digest
    facts: TableFacts
    columns: Columns

    @property
    def profile(self) -> Profile:
        """The profile of a snapshot that is this table."""
        table = TableProfile(path="", facts=self.facts, columns=self.columns)
        return Profile(tables=(table,))


def store_table(
    objects: ObjectStore, batches: Iterable[Batch], schema: Schema, *, what: str
) -> StoredTable:
    """Store a table as Parquet, its rows passing by once, in memory that does not grow.

    The tree's files, in the order of their paths, have its rows. The same values stored by the
    same release of PyArrow are the same tree. Raises `Invalid` for types and values that
    cannot be stored, and for a table without rows.
    """
    plain = plain_schema(schema, what)
    with objects.batch() as batch, _threads() as pool:
        gatherer = Gatherer(plain, pool)
        entries: list[Entry] = []
        for group in _groups(parts(plain_batches(batches, plain, what), plain)):
            wait = gatherer.add([piece for part in group for piece in part])
            for content in pool.map(_parquet, (_table(part, plain) for part in group)):
                path = b"part-%06d.parquet" % len(entries)
                entries.append(Entry(path, FILE, len(content), batch.put(content)))
            wait()
        facts, columns = gatherer.finish()
        if not facts.rows:
            raise Invalid(f"{what} has no rows: there is nothing to freeze")
        return StoredTable(store_entries(batch, entries).digest, facts, columns)


def learn(
    batches: Iterable[Batch],
    schema: Schema,
    *,
    what: str,
    most_bytes: int | None = None,
    profiled: bool = True,
) -> tuple[TableFacts, Columns]:
    """Read a table from end to end, storing nothing; raises `Invalid` as `store_table`.

    Raises `Inconclusive` for a table whose values take more than `most_bytes`.
    """
    plain = plain_schema(schema, what)
    size_bytes = 0
    with _threads() as pool:
        gatherer = Gatherer(plain, pool, profiled=profiled)
        wait: Callable[[], None] = _at_once
        for group in _gathered(plain_batches(batches, plain, what)):
            wait()  # the group before was worked on while this one was read
            size_bytes += sum(batch.nbytes for batch in group)
            if most_bytes is not None and size_bytes > most_bytes:
                raise Inconclusive(f"{what} has more than {most_bytes >> 20:,} MiB of values")
            wait = gatherer.add(group)
        wait()
        return gatherer.finish()


def _at_once() -> None:
    """Wait for nothing."""


@contextmanager
def reading_parquet(source: Any, *, what: str) -> Generator[Any]:
    """Open a Parquet file (a path, or a file that can seek); gives a `ParquetFile`.

    Long texts that repeat come as dictionaries, so that they take no more memory than in the
    file.
    Raises `Invalid` for what is not a whole Parquet file, here or while it is read,
    `Inconclusive` for one that PyArrow cannot read; `Unavailable` if memory does not suffice.
    """
    with arrow_errors(what, "a whole Parquet file"):
        about = arrow("parquet").read_metadata(source)
        if hasattr(source, "seek"):
            source.seek(0)
        with arrow("parquet").ParquetFile(
            source,
            metadata=about,
            read_dictionary=_long(source, about),
            page_checksum_verification=True,
        ) as file:
            yield file


def parquet_batches(file: Any) -> Iterator[Batch]:
    """Read an open file in batches whose values take about 16 MiB, however long they are."""
    about = file.metadata
    width = (
        sum(_width(about.row_group(0).column(at)) for at in range(about.num_columns))
        if about.num_row_groups
        else 1
    )
    for at in range(about.num_row_groups):  # a later one may have longer values
        group = about.row_group(at)
        width = max(width, group.total_byte_size / max(1, group.num_rows))
    rows = int(max(_FEWEST_ROWS, min(BATCH_ROWS, BATCH_BYTES // max(1, width))))
    yield from file.iter_batches(rows)


@contextmanager
def arrow_errors(what: str, kind: str) -> Generator[None]:
    """Translate what PyArrow raises for a file; `kind` is what it should be.

    Raises `Inconclusive` for what PyArrow does not know: nobody says that it is broken.
    """
    pa = arrow()
    try:
        yield
    except (MemoryError, pa.ArrowMemoryError) as error:
        raise Unavailable(
            f"{what} cannot be read in the memory that there is: {first_line(error)}"
        ) from error
    except pa.ArrowNotImplementedError as error:
        raise Inconclusive(
            f"{what} cannot be read by PyArrow, which does not know all of its parts: "
            f"{first_line(error)}; it is not said to be broken"
        ) from error
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{what} has a name or a text that is not UTF-8 ({first_line(error)}): write it "
            "again in UTF-8, or such columns as bytes"
        ) from error
    except (pa.ArrowException, OSError, OverflowError, ValueError, KeyError) as error:
        raise Invalid(
            f"{what} is not {kind}: {first_line(error)}; write or copy it again"
        ) from error


def _long(source: Any, about: Any) -> list[str]:
    """Choose columns of long texts or bytes that repeat.

    Short ones are not: of many different ones a dictionary costs ten times as much, and it
    grows with every batch.
    """
    names = _repeating(about)
    if not names:
        return []
    parquet = arrow("parquet")
    with parquet.ParquetFile(source, metadata=about, read_dictionary=names) as file:
        firsts = [
            next(file.iter_batches(_FEWEST_ROWS, row_groups=[group], columns=names), None)
            for group in range(about.num_row_groups)
        ]
    if hasattr(source, "seek"):
        source.seek(0)
    found: dict[str, None] = {}
    for first in firsts:
        if first is not None:  # names may be doubled
            columns = zip(first.schema.names, first.columns, strict=True)
            found |= {name: None for name, column in columns if _is_long(column)}
    return list(found)


def _is_long(column: Array) -> bool:
    pa, compute = arrow(), arrow("compute")
    if not isinstance(column, pa.DictionaryArray):
        return True
    longest = compute.max(compute.binary_length(column.dictionary)).as_py()
    return (longest or 0) > _LONG_BYTES


def _repeating(about: Any) -> list[str]:
    """Choose columns of texts or bytes that repeat: few bytes a value in the file."""
    if not about.num_row_groups:
        return []
    group = about.row_group(0)
    chunks = [group.column(at) for at in range(about.num_columns)]
    return [chunk.path_in_schema for chunk in chunks if _repeats(chunk)]


def _repeats(chunk: Any) -> bool:
    return bool(
        chunk.physical_type == "BYTE_ARRAY"
        and "." not in chunk.path_in_schema
        and chunk.has_dictionary_page
        and _value_bytes(chunk) < _REPEATED_BYTES
    )


def _width(chunk: Any) -> float:
    """Return about how many bytes a value takes in memory; of one that repeats, more."""
    return float(_REPEATED_BYTES) if _repeats(chunk) else _value_bytes(chunk)


def _value_bytes(chunk: Any) -> float:
    return chunk.total_uncompressed_size / max(1, chunk.num_values)


def _gathered(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Gather batches that are worked on at the same time."""
    group: list[Batch] = []
    size_bytes = 0
    for batch in batches:
        group.append(batch)
        size_bytes += batch.nbytes
        if size_bytes >= BATCH_BYTES:
            yield group
            group, size_bytes = [], 0
    if group:
        yield group


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="cairn-table")


def _groups(found: Iterator[list[Batch]]) -> Iterator[list[list[Batch]]]:
    """Gather parts that are worked on at the same time."""
    group: list[list[Batch]] = []
    size_bytes = 0
    for part in found:
        group.append(part)
        size_bytes += sum(piece.nbytes for piece in part)
        if size_bytes >= GROUP_BYTES:
            yield group
            group, size_bytes = [], 0
    if group:
        yield group


def _table(part: list[Batch], schema: Schema) -> ArrowTable:
    return arrow().Table.from_batches(part, schema).combine_chunks()


def _parquet(table: ArrowTable) -> bytes:
    sink = arrow().BufferOutputStream()
    repeating, encodings = _encodings(table)
    arrow("parquet").write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=repeating,
        column_encoding=encodings,
        write_page_checksum=True,
    )
    return sink.getvalue().to_pybytes()


def _encodings(table: ArrowTable) -> tuple[list[str], dict[str, str]]:
    """Choose how columns are encoded by their first rows: those that repeat, and the others.

    Numbers that do not repeat are stored as differences or byte by byte: a quarter of the
    time and a third of the size of PyArrow's own choice, which every reader of today reads.
    """
    types = arrow().types
    repeating: list[str] = []
    encodings: dict[str, str] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if types.is_nested(column.type) or "." in name:  # a dot would name an inner part
            continue
        first = column.slice(0, _LOOKED_AT)
        if len(first.unique()) * _REPEATS <= len(first):
            repeating.append(name)
        elif types.is_integer(column.type) or types.is_temporal(column.type):
            encodings[name] = "DELTA_BINARY_PACKED"
        elif types.is_floating(column.type):
            encodings[name] = "BYTE_STREAM_SPLIT"
    return repeating, encodings
