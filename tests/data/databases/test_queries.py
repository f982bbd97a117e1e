"""Queries: one moment, one order, one digest for one answer, whoever gives it."""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cairn.core.errors import Invalid
from cairn.core.snapshot import Query, Snapshot
from cairn.data.databases import postgresql as one_engine
from cairn.data.databases import sqlite as other_engine
from cairn.data.databases.take import snapshot_query
from cairn.data.frames import logical_digest, snapshot_frame
from cairn.data.restore import restore
from cairn.registry import Registry
from sources.asked import asking, run

CUSTOMERS = (
    "CREATE TABLE customers (id INTEGER, name TEXT, spent DOUBLE PRECISION)",
    "INSERT INTO customers VALUES (2, '\u00e9t\u00e9', 1.5), (10, NULL, -0.0), (3, 'Z', NULL)",
)
EVERY_TYPE = (
    (
        "CREATE TABLE typed (b BOOLEAN, i2 SMALLINT, i4 INTEGER, i8 BIGINT, f4 REAL,"
        " f8 DOUBLE PRECISION, n NUMERIC(10, 2), t TEXT, v VARCHAR(5), d DATE, tm TIME,"
        " ts TIMESTAMP, tz TIMESTAMPTZ, u UUID, j JSON, a INTEGER[], w TEXT[])"
    ),
    (
        "INSERT INTO typed VALUES (true, 1, 2, 3, 0.1, 0.1, 1.5, 'a,\"b\"', 'v', '2020-02-29',"
        " '10:11:12.5', '2020-01-01 00:00:00.123456', '2020-01-01 01:00:00+01',"
        " '12345678-1234-5678-1234-567812345678', '{\"b\": 1.0, \"a\": [1e2, null]}',"
        " '{1, NULL}', '{\"x y\", NULL}')"
    ),
    f"INSERT INTO typed VALUES ({', '.join(['NULL'] * 17)})",
    (
        "INSERT INTO typed VALUES (false, -1, -2, -9223372036854775808, 'Infinity', 'NaN',"
        " -1.5, '', '', '0001-01-01', '00:00', '1900-01-01', '1900-01-01 00:00:00+00',"
        " '12345678-1234-5678-1234-567812345679', '\"line\\nbreak\"', '{}', '{}')"
    ),
)


def source(registry: Registry, reference: str) -> Query:
    found = registry.objects.get_record(registry.find_snapshot(reference).digest, Snapshot)
    assert isinstance(found.source, Query)
    return found.source


def test_one_answer_has_one_logical_digest_in_every_engine(
    registry: Registry, postgresql: str, sqlite: str, duck: str
) -> None:
    for uri in (postgresql, sqlite, duck):
        run(uri, *CUSTOMERS)
        snapshot_query(registry, asking(uri, "SELECT * FROM customers;"), name="x")

    first, second, third = registry.snapshots()
    assert first.logical == second.logical == third.logical
    assert first.tree == second.tree == third.tree
    assert len({first.digest, second.digest, third.digest}) == 3


def test_the_same_query_again_is_the_same_snapshot_until_a_row_changes(
    registry: Registry, postgresql: str
) -> None:
    run(postgresql, *CUSTOMERS)
    question = asking(postgresql, "SELECT * FROM customers")

    first = snapshot_query(registry, question)
    again = snapshot_query(registry, question)
    run(postgresql, "UPDATE customers SET spent = 0.25 WHERE id = 3")
    changed = snapshot_query(registry, question)

    assert again == first
    assert changed.logical != first.logical


