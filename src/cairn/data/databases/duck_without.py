"""Rows taken out of a DuckDB file: what stays is copied to a new file, free blocks are not."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cairn.core.errors import Invalid, first_line
from cairn.data.databases.duck_tables import duck_names
from cairn.data.databases.sqlite_tables import SPAN

OLD, NEW = "cairn_old", "cairn_new"
_LISTED = (
    "SELECT schema_name, table_name, comment, sql FROM duckdb_tables()",
    "SELECT schema_name, view_name, comment, sql FROM duckdb_views()",
    "SELECT schema_name, index_name, comment, sql FROM duckdb_indexes()",
    "SELECT schema_name, sequence_name, comment, sql FROM duckdb_sequences()",
    "SELECT schema_name, function_name, comment, macro_definition FROM duckdb_functions()",
    "SELECT schema_name, type_name, comment, logical_type FROM duckdb_types()",
)


def take_out_of_duck(place: Path, at: Iterable[int], *, what: str) -> None:
    """Write a DuckDB file of our own again without some rows, numbered `SPAN` a table.

    Raises `Invalid` where more than these rows would change, or stay in a list of names: for
    triggers, enumerations, and whatever DuckDB does not copy as it was.
    """
    import duckdb

    rows: defaultdict[int, list[int]] = defaultdict(list)
    for number in at:
        rows[number // SPAN].append(number % SPAN)
    new = place.with_name(f"{place.name}.new")
    try:
        with duckdb.connect() as database:
            database.execute(f"ATTACH {_text(place)} AS {OLD}")
            _require_plain(database, what)
            version = _version(database)
            database.execute(f"ATTACH {_text(new)} AS {NEW} (STORAGE_VERSION '{version}')")
            database.execute("SET enable_external_access = false")  # a view may name any file
            _delete(database, rows)
            database.execute(f"COPY FROM DATABASE {OLD} TO {NEW}")
            _require_same(database, what)
            database.execute(f"DETACH {NEW}")  # writes its log into it
    except duckdb.Error as error:
        raise Invalid(f"{what} cannot be written by DuckDB: {first_line(error)}") from error
    new.replace(place)


def _delete(database: Any, rows: dict[int, list[int]]) -> None:
    """Delete rows; of a table that others refer to after theirs."""
    import duckdb

    names = duck_names(database, OLD)
    waiting = sorted(rows)
    while waiting:
        later: list[int] = []
        for table in waiting:
            found = database.execute(f"SELECT rowid FROM {names[table]}").fetchall()  # noqa: S608 (quoted)
            gone = [found[place][0] for place in rows[table]]
            try:
                database.execute(
                    f"DELETE FROM {names[table]} WHERE rowid IN (SELECT unnest(?))",  # noqa: S608 (quoted)
                    [gone],
                )
            except duckdb.ConstraintException:
                if len(waiting) == len(later) + 1:
                    raise
                later.append(table)
        waiting = later


def _require_plain(database: Any, what: str) -> None:
    enums = database.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = ? "
        "AND contains(data_type, 'ENUM(')",
        [OLD],
    ).fetchone()
    if enums[0] or _own(database, "SELECT 1 FROM duckdb_types()", OLD):
        raise Invalid(
            f"{what} has types of its own: an enumeration lists values that rows had"
        )
    known = database.execute(
        "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'duckdb_triggers'"
    ).fetchone()
    if known[0] and database.execute("SELECT count(*) FROM duckdb_triggers()").fetchone()[0]:
        raise Invalid(f"{what} has a trigger, so more than a row might change when it goes")


def _require_same(database: Any, what: str) -> None:
    for listed in _LISTED:
        if _own(database, listed, OLD) != _own(database, listed, NEW):
            raise Invalid(f"{what} has parts that DuckDB does not copy as they are")
    for old, new in zip(duck_names(database, OLD), duck_names(database, NEW), strict=True):
        counts = [
            database.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 (quoted)
            for name in (old, new)
        ]
        if counts[0] != counts[1]:
            raise Invalid(f"{what}: DuckDB did not copy every row of {old}")


def _own(database: Any, listed: str, catalog: str) -> list[Any]:
    """List what people made in one database, without what DuckDB brings along."""
    internal = "" if "indexes" in listed or "sequences" in listed else " AND NOT internal"
    found = database.execute(f"{listed} WHERE database_name = ?{internal}", [catalog])
    return sorted(found.fetchall(), key=repr)


def _version(database: Any) -> str:
    """Say in which version of the format the old file is, so that the new one is as well."""
    found = database.execute(
        "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = ?",
        [OLD],
    ).fetchone()
    return str(found[0]).rstrip("+").split()[0]


def _text(place: Path) -> str:
    return "'" + str(place).replace("'", "''") + "'"
