"""Transactions: who waits for whom, and what a thread sees."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cairn.sql.database import Database, Transaction
from cairn.sql.pool import Pool
from cairn.sql.sqlite import Connection

PATIENCE_SECONDS = 20


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "cairn.db")
    yield opened
    opened.close()


def models(tx: Transaction) -> list[str]:
    return [row.model for row in tx.all("policy_models")]


def read(database: Database) -> list[str]:
    with database.reading() as tx:
        return models(tx)


def bind(tx: Transaction, model: str) -> None:
    tx.run("policy_add", seq=1, model=model, label="production", digest="sha256:0")


def test_readers_wait_neither_for_readers_nor_for_a_writer(database: Database) -> None:
    with ThreadPoolExecutor(1) as other, database.reading(), database.reading():
        assert other.submit(read, database).result(PATIENCE_SECONDS) == []

    with ThreadPoolExecutor(1) as other, database.writing() as tx:
        bind(tx, "a/churn")
        assert other.submit(read, database).result(PATIENCE_SECONDS) == []
        assert models(tx) == ["a/churn"]

    assert read(database) == ["a/churn"]


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database) -> None:
    def write() -> None:
        with database.writing() as tx:
            bind(tx, "a/churn")

    with ThreadPoolExecutor(1) as other, database.reading() as tx:
        assert models(tx) == []
        other.submit(write).result(PATIENCE_SECONDS)
        assert models(tx) == []

    assert read(database) == ["a/churn"]


def test_what_reads_within_a_change_sees_the_change(database: Database) -> None:
    with database.writing() as tx:
        assert models(tx) == []
        bind(tx, "a/churn")
        assert models(tx) == read(database) == ["a/churn"]


def test_a_change_that_fails_leaves_nothing_and_the_next_one_goes_on(
    database: Database,
) -> None:
    def fail() -> None:
        with database.writing() as tx:
            bind(tx, "a/churn")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert read(database) == []
    with database.writing() as tx:
        bind(tx, "a/fraud")
    assert read(database) == ["a/fraud"]


def test_writers_of_one_process_queue(database: Database) -> None:
    def advance(_: int) -> int:
        with database.writing() as tx:
            tx.run("ledger_advance")
            head = tx.one("ledger_head")
            return head.entries if head else -1

    with ThreadPoolExecutor(8) as many:
        assert sorted(many.map(advance, range(40))) == [*range(1, 41)]


def test_a_connection_is_lent_again_and_a_second_one_only_at_the_same_time() -> None:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(Connection(None))
        return opened[-1]

    pool = Pool(connect, 2)
    for _ in range(3):
        with pool.session():
            pass
    with pool.session(), ThreadPoolExecutor(1) as other:
        other.submit(lambda: pool.session().__enter__()).result(PATIENCE_SECONDS)

    assert len(opened) == 2
    pool.close()
