"""Databases and questions that cannot be frozen: one sentence each, and what to do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pytest

from cairn.core.errors import CairnError, Forbidden, Invalid, NotFound, Refused, Unavailable
from cairn.data.databases.take import snapshot_query
from cairn.registry import Registry
from sources.asked import asking, run

ENGINES = ["postgresql", "sqlite", "duck"]


@pytest.fixture(params=ENGINES)
def uri(request: pytest.FixtureRequest) -> str:
    """An engine with a small table."""
    found = str(request.getfixturevalue(request.param))
    run(
        found,
        "CREATE TABLE t (id INTEGER, x DOUBLE PRECISION)",
        "INSERT INTO t VALUES (1, 1), (1, 2), (2, NULL)",
    )
    return found


@pytest.fixture
def refused(registry: Registry) -> Callable[..., CairnError]:
    """Ask, and return the one sentence that comes back; nothing may have been recorded."""

    def ask(question: str, kind: type[CairnError] = Invalid, **options: object) -> CairnError:
        with pytest.raises(kind) as caught:
            snapshot_query(registry, question, **options)  # pyright: ignore[reportArgumentType] (any)
        assert "\n" not in str(caught.value)
        assert type(caught.value) is kind
        assert not registry.snapshots()
        return caught.value

    return ask


def test_no_such_table(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "nope" in str(refused(asking(uri, "SELECT * FROM nope"), NotFound))


def test_no_such_column(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "nope" in str(refused(asking(uri, "SELECT nope FROM t WHERE nope = 1")))
    assert "no column 'day' to order by; it has id, x" in str(
        refused(asking(uri, "SELECT * FROM t", "day"))
    )


def test_what_is_no_query(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "syntax error" in str(refused(asking(uri, "SELEC * FROM t")))


def test_a_query_that_writes(uri: str, refused: Callable[..., CairnError]) -> None:
    refused(asking(uri, "DELETE FROM t"), Invalid)
    refused(
        asking(uri, "SELECT * FROM t) AS x; DELETE FROM t; SELECT * FROM (SELECT 1"), Invalid
    )


def test_a_function_that_writes_is_refused(
    postgresql: str, refused: Callable[..., CairnError]
) -> None:
    run(postgresql, "CREATE SEQUENCE s")

    assert "would change" in str(
        refused(asking(postgresql, "SELECT nextval('s') AS id"), Refused)
    )


def test_an_empty_result(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "no rows" in str(refused(asking(uri, "SELECT * FROM t WHERE id > 5")))


def test_duplicate_keys(uri: str, refused: Callable[..., CairnError]) -> None:
    message = str(refused(asking(uri, "SELECT * FROM t")))

    assert "rows 1 and 2 are alike in what they are ordered by (id = 1)" in message


def test_missing_keys(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "row 1 has no value in 'x'" in str(refused(asking(uri, "SELECT * FROM t", "x")))


@pytest.mark.parametrize("engine", ["postgresql", "duck"])
def test_a_key_that_is_no_number(
    engine: str, refused: Callable[..., CairnError], request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue(engine)
    run(uri, "CREATE TABLE t (id REAL)", "INSERT INTO t VALUES (1), ('NaN')")

    assert "row 2 has no value in 'id' (or NaN)" in str(
        refused(asking(uri, "SELECT * FROM t"))
    )


def test_no_order(uri: str, refused: Callable[..., CairnError]) -> None:
    question = asking(uri, "SELECT * FROM t").replace("&order_by=id", "")

    assert "--order-by" in str(refused(question))


def test_no_query(uri: str, refused: Callable[..., CairnError]) -> None:
    assert "no query is given; write --query SQL, or" in str(refused(uri))


@pytest.mark.parametrize("engine", ["postgresql", "duck"])
@pytest.mark.parametrize("value", ["DATE 'infinity'", "TIMESTAMP '-infinity'"])
def test_infinite_dates(
    engine: str, value: str, refused: Callable[..., CairnError], request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue(engine)
    run(uri, "CREATE TABLE t (id INTEGER)")

    assert "column 'at' holds" in str(refused(asking(uri, f"SELECT 1 AS id, {value} AS at")))


@pytest.mark.parametrize("engine", ["postgresql", "duck"])
def test_a_type_without_a_place(
    engine: str, refused: Callable[..., CairnError], request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue(engine)
    run(uri, "CREATE TABLE t (id INTEGER)")
    message = str(refused(asking(uri, "SELECT 1 AS id, INTERVAL '1 day' AS age")))

    assert "column 'age': values of type" in message
    assert '"age"::' in message


def test_numbers_that_are_none_in_a_decimal(
    postgresql: str, refused: Callable[..., CairnError]
) -> None:
    question = asking(postgresql, "SELECT 1 AS id, 'NaN'::numeric(5, 2) AS n")

    assert "column 'n' holds 'NaN', which decimal128(5, 2) has no place for" in str(
        refused(question)
    )
    wide = asking(postgresql, "SELECT 1 AS id, 1::numeric(60, 2) AS n")
    assert "more than 38 digits" in str(refused(wide))


def test_mixed_kinds_in_a_column_of_sqlite(
    sqlite: str, refused: Callable[..., CairnError]
) -> None:
    run(sqlite, "CREATE TABLE t (id INTEGER, x)", "INSERT INTO t VALUES (1, 1), (2, 'two')")

    assert "column 'x' holds integer and text values" in str(
        refused(asking(sqlite, "SELECT * FROM t"))
    )


def test_mixed_encodings_in_sqlite(sqlite: str, refused: Callable[..., CairnError]) -> None:
    run(
        sqlite,
        "CREATE TABLE t (id INTEGER, x TEXT)",
        "INSERT INTO t VALUES (1, CAST(x'e9' AS TEXT))",
    )

    assert "encodings are mixed" in str(refused(asking(sqlite, "SELECT * FROM t")))


def test_two_columns_of_one_name(postgresql: str, refused: Callable[..., CairnError]) -> None:
    assert "two columns 'id'" in str(refused(asking(postgresql, "SELECT 1 AS id, 2 AS id")))


def test_a_file_that_is_not_there_or_no_database(
    tmp_path: Path, refused: Callable[..., CairnError]
) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    for scheme in ("sqlite", "duckdb"):
        refused(asking(f"{scheme}:///{tmp_path / 'gone'}", "SELECT 1 AS id"), NotFound)
        refused(asking(f"{scheme}:///{tmp_path / 'text'}", "SELECT 1 AS id"), Invalid)
        refused(asking(f"{scheme}://host/shop", "SELECT 1 AS id"), Invalid)


def test_a_file_that_somebody_is_writing(
    sqlite: str, duck: str, refused: Callable[..., CairnError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.data.databases.sqlite.PATIENCE_SECONDS", 0.05)
    run(sqlite, "CREATE TABLE t (id INTEGER)")
    with closing(sqlite3.connect(sqlite.partition("///")[2])) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert "writer" in str(refused(asking(sqlite, "SELECT * FROM t"), Unavailable))
    with duckdb.connect(duck.partition("///")[2]):
        assert "open for writing" in str(refused(asking(duck, "SELECT 1 AS id"), Unavailable))


def test_no_permission(postgresql: str, refused: Callable[..., CairnError]) -> None:
    run(
        postgresql,
        "CREATE TABLE t (id int)",
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN",
    )
    guest = postgresql.replace("postgres:@", "guest:@")

    assert "permission denied" in str(refused(asking(guest, "SELECT * FROM t"), Forbidden))


def test_nobody_answers(refused: Callable[..., CairnError]) -> None:
    message = str(
        refused(
            asking("postgresql://postgres@127.0.0.1:1/shop", "SELECT 1 AS id"), Unavailable
        )
    )

    assert message.startswith("postgresql://127.0.0.1:1/shop does not answer")


def test_no_such_database_and_no_such_user(
    server: str, refused: Callable[..., CairnError]
) -> None:
    refused(asking(server.replace("/postgres?", "/nope?"), "SELECT 1 AS id"), NotFound)
    refused(asking(server.replace("postgres:@", "nobody:@"), "SELECT 1 AS id"), Forbidden)


def test_a_query_that_fails_half_way(
    postgresql: str, refused: Callable[..., CairnError]
) -> None:
    query = "SELECT i AS id, 1 / (90000 - i) AS x FROM generate_series(1, 100000) AS i"

    assert "division by zero" in str(refused(asking(postgresql, query)))


def test_a_secret_in_the_query(uri: str, refused: Callable[..., CairnError]) -> None:
    for secret in ("postgresql://me:hunter2@host/db", "host=h password=hunter2"):
        caught = refused(asking(uri, f"SELECT * FROM f('{secret}')"), Refused)
        assert "hunter2" not in str(caught)


def test_a_wrong_password(postgresql: str, refused: Callable[..., CairnError]) -> None:
    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(
            'connection failed: FATAL:  password authentication failed for user "ada"'
        )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg, "connect", fail)
        message = str(refused(asking(postgresql, "SELECT 1 AS id"), Forbidden))

    assert "set PGPASSWORD or write the password to ~/.pgpass" in message
