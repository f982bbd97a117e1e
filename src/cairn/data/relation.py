"""Tables of snapshots as relations that can be queried, in bounded memory.

Parquet is copied to a scratch file, verified on the way, and read from there; a CSV file gets
the types that `column.py` gives it everywhere else.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from cairn.core.errors import Invalid, Unavailable, first_line
from cairn.core.tree import FILE, Entry, escape
from cairn.data.column import Column
from cairn.data.table import DELIMITERS, parse_table
from cairn.objects import ObjectStore, in_memory

if TYPE_CHECKING:
    import duckdb

MEMORY = "1500MB"
PARQUET = {".parquet", ".pq"}
TABLES = PARQUET | DELIMITERS.keys()


class Relations:
    """A private database in memory with scratch space on disk; gone when the block ends."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._held = ExitStack()
        self._folder = Path()

    def __enter__(self) -> Self:
        """Open it; raises `Invalid` if what it needs is not installed."""
        try:
            import duckdb
        except ImportError as error:
            raise Invalid(
                "tables are compared by DuckDB, which is not installed: "
                "pip install 'cairn-ml[table]'"
            ) from error
        self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        self._database = self._held.enter_context(duckdb.connect())
        self._database.execute(f"SET memory_limit = '{MEMORY}'")
        self._database.execute(f"SET temp_directory = '{self._folder}'")
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

    def add(self, name: str, entry: Entry) -> dict[str, str]:
        """Let the file of a snapshot be the relation `name`; returns its columns and types.

        Raises `Invalid` for a file that is no table, `NotFound` and `Corrupt` as stores do.
        """
        file = escape(entry.path)
        kind = PurePosixPath(file).suffix.lower()
        if kind in PARQUET:
            place = self._folder / f"{name}.parquet"
            self._objects.copy_to(entry.digest, place)
            self.run(f"CREATE VIEW {name} AS FROM read_parquet('{place}')", file)
        elif kind in DELIMITERS:
            table = parse_table(
                self._objects.get(entry.digest), name=file, delimiter=DELIMITERS[kind]
            )
            self._database.register(name, _arrow(table.columns))
        else:
            raise Invalid(f"{file} is not a table that can be compared: CSV, TSV or Parquet")
        described = self.run(f"DESCRIBE {name}", file).fetchall()
        return {str(row[0]): str(row[1]) for row in described}

    def add_file(self, name: str, path: Path) -> dict[str, str]:
        """Let a file of this machine be the relation `name`, as `add` does."""
        scratch = in_memory()
        digest, size = scratch.put_file(path)
        kept, self._objects = self._objects, scratch
        try:
            return self.add(name, Entry(os.fsencode(path.name), FILE, size, digest))
        finally:
            self._objects = kept

    def drop(self, name: str) -> None:
        """Forget a relation and the space that it takes."""
        self._database.unregister(name)
        self._database.execute(f"DROP VIEW IF EXISTS {name}")
        (self._folder / f"{name}.parquet").unlink(missing_ok=True)

    def run(self, query: str, what: str = "the comparison") -> "duckdb.DuckDBPyConnection":
        """Run a query; raises `Invalid` for a broken file, `Unavailable` for a full disk."""
        import duckdb

        try:
            return self._database.execute(query)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise Unavailable(f"{what}: {first_line(error)}") from error
        except duckdb.Error as error:
            raise Invalid(f"{what}: {first_line(error)}") from error

    def row(self, query: str) -> Sequence[Any]:
        """Return the only row of a query."""
        return self.run(query).fetchall()[0]

    def numbers(self, expression: str, relation: str) -> NDArray[np.float64]:
        """Return an expression over all rows as numbers; what is missing is NaN."""
        found: Mapping[str, Any] = self.run(
            f"SELECT CAST({expression} AS DOUBLE) AS value FROM {relation}"
        ).fetchnumpy()
        return np.ma.filled(found["value"], np.nan).astype(np.float64, copy=False)


def quoted(name: str) -> str:
    """Write a column's name so that it is read as a name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def is_table(path: bytes) -> bool:
    """Tell by its name whether a file can be compared row by row."""
    return PurePosixPath(os.fsdecode(path)).suffix.lower() in TABLES


def _arrow(columns: Sequence[Column]) -> Any:
    import pyarrow as pa

    arrow: Any = pa

    def kind(column: Column) -> Any:
        text = column.kind == "text"
        return arrow.string() if text else arrow.from_numpy_dtype(column.array.dtype)

    return arrow.table(
        {
            column.name: arrow.array(column.array, mask=column.missing, type=kind(column))
            for column in columns
        }
    )
