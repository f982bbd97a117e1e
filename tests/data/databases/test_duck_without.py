"""Rows are taken out of a DuckDB file, by DuckDB, and nothing else in it changes."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from cairn.core.errors import Invalid
from cairn.core.tree import FILE, Entry
from cairn.data.rows.asked import Asked
from cairn.data.rows.look import look
from cairn.data.rows.without import without
from cairn.objects import ObjectStore
from cairn.objects.backends.memory import MemoryBackend

PLAIN = """
CREATE TABLE gaps (a INTEGER, who VARCHAR);
INSERT INTO gaps SELECT i, 'person-' || i FROM range(10) r(i);
DELETE FROM gaps WHERE a IN (2, 3);
"""
RICH = """
CREATE SCHEMA s; CREATE TABLE s.other (n INTEGER); CREATE SEQUENCE q START 5;
CREATE TABLE t (id INTEGER PRIMARY KEY DEFAULT nextval('q'), who VARCHAR NOT NULL,
    twice INTEGER GENERATED ALWAYS AS (id * 2), CHECK (who <> ''));
COMMENT ON TABLE t IS 'people';
CREATE TABLE orders (id INTEGER REFERENCES t (id), who VARCHAR);
CREATE INDEX by_who ON orders (who);
CREATE VIEW v AS SELECT who FROM t;
CREATE MACRO plus(a) AS a + 1;
INSERT INTO t (who) VALUES ('ada'), ('boris-the-first'), ('cy');
"""


class Stored:
    """A DuckDB file in a store of its own."""

    def __init__(self, folder: Path, *script: str) -> None:
        self._place = folder / "made.duckdb"
        with duckdb.connect(self._place) as database:
            for statements in script:
                database.execute(statements)
        content = self._place.read_bytes()
        self.objects = ObjectStore(MemoryBackend({}))
        self.entry = Entry(b"p.duckdb", FILE, len(content), self.objects.put(content))

    def without(self, row: str) -> bytes:
        """Return the file without the rows in which that is found."""
        found = look(self.objects, self.entry, {}, Asked(row))
        assert found.at is not None
        assert found.rows == len(found.at)
        return without(self.objects, self.entry, found.at, {})

    @contextmanager
    def left(self, row: str) -> Generator[Any]:
        """Open the file without them."""
        self._place.write_bytes(self.without(row))
        with duckdb.connect(self._place, read_only=True) as database:
            yield database


@pytest.fixture(params=["v1.0.0", "v1.2.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_row_goes_by_what_it_is_and_not_by_its_place(tmp_path: Path) -> None:
    stored = Stored(tmp_path, PLAIN)

    with stored.left("a=5") as database:
        left = database.execute("SELECT a FROM gaps").fetchall()

    assert [a for (a,) in left] == [0, 1, 4, 6, 7, 8, 9]
    assert b"person-5" not in stored.without("a=5")
    assert b"person-2" not in stored.without("a=5")


def test_what_else_is_in_the_file_stays_as_it_was(tmp_path: Path) -> None:
    orders = "INSERT INTO orders VALUES (6, 'boris-the-first'), (7, 'cy')"

    with Stored(tmp_path, RICH, orders).left("boris-the-first") as database:
        people = database.execute("SELECT * FROM t").fetchall()
        bought = database.execute("SELECT * FROM orders").fetchall()
        told = database.execute("SELECT comment, sql FROM duckdb_tables()").fetchall()
        seen = database.execute("SELECT plus(1), count(*) FROM v").fetchone()

    assert people == [(5, "ada", 10), (7, "cy", 14)]
    assert bought == [(7, "cy")]
    assert any(comment == "people" and "nextval('q')" in sql for comment, sql in told)
    assert seen == (2, 2)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (RICH + "INSERT INTO orders VALUES (6, 'x')", "foreign key"),
        (
            "CREATE TABLE e (who ENUM ('ada', 'bo')); INSERT INTO e VALUES ('bo')",
            "enumeration",
        ),
    ],
)
def test_what_would_change_more_than_the_rows_stays(
    tmp_path: Path, statements: str, reason: str
) -> None:
    row = "boris-the-first" if "boris" in statements else "who=bo"

    with pytest.raises(Invalid, match=reason):
        Stored(tmp_path, statements).without(row)


def test_the_file_stays_in_its_version_of_the_format(tmp_path: Path, version: str) -> None:
    place = tmp_path / "old.duckdb"
    with duckdb.connect() as database:
        database.execute(f"ATTACH '{place}' AS old (STORAGE_VERSION '{version}')")
        database.execute("CREATE TABLE old.t AS SELECT i AS a FROM range(9) r(i)")
    objects = ObjectStore(MemoryBackend({}))
    content = place.read_bytes()
    entry = Entry(b"old.duckdb", FILE, len(content), objects.put(content))

    place.write_bytes(without(objects, entry, np.array([1], dtype=np.int64), {}))

    with duckdb.connect(place, read_only=True) as database:
        said = database.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE path IS NOT NULL"
        ).fetchone()
    assert said is not None
    assert str(said[0]).startswith(version)