def test_every_type_is_the_same_from_postgresql_and_duckdb(
    registry: Registry, postgresql: str, duck: str
) -> None:
    for uri in (postgresql, duck):
        lists = [each.replace("'{", "'[").replace("}'", "]'") for each in EVERY_TYPE]
        literal = [
            each.replace('\'["b"', '\'{"b"').replace("null]]'", "null]}'") for each in lists
        ]
        run(uri, *(literal if uri == duck else EVERY_TYPE))

    ours = [
        snapshot_query(registry, asking(uri, "SELECT * FROM typed", "*"))
        for uri in (postgresql, duck)
    ]

    tables = [source(registry, each.digest).table for each in ours]
    assert tables[0].columns == tables[1].columns
    assert tables[0].logical == tables[1].logical
    assert {c.name: c.type for c in tables[0].columns} | {"j": "string"} == {
        "b": "bool",
        **dict.fromkeys(("i2", "i4", "i8"), "int64"),
        "f4": "float32",
        "f8": "float64",
        "n": "decimal(10, 2)",
        "d": "date",
        **dict.fromkeys(("t", "v", "u", "j"), "string"),
        "tm": "time[us]",
        "ts": "timestamp[us]",
        "tz": "timestamp[us, UTC]",
        "a": "list<int64>",
        "w": "list<string>",
    }


def test_a_query_has_the_digest_of_the_frame_that_a_library_reads(
    registry: Registry, duck: str
) -> None:
    run(duck, "CREATE TABLE t AS SELECT range AS id, range / 3.0 AS part FROM range(1000)")

    info = snapshot_query(registry, asking(duck, "SELECT * FROM t"))

    with duckdb.connect(duck.partition("///")[2]) as connection:
        live = connection.sql("SELECT * FROM t ORDER BY id").to_arrow_table()
    assert info.logical == logical_digest(live) == snapshot_frame(registry, live).logical


def test_what_is_restored_has_the_digest_that_was_recorded(
    registry: Registry, postgresql: str, tmp_path: Any
) -> None:
    run(postgresql, *CUSTOMERS)
    info = snapshot_query(registry, asking(postgresql, "SELECT * FROM customers"), name="c")
    run(postgresql, "DROP TABLE customers")

    restore(registry, "c", tmp_path / "back")

    assert logical_digest(pq.read_table(tmp_path / "back")) == info.logical


def test_sums_without_a_scale_are_decimals_as_in_duckdb(
    registry: Registry, postgresql: str, duck: str
) -> None:
    for uri in (postgresql, duck):
        run(
            uri,
            "CREATE TABLE t (id INTEGER, paid NUMERIC(10, 2))",
            "INSERT INTO t VALUES (1, 0.10), (1, 2.05)",
        )

    sums = "SELECT id, sum(paid) AS paid FROM t GROUP BY id"
    found = [snapshot_query(registry, asking(uri, sums)) for uri in (postgresql, duck)]

    assert found[0].logical == found[1].logical


def test_enums_domains_bytes_and_unsigned_integers_are_read(
    registry: Registry, postgresql: str, duck: str
) -> None:
    run(
        postgresql,
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE DOMAIN age AS int",
        "CREATE TABLE t (id int, m mood, a age, b bytea, c char(4), j jsonb)",
        "INSERT INTO t VALUES (1, 'glad', 7, '\\xff00', 'ab', '{\"b\": 1, \"a\": 2}')",
    )
    run(
        duck,
        "CREATE TABLE t (id UTINYINT, m ENUM ('sad', 'glad'), a UINTEGER, b BLOB, c TEXT,"
        " j JSON)",
        "INSERT INTO t VALUES (1, 'glad', 7, '\\xFF\\x00'::BLOB, 'ab', '{\"a\":2,  \"b\":1}')",
    )

    found = [
        snapshot_query(registry, asking(uri, "SELECT * FROM t")) for uri in (postgresql, duck)
    ]

    assert found[0].logical == found[1].logical


def test_a_query_sees_one_moment_while_another_connection_writes(
    registry: Registry, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        postgresql,
        "CREATE TABLE accounts (id int PRIMARY KEY, owned int)",
        "INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 20000) AS i",
    )
    monkeypatch.setattr("cairn.data.databases.postgresql.BLOCK_BYTES", 1000)
    begun, batches = threading.Event(), vars(one_engine)["_batches"]

    def told(*given: Any) -> Any:
        for batch in batches(*given):
            if not begun.is_set():
                begun.set()
                writer.join()  # the whole table is rewritten after the first rows were read
            yield batch

    def rewrite() -> None:
        begun.wait()
        run(
            postgresql,
            "UPDATE accounts SET owned = owned + 1",
            "DELETE FROM accounts WHERE id > 15000",
        )

    monkeypatch.setattr("cairn.data.databases.postgresql._batches", told)
    writer = threading.Thread(target=rewrite)
    writer.start()

    info = snapshot_query(registry, asking(postgresql, "SELECT * FROM accounts"))

    whole = pa.table({"id": range(1, 20001), "owned": [100] * 20000})
    assert info.logical == logical_digest(whole)
    assert snapshot_query(registry, asking(postgresql, "SELECT * FROM accounts")).rows == 15000


