"""All tables of a DuckDB file of our own, in one order, row by row as they were inserted."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cairn.core.errors import Invalid, first_line
from cairn.data.databases.question import quoted
from cairn.data.tables.arrow import Batch
from cairn.data.tables.plain import BATCH_ROWS


class DuckTable(NamedTuple):
    """A table: its columns, and its rows, which can be read once."""

    columns: list[str]
    batches: Iterator[Batch]


@contextmanager
def duck_tables_in(place: Path, *, what: str) -> Generator[Iterator[DuckTable]]:
    """Open a DuckDB file; raises `Invalid` for one that cannot be read."""
    import duckdb

    try:
        with duckdb.connect(place, read_only=True) as database:
            database.execute("SET TimeZone = 'UTC'")
            yield _tables(database)
    except duckdb.Error as error:
        raise Invalid(f"{what} cannot be opened by DuckDB: {first_line(error)}") from error


def duck_names(database: Any, catalog: str = "") -> list[str]:
    """Name the tables of a database, or of one that is attached: quoted, in order."""
    found = database.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary "
        "AND database_name = coalesce(nullif(?, ''), current_database()) "
        "ORDER BY schema_name, table_name",
        [catalog],
    ).fetchall()
    front = [catalog] if catalog else []
    return [".".join(map(quoted, (*front, *pair))) for pair in found]


def _tables(database: Any) -> Iterator[DuckTable]:
    for name in duck_names(database):
        reader = database.sql(f"FROM {name}").to_arrow_reader(BATCH_ROWS)
        yield DuckTable(list(reader.schema.names), reader)
