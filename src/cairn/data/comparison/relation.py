"""Tables of snapshots as relations that can be queried, in bounded memory.

Columns are called `c0`, `c1` in SQL, by their place: their own names are data, and never meet
the names in a query of ours. Parquet is copied to scratch files, verified on the way, and read
from there; the rows of a lake's table are written to one; a CSV file is read as it was written
(`written.py`).
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from cairn.core.errors import Invalid, Unavailable, first_line
from cairn.core.snapshot import DeltaTable, IcebergTable
from cairn.core.tree import FILE, Entry, escape
from cairn.data.lakes.rows import lake_rows
from cairn.data.tables.arrow import arrow
from cairn.data.tables.parquet import reading_parquet
from cairn.data.tables.plain import plain_batches, plain_schema
from cairn.data.tables.table_files import DELIMITERS, PARQUET, TableFiles, suffix_of
from cairn.data.tables.written_cells import read_written
from cairn.installed import installs
from cairn.objects import ObjectStore, in_memory

if TYPE_CHECKING:
    import duckdb

MEMORY = "1500MB"


class Column(NamedTuple):
    """A column of a relation: its name, its type in DuckDB, and what it is called in SQL.

    `written` is the text of its cells, where the column of a text file is not text itself;
    `words` count as missing in it.
    """

    name: str
    kind: str
    value: str
    written: str = ""
    words: tuple[str, ...] = ()


class Relations:
    """A private database in memory with scratch space on disk; gone when the block ends.

    Tables that are pinned are looked for from the folder `project` on.
    """

    def __init__(self, objects: ObjectStore, project: Path) -> None:
        self._objects = objects
        self._project = project
        self._held = ExitStack()
        self._folder = Path()

    def __enter__(self) -> Self:
        """Open it; raises `Invalid` if what it needs is not installed."""
        try:
            import duckdb
        except ImportError as error:
            raise Invalid(
                f"tables are compared by DuckDB, which is not installed: {installs('duckdb')}"
            ) from error
        self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        self._database = self._held.enter_context(duckdb.connect())
        self._database.execute(f"SET memory_limit = '{MEMORY}'")
        self._database.execute(f"SET temp_directory = {literal(str(self._folder))}")
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute("SET enable_progress_bar = false")  # it writes to our answer
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove everything."""
        self._held.close()

    def add(self, name: str, table: TableFiles) -> tuple[Column, ...]:
        """Let a table of a snapshot be the relation `name`; returns its columns.

        Raises `Invalid` for a file that is not a table, `NotFound` and `Corrupt` as stores do.
        """
        if table.lake is not None:
            return self._add_lake(name, table.name, table.lake)
        if suffix_of(table.name) in DELIMITERS:
            return self._add_text(name, table)
        if all(suffix_of(escape(entry.path)) in PARQUET for entry in table.entries):
            return self._add_parquet(name, table)
        raise Invalid(f"{table.name} is not a table that can be compared: CSV, TSV or Parquet")

    def add_file(self, name: str, path: Path) -> tuple[Column, ...]:
        """Let a file of this machine be the relation `name`, as `add` does."""
        scratch = in_memory()
        digest, size = scratch.put_file(path)
        kept, self._objects = self._objects, scratch
        try:
            entry = Entry(path.name.encode("utf-8", "surrogateescape"), FILE, size, digest)
            return self.add(name, TableFiles(path.name, (entry,)))
        finally:
            self._objects = kept

    def _add_parquet(self, name: str, table: TableFiles) -> tuple[Column, ...]:
        places: list[Path] = []
        for number, entry in enumerate(table.entries):
            place = self._folder / f"{name}-{number}.parquet"
            self._objects.copy_to(entry.digest, place)
            places.append(place)
        return self._view(name, places, table.name)

    def _add_lake(
        self, name: str, what: str, source: DeltaTable | IcebergTable
    ) -> tuple[Column, ...]:
        """Write the rows of a lake's table to a scratch file, as its log has them."""
        rows = lake_rows(self._objects, source, self._project)
        schema = plain_schema(rows.layout.schema, what)
        place = self._folder / f"{name}-0.parquet"
        with arrow("parquet").ParquetWriter(place, schema, compression="lz4") as writer:
            for batch in plain_batches(rows.batches(), schema, what):
                writer.write_batch(batch)
        return self._view(name, [place], what)

    def _view(self, name: str, places: Sequence[Path], what: str) -> tuple[Column, ...]:
        """Let Parquet files be one relation."""
        with reading_parquet(places[0], what=what) as file:
            names: list[str] = file.schema_arrow.names
        files = ", ".join(literal(str(place)) for place in places)
        called = ", ".join(f"c{at}" for at in range(len(names)))
        self.run(
            f"CREATE VIEW {name} AS FROM read_parquet([{files}], hive_partitioning = false) "
            f"AS t({called})",
            what,
        )
        return tuple(
            Column(own, kind, f"c{at}")
            for at, (own, kind) in enumerate(
                zip(distinct(names), self._kinds(name, what), strict=True)
            )
        )

    def _add_text(self, name: str, table: TableFiles) -> tuple[Column, ...]:
        (entry,) = table.entries
        delimiter = DELIMITERS[suffix_of(table.name)]
        read = read_written(
            self._objects.get(entry.digest), name=table.name, delimiter=delimiter
        )
        self._database.register(name, read.table)
        beside = set(read.table.column_names)
        kinds = self._kinds(name, table.name)[: len(read.names)]
        return tuple(
            Column(
                own,
                kind,
                f"c{at}",
                f"w{at}" if f"w{at}" in beside else "",
                read.words.get(own, ()),
            )
            for at, (own, kind) in enumerate(zip(read.names, kinds, strict=True))
        )

    def _kinds(self, name: str, what: str) -> list[str]:
        return [str(row[1]) for row in self.run(f"DESCRIBE {name}", what).fetchall()]

    def run(self, query: str, what: str = "the comparison") -> "duckdb.DuckDBPyConnection":
        """Run a query; raises `Invalid` for a broken file, `Unavailable` for a full disk."""
        import duckdb

        try:
            return self._database.execute(query)
        except (duckdb.IOException, duckdb.OutOfMemoryException, MemoryError) as error:
            raise Unavailable(f"{what}: {first_line(error)}") from error
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise Invalid(f"{what}: {first_line(error)}") from error

    def rows(self, query: str) -> list[Sequence[Any]]:
        """Return all rows of a query."""
        import duckdb

        try:
            return list(self.run(query).fetchall())
        except duckdb.Error as error:
            raise Invalid(f"the comparison: {first_line(error)}") from error

    def row(self, query: str) -> Sequence[Any]:
        """Return the only row of a query."""
        return self.rows(query)[0]

    def numbers(self, expression: str, relation: str) -> NDArray[np.float64]:
        """Return an expression over all rows as numbers; what is missing is NaN."""
        found: Mapping[str, Any] = self.run(
            f"SELECT CAST({expression} AS DOUBLE) AS value FROM {relation}"
        ).fetchnumpy()
        return np.ma.filled(found["value"], np.nan).astype(np.float64, copy=False)


def distinct(names: Sequence[str]) -> list[str]:
    """Tell columns of one name apart in what is shown: `x`, `x (2)`."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    counted: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        counted[name] = counted.get(name, 0) + 1
        found.append(f"{name} ({counted[name]})" if counted[name] > 1 else name)
    return found


def literal(text: str) -> str:
    """Write a text so that SQL reads it as one, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
