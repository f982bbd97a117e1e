"""A person's row goes from every kind of file that a library can write again, byte by byte."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyarrow import feather, orc
from pyiceberg.catalog.sql import SqlCatalog

from cairn.data.person.erase import erase_person
from cairn.data.person.find import find_person
from cairn.data.source import snapshot
from cairn.registry import Registry
from projects.workshop import open_workshop

NAMES = [f"c{number:05d}" for number in range(100)]
WHO = "c00077"
ROW = f"customer={WHO}"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return open_workshop(tmp_path / "project")


def holders(registry: Registry) -> Iterator[str]:
    """Name the objects with the value in their bytes."""
    for digest in registry.objects.digests():
        if WHO.encode() in registry.objects.get(digest):
            yield digest


def sqlite(place: Path, *, log: bool = False) -> None:
    """Write people to a database: with row ids and without, with an index and free pages."""
    base = sqlite3.connect(place)
    base.execute(f"PRAGMA journal_mode = {'wal' if log else 'delete'}")
    base.execute("CREATE TABLE p (customer TEXT, age REAL, rowid TEXT)")
    key = "PRIMARY KEY (customer, n)"
    base.execute(f"CREATE TABLE q (n INTEGER, customer TEXT, {key}) WITHOUT ROWID")
    base.execute("CREATE INDEX i ON p (customer)")
    base.executemany("INSERT INTO p VALUES (?, 1.5, 'x')", [(name,) for name in NAMES])
    base.executemany("INSERT INTO q VALUES (1, ?), (2, ?)", [(name, name) for name in NAMES])
    base.execute("PRAGMA secure_delete = OFF")
    base.execute("CREATE TABLE earlier AS SELECT customer FROM p")
    base.execute("DROP TABLE earlier")
    base.commit()
    kept = {each: each.read_bytes() for each in place.parent.glob(place.name + "*")}
    base.close()
    for each, content in kept.items() if log else ():
        each.write_bytes(content)  # as a service leaves it that was killed


def laid_out(kind: str, place: Path) -> str:
    """Write people in some kind of file; returns what to freeze."""
    table = pa.table({"customer": NAMES, "age": range(100)})
    match kind:
        case "sqlite" | "sqlite with a log":
            sqlite(place, log=kind != "sqlite")
        case "duckdb":
            with duckdb.connect(place) as base:
                base.register("people", table)
                base.execute("CREATE TABLE p AS FROM people")
        case "orc":
            orc.write_table(table, place)
        case "feather":
            feather.write_feather(table, str(place))
        case "delta":
            write_deltalake(place, table.slice(0, 50))
            write_deltalake(place, table.slice(50), mode="append")
            return f"delta://{place}"
        case "delta by person":
            write_deltalake(place, table, partition_by=["customer"])
            return f"delta://{place}"
        case _:
            catalog = SqlCatalog("x", uri="sqlite://", warehouse=f"file://{place}")
            catalog.create_namespace("n")
            made = catalog.create_table("n.t", table.schema)
            made.append(table)
            catalog.engine.dispose()
            return f"iceberg://{made.metadata_location.removeprefix('file://')}"
    return str(place)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("sqlite", 3),
        ("sqlite with a log", 3),
        ("duckdb", 1),
        ("orc", 1),
        ("feather", 1),
        ("delta", 1),
        ("iceberg", 1),
    ],
)
def test_a_row_goes_from_each_kind_of_file_that_can_be_written_again(
    registry: Registry, tmp_path: Path, kind: str, rows: int
) -> None:
    place = tmp_path / "project" / ("t.db" if "sqlite" in kind else "t")
    if kind == "sqlite with a log":
        (tmp_path / "logged").mkdir()
        place = tmp_path / "logged" / "t.db"
    source = laid_out(kind, place)
    registry.snapshot(place.parent if "log" in kind else source, name="t")
    there = find_person(registry, ROW)

    done = erase_person(registry, ROW, reason="asked for it")

    assert sum(each.rows for each in there.places) == rows
    assert {each.fate for each in done.places} == {"rewritten"}
    assert list(holders(registry)) == []
    assert find_person(registry, ROW).places == ()
    assert sum(each.rows for each in find_person(registry, "customer=c00078").places) == rows


def test_a_person_by_whom_a_lake_is_partitioned_goes_and_the_path_is_named(
    registry: Registry, tmp_path: Path
) -> None:
    registry.snapshot(laid_out("delta by person", tmp_path / "project" / "t"), name="t")

    done = erase_person(registry, ROW, reason="asked for it")

    assert [(place.rows, place.fate) for place in done.places] == [(1, "rewritten")]
    assert ["customer=c00077/" in path for path in done.paths] == [True]
    assert not done.is_whole
    assert registry.find_snapshot("t").rows == 99


def test_what_more_than_a_row_would_change_in_is_named_and_stays(
    registry: Registry, tmp_path: Path
) -> None:
    sqlite(tmp_path / "t.db")
    with closing(sqlite3.connect(tmp_path / "t.db")) as base:
        base.execute("CREATE TRIGGER told AFTER DELETE ON p BEGIN DELETE FROM q; END")
    registry.snapshot(tmp_path / "t.db", name="t")

    done = erase_person(registry, ROW, reason="asked for it")

    (place,) = done.places
    assert (place.fate, place.rows) == ("stays", 3)
    assert "has a trigger (told)" in place.why
    assert not done.is_whole
    assert not done.objects


def test_a_pin_of_the_same_files_keeps_none_of_them(
    registry: Registry, tmp_path: Path
) -> None:
    address = laid_out("delta", tmp_path / "project" / "t")
    registry.snapshot(address, name="copy")
    snapshot(registry, address, name="pin", mode="pin")

    done = erase_person(registry, ROW, reason="asked for it")

    assert {place.what: place.fate for place in done.places} == {
        "snap:copy": "rewritten",
        "snap:pin": "stays",
    }
    assert list(holders(registry)) == []
    assert done.unsearched == {}
