"""Whatever is given finds who can read it."""

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cairn
from cairn.core.errors import Invalid
from cairn.core.snapshot import Sampling, Snapshot
from cairn.core.table import Profile
from cairn.data.frames import logical_digest
from cairn.engine.store import create
from cairn.registry import Registry
from projects.desk import Desk
from sources.asked import asking, run

ROWS = {"id": [1, 2, 3], "name": ["ada", None, "bo"]}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cairn.toml").write_text("")
    create(tmp_path / ".cairn")
    return cairn.open(tmp_path)


def test_equal_frames_are_one_snapshot_whichever_library_holds_them(
    registry: Registry,
) -> None:
    found = {
        registry.snapshot(frame, name="people").digest
        for frame in (pa.table(ROWS), pl.DataFrame(ROWS), pd.DataFrame(ROWS))
    }

    assert len(found) == 1
    assert registry.find_snapshot("people").logical == logical_digest(pa.table(ROWS))


def test_a_frame_in_any_order_is_sorted_first(registry: Registry) -> None:
    there, back = pa.table(ROWS), pa.table(ROWS).take([2, 0, 1])

    assert (
        registry.snapshot(there, order_by="*").digest
        == registry.snapshot(back, order_by="*").digest
    )
    assert registry.snapshot(there).digest != registry.snapshot(back).digest


def test_a_run_uses_frames_addresses_and_paths(registry: Registry, tmp_path: Path) -> None:
    run(
        f"sqlite:///{tmp_path}/shop.db",
        "CREATE TABLE t (id INTEGER)",
        "INSERT INTO t VALUES (7)",
    )
    Path("plain.csv").write_text("a\n1\n")

    with cairn.run("churn") as training:
        frame = training.use(pd.DataFrame(ROWS))
        place = training.use(
            asking(f"sqlite:///{tmp_path}/shop.db", "SELECT * FROM t"), role="test"
        )
        read = pq.read_table(place)
        assert training.use("plain.csv") == Path("plain.csv")

    assert read.to_pylist() == [{"id": 7}]
    assert frame["id"].tolist() == [1, 2, 3]
    kinds = {info.kind for info in registry.snapshots()}
    assert kinds >= {"files", "table", "query"}


def test_the_tables_among_files_are_described(registry: Registry) -> None:
    table = pa.table({"id": [1, 2, 3], "x": [0.5, None, 2.5]})
    pq.write_table(table, "a.parquet")
    pq.write_table(table, "b.parquet", row_group_size=1)
    Path("c.csv").write_text("id,x\n1,0.5\n2,\n3,2.5\n")

    found = [registry.snapshot(name) for name in ("a.parquet", "b.parquet", "c.csv")]

    assert {info.logical for info in found} == {logical_digest(table)}
    assert len({info.digest for info in found}) == 3
    profile = registry.objects.get_record(str(found[0].profile), Profile)
    (described,) = profile.tables
    assert described.path == "a.parquet"
    assert [(c.name, c.type, c.nulls) for c in described.facts.columns] == [
        ("id", "int64", 0),
        ("x", "float64", 1),
    ]
    assert described.columns[1].mean == 1.5
    assert (described.columns[0].low, described.columns[0].high) == ("1", "3")


@pytest.mark.parametrize("content", [b"id\n1\n2,3\n", b"id\ncaf\xe9\n", b""])
def test_a_file_that_is_no_table_is_frozen_without_a_description(
    registry: Registry, content: bytes
) -> None:
    Path("odd.csv").write_bytes(content)

    assert registry.snapshot("odd.csv").profile is None


def test_how_rows_were_chosen_is_part_of_a_snapshot(registry: Registry) -> None:
    chosen = Sampling(method="random", fraction=0.1, seed="7", filter="country = 'DE'")

    info = registry.snapshot(pa.table(ROWS), sampling=chosen)

    assert registry.objects.get_record(info.digest, Snapshot).sampling == chosen
    assert registry.snapshot(pa.table(ROWS)).digest != info.digest
    with pytest.raises(Invalid, match="fraction"):
        registry.snapshot(pa.table(ROWS), sampling=Sampling(method="random", fraction=3))


def test_what_a_kind_of_data_does_not_take_is_refused(registry: Registry) -> None:
    Path("a.csv").write_text("id\n1\n")
    for data, wish in (
        ("a.csv", {"mode": "pin"}),
        ("a.csv", {"order_by": "id"}),
        (pa.table(ROWS), {"order_by": "id"}),
        (pa.table(ROWS), {"parameters": {"x": 1}}),
        ("delta://t@1", {"order_by": "id"}),
        (7, {}),
    ):
        with pytest.raises(Invalid):
            registry.snapshot(data, **wish)  # pyright: ignore[reportArgumentType] (any wish)


@pytest.mark.costly("ten thousand columns")
def test_many_columns_are_a_table_too(registry: Registry) -> None:
    info = registry.snapshot(pa.table({f"c{at}": [at] for at in range(10_000)}))

    assert info.rows == 1


def test_100_rows_more_store_less_than_half_anew(registry: Registry) -> None:
    with duckdb.connect() as connection:
        table = connection.sql(
            "SELECT range AS id, (range * 7919) % 1000003 / 3.0 AS v,"
            " 'user_' || (range % 5000) AS name,"
            " TIMESTAMP '2025-01-01' + INTERVAL (range) second AS at FROM range(580000)"
        ).to_arrow_table()
    pq.write_table(table, "plain.parquet", compression="zstd")
    assert Path("plain.parquet").stat().st_size > 4_000_000
    grown = {
        "in front": pa.concat_tables([table.slice(0, 100), table]),
        "within": pa.concat_tables(
            [table.slice(0, 290_000), table.slice(0, 100), table.slice(290_000)]
        ),
        "behind": pa.concat_tables([table, table.slice(0, 100)]),
    }
    first = registry.snapshot(table)
    before = set(registry.objects.digests())

    for where, more in grown.items():
        info = registry.snapshot(more)
        now = set(registry.objects.digests())
        fresh = sum(registry.objects.check(digest) for digest in now - before)
        assert fresh < first.size_bytes / 2, where
        assert info.rows == 580_100
        before = now


def test_a_query_from_the_command_line(desk: Desk, tmp_path: Path) -> None:
    run(
        f"sqlite:///{tmp_path}/shop.db",
        "CREATE TABLE t (id INTEGER, d TEXT)",
        "INSERT INTO t VALUES (1, 'x'), (2, 'y')",
    )
    (tmp_path / "q.sql").write_text("SELECT * FROM t WHERE d >= :since")

    shop = ("--source", f"sqlite:///{tmp_path}/shop.db", "--query", str(tmp_path / "q.sql"))
    given = ("--order-by", "id", "--param", "since=y", "--name", "late", "--sampling", "all")

    added = desk.json("snapshot", "add", *shop, *given)

    assert (added["rows"], added["kind"]) == (1, "query")
    desk.fails("snapshot", "add", *shop, code=3, says="needs an order")
    desk.fails(
        "snapshot", "add", *shop, "--any-order", code=3, says="needs a value for :since"
    )
    desk.fails("snapshot", "add", *shop, *given, "--any-order", code=3, says="not both")
    desk.fails("snapshot", "add", *shop, "--param", "x", code=3, says="NAME=VALUE")
    desk.fails("snapshot", "add", "a", *shop, code=3, says="say what to freeze once")
    desk.fails("snapshot", "add", "a", "--fraction", "1", code=3, says="--sampling METHOD")