def test_sqlite_too_sees_one_moment(
    registry: Registry, sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        sqlite,
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE t (id INTEGER)",
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 3000) SELECT i FROM n",
    )
    monkeypatch.setattr("cairn.data.databases.sqlite.ROWS", 1000)
    read = vars(other_engine)["_batches"]

    def told(*given: Any) -> Any:
        for batch in read(*given):
            run(sqlite, "UPDATE t SET id = id + 10000")
            yield batch

    monkeypatch.setattr("cairn.data.databases.sqlite._batches", told)

    info = snapshot_query(registry, asking(sqlite, "SELECT * FROM t"))

    assert info.logical == logical_digest(pa.table({"id": range(1, 3001)}))
    with closing(sqlite3.connect(sqlite.partition("///")[2])) as connection:
        assert connection.execute("SELECT min(id) FROM t").fetchone() == (30001,)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "duck"])
def test_any_order_is_the_same_however_rows_lie(
    registry: Registry, engine: str, request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue(engine)
    run(uri, "CREATE TABLE a (x TEXT, y INTEGER)", "CREATE TABLE b (x TEXT, y INTEGER)")
    run(uri, "INSERT INTO a VALUES ('b', 1), ('B', 2), (NULL, 3), ('b', 1), ('\u00e9', NULL)")
    run(uri, "INSERT INTO b VALUES ('\u00e9', NULL), ('b', 1), (NULL, 3), ('B', 2), ('b', 1)")

    found = [snapshot_query(registry, asking(uri, f"SELECT * FROM {t}", "*")) for t in "ab"]

    assert found[0].logical == found[1].logical
    assert found[0].rows == 5


@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "duck"])
def test_parameters_are_given_by_name_and_recorded(
    registry: Registry, engine: str, request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue(engine)
    run(uri, *CUSTOMERS)
    query = "SELECT id FROM customers /* :not */ WHERE id > :least AND ':no' <> name::text"
    query = query.replace("::text", "") if engine == "sqlite" else query

    info = snapshot_query(registry, asking(uri, query) + "&param.least=2")

    assert info.rows == 1
    assert source(registry, info.digest).parameters == {"least": 2}
    with pytest.raises(Invalid, match="needs a value for :least"):
        snapshot_query(registry, asking(uri, query))
    with pytest.raises(Invalid, match="no parameter :most"):
        snapshot_query(registry, asking(uri, query), parameters={"least": 1, "most": 2})


def test_no_credential_is_kept(registry: Registry, postgresql: str) -> None:
    run(postgresql, *CUSTOMERS)
    secret = postgresql.replace("postgres:@", "postgres:hunter2@")

    info = snapshot_query(registry, asking(secret, "SELECT * FROM customers"))

    assert info.origin.startswith("postgresql:///d")
    stored = [
        path.read_bytes() for path in registry.settings.store.rglob("*") if path.is_file()
    ]
    assert stored
    assert not any(b"hunter2" in content for content in stored)


def test_memory_does_not_grow_with_the_rows(registry: Registry) -> None:
    sizes: list[int] = []
    for rows in (200_000, 1_600_000):
        pa.default_memory_pool().release_unused()
        question = asking(
            "duckdb://", f"SELECT range AS id, repeat('x', 100) AS t FROM range({rows})", "id"
        )
        before = pa.total_allocated_bytes()
        snapshot_query(registry, question)
        sizes.append(pa.default_memory_pool().max_memory() - before)

    assert sizes[1] < 250 * 2**20
