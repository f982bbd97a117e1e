"""Who has this row? Every kind of file and every type of column is asked for what it has."""

import bz2
import gzip
import lzma
import pickle
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from pyarrow import feather, orc

from cairn.core.errors import Invalid
from cairn.data.lakes.delta import snapshot_delta
from cairn.data.row_holders import Search, find_row
from cairn.registry import Registry
from projects.store import add_snapshot

PEOPLE = pd.DataFrame({"customer": ["c1-77", "c2", "c3"], "v": [1, 2, 3]})
ARROW = pa.Table.from_pandas(PEOPLE, preserve_index=False)


def frozen(registry: Registry, name: str, content: bytes, *, called: str = "it") -> None:
    folder = registry.settings.folder / called
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    add_snapshot(registry, folder, name=called)


def rows(found: Search) -> dict[str, int]:
    return {path: count for holding in found.holding for path, count in holding.files.items()}


def ipc(*, stream: bool = False) -> bytes:
    sink = pa.BufferOutputStream()
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(sink, ARROW.schema) as writer:
        writer.write_table(ARROW)
    return sink.getvalue().to_pybytes()


def written(write: Callable[[Any], object]) -> bytes:
    sink = pa.BufferOutputStream()
    write(sink)
    return sink.getvalue().to_pybytes()


def database(tmp_path: Path) -> bytes:
    connection = sqlite3.connect(tmp_path / "it.db")
    PEOPLE.to_sql("people", connection, index=False)
    connection.close()
    return (tmp_path / "it.db").read_bytes()


def duck(tmp_path: Path) -> bytes:
    with duckdb.connect(tmp_path / "it.duckdb") as connection:
        connection.register("people", ARROW)
        connection.execute('CREATE TABLE "odd ""name" AS FROM people')
    return (tmp_path / "it.duckdb").read_bytes()


CSV = PEOPLE.to_csv(index=False).encode()
LINES = PEOPLE.to_json(orient="records", lines=True).encode()
FILES: Mapping[str, Callable[[Path], bytes]] = {
    "t.csv": lambda _: CSV,
    "t.tsv": lambda _: PEOPLE.to_csv(index=False, sep="\t").encode(),
    "t.csv.gz": lambda _: gzip.compress(CSV),
    "t.csv.bz2": lambda _: bz2.compress(CSV),
    "t.csv.xz": lambda _: lzma.compress(CSV),
    "t.csv.zst": lambda _: bytes(pa.compress(CSV, "zstd")),
    "t.jsonl": lambda _: LINES,
    "t.jsonl.gz": lambda _: gzip.compress(LINES),
    "t.ndjson": lambda _: LINES,
    "t.json": lambda _: PEOPLE.to_json(orient="records").encode(),
    "columns.json": lambda _: PEOPLE.to_json().encode(),
    "t.parquet": lambda _: written(lambda sink: pq.write_table(ARROW, sink)),
    "no_suffix": lambda _: written(lambda sink: pq.write_table(ARROW, sink)),
    "t.arrow": lambda _: ipc(),
    "t.arrows": lambda _: ipc(stream=True),
    "t.feather": lambda _: written(partial(feather.write_feather, ARROW)),
    "t.orc": lambda _: written(partial(orc.write_table, ARROW)),
    "t.db": database,
    "t.duckdb": duck,
    "t.txt": lambda _: b"customer v\nc1-77 1\nc2 2\n",
    "customer=c1-77/part.parquet": lambda _: written(
        lambda sink: pq.write_table(ARROW.select(["v"]).slice(0, 1), sink)
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_value_is_found_in_every_kind_of_file(
    registry: Registry, tmp_path: Path, name: str
) -> None:
    frozen(registry, name, FILES[name](tmp_path))

    found = find_row(registry, "customer=c1-77")

    assert rows(found) == {name: 1}
    assert found.unsearched == {}
    assert find_row(registry, "customer=c1-7") == Search(
        looked_for="customer = c1-7",
        snapshots=1,
        holding=(),
        column_seen=name != "t.txt",
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("m.pkl", pickle.dumps(PEOPLE.to_dict()), r"m\.pkl is a pickle, which is not opened"),
        ("t.feather", b"FEA1 and more", r"t\.feather is of Feather's first version"),
        ("t.avro", b"Obj\x01 and more", r"t\.avro is Avro, which is not read"),
        ("t.xlsx", b"PK\3\4", r"t\.xlsx is a spreadsheet"),
        ("t.zip", b"PK\3\4", r"t\.zip is an archive"),
        ("t.html", b"<td>c1-77</td>", "is markup, which spells texts its own way"),
        (
            "t.png",
            b"\x89PNG\r\n\x1a\n\0",
            "is neither a table that is known nor text in UTF-8",
        ),
        ("t.parquet", b"PAR1 nothing PAR1", "is not a whole Parquet file"),
        ("t.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "cannot be unpacked"),
        ("t.csv", b"a;b\n1;2\n", "seems to be separated by ';'"),
        ("t.csv", b"a,a\n1,2\n", "has two columns 'a'"),
        ("t.jsonl", b'{"customer": 1}\n{"cust', "line 2 cannot be read as JSON"),
        ("t.json", b"[" * 100_000, "cannot be read as JSON"),
        ("t.db", b"SQLite format 3\0" + bytes(200), "cannot be opened by SQLite"),
        ("t.duckdb", bytes(8) + b"DUCK" + bytes(200), "cannot be opened by DuckDB"),
        ("t.arrow", b"ARROW1\0\0 and no more", "is not a whole file of its kind"),
        ("t.orc", b"ORC and no more", "is not a whole file of its kind"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_cannot_be_looked_into_is_said_and_the_rest_is_searched(
    registry: Registry, name: str, content: bytes, reason: str
) -> None:
    frozen(registry, "a.csv", CSV)
    frozen(registry, name, content)

    found = find_row(registry, "customer=c1-77")

    assert rows(found) == {"a.csv": 1}
    assert list(found.unsearched) == ["snap:it"]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(found.unsearched["snap:it"])


def column(values: list[Any], kind: Any, *spelled: str) -> tuple[Any, Any]:
    return pa.array(values, kind), spelled


NOON = datetime.fromisoformat("2026-03-01T12:00:00.500000")
ID = UUID("12345678-1234-5678-1234-567812345678")
TYPES: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "text": column(["7", "NA", None], pa.string(), "NA"),
    "large text": column(["null", "b"], pa.large_string(), "null"),
    "text view": column(["a" * 20, "b"], pa.string_view(), "a" * 20),
    "text with spaces": column([" a ", "b"], pa.string(), " a "),
    "text in codes": (pa.array(["a", "b"]).dictionary_encode(), ("a",)),
    "runs": (pa.RunEndEncodedArray.from_arrays([2, 3], pa.array(["a", "b"])), ("b",)),
    "true or false": column([True, None], pa.bool_(), "true", "True", "1"),
    "narrow integer": column([-7, 8], pa.int8(), "-7", "-7.0"),
    "wide integer": column([2**63 - 1, 1], pa.int64(), str(2**63 - 1)),
    "no sign": column([2**64 - 1, 1], pa.uint64(), str(2**64 - 1)),
    "float": column([0.1, 7.0], pa.float64(), "0.1", "1e-1"),
    "whole float": column([7.0, 0.5], pa.float64(), "7", "7.00"),
    "narrow float": column([0.1, 0.5], pa.float32(), "0.1"),
    "half": column([np.float16(1.5), np.float16(2)], pa.float16(), "1.5"),
    "not a number": column([float("nan"), 1.0], pa.float64(), "nan", "NaN"),
    "infinite": column([float("inf"), 1.0], pa.float64(), "inf"),
    "decimal": column(
        [Decimal("7.00"), Decimal("12.50")], pa.decimal128(10, 2), "7.00", "7", "7.0"
    ),
    "wide decimal": column(
        [Decimal(10) ** 40, Decimal(1)], pa.decimal256(50, 0), "1" + "0" * 40
    ),
    "day": column([date(2026, 3, 1), None], pa.date32(), "2026-03-01"),
    "moment": column(
        [NOON, None], pa.timestamp("us"), "2026-03-01 12:00:00.5", "2026-03-01T12:00:00.500Z"
    ),
    "whole moment": column([1_772_323_200, None], pa.timestamp("s"), "2026-03-01"),
    "nanoseconds": column([1, 2], pa.timestamp("ns"), "1970-01-01T00:00:00.000000001"),
    "moment of a zone": column(
        [NOON, None],
        pa.timestamp("us", "Europe/Berlin"),
        *("2026-03-01 12:00:00.5Z", "2026-03-01 12:00:00.5", "2026-03-01T13:00:00.5+01:00"),
        "2026-03-01 13:00:00.5",
    ),
    "time": column([time(12, 30), None], pa.time64("us"), "12:30", "12:30:00"),
    "time in seconds": column([time(12, 30, 5), None], pa.time32("s"), "12:30:05"),
    "duration": column([timedelta(seconds=90), None], pa.duration("s"), "90"),
    "bytes": column([b"\x01\xff", b"ab"], pa.binary(), "01ff"),
    "bytes that are text": column([b"ab", b"\x00"], pa.large_binary(), "ab"),
    "bytes of one length": column([b"abcd", b"efgh"], pa.binary(4), "abcd"),
    "name of 16 bytes": column([ID.bytes, bytes(16)], pa.uuid(), str(ID), ID.hex),
    "list": column([["a", "b"], None], pa.list_(pa.string()), "b"),
    "list of numbers": column([[Decimal("1.50")]], pa.list_(pa.decimal128(5, 2)), "1.5"),
    "struct": column(
        [{"x": {"y": 5}}, None], pa.struct([("x", pa.struct([("y", pa.int8())]))]), "5"
    ),
    "map": column([[("k", "v")], None], pa.map_(pa.string(), pa.string()), "k", "v"),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_value_is_found_in_every_type_of_column(registry: Registry, name: str) -> None:
    array, spelled = TYPES[name]
    table = pa.table({name: array, "beside": [0] * len(array)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    frozen(registry, "t.arrow", sink.getvalue().to_pybytes())

    found = [find_row(registry, f"{name}={each}") for each in spelled]

    assert [rows(each) for each in found] == [{"t.arrow": 1}] * len(spelled)
    assert rows(find_row(registry, f"{name}=certainly nothing")) == {}


def test_a_column_whose_values_cannot_be_compared_is_said(registry: Registry) -> None:
    array = pa.array([pa.MonthDayNano([1, 2, 3])], pa.month_day_nano_interval())
    sink = pa.BufferOutputStream()
    table = pa.table({"span": array})
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    frozen(registry, "t.arrow", sink.getvalue().to_pybytes())

    found = find_row(registry, "span=1")

    assert (
        "column 'span': values of type month_day_nano_interval" in found.unsearched["snap:it"]
    )


@pytest.mark.parametrize(
    ("text", "asked", "count"),
    [
        ("country,x\nNA,1\nDE,2\n", "country=NA", 1),
        ("surname,x\nnull,1\nMeyer,2\n", "surname=null", 1),
        ("zip,x\n01067,1\n1067,2\n", "zip=1067", 1),
        ("zip,x\n01067,1\n1067,2\n", "zip=01067", 1),
        ("x\n7.00\n7\nNA\n", "x=7", 2),
        ("x\n7\nNA\n", "x=NA", 1),
        ("x\nNaN\n1\n", "x=nan", 1),
        ("x\nTrue\nfalse\n", "x=true", 1),
        ("x\n1e3\n5\n", "x=1000", 1),
        ("a=b,c\n1,2\n", "a=b=1", 1),
        ("a,c\nb=1,2\n", "a=b=1", 1),
        ("a,c\n 5 ,2\n", "a= 5 ", 1),
        ("a,b\n5,5\n5,6\n", "5", 2),
        ("id,v\n7,1\n8,7\n", "7", 2),
    ],
)
def test_cells_of_text_files_are_what_was_written(
    registry: Registry, text: str, asked: str, count: int
) -> None:
    frozen(registry, "t.csv", text.encode())

    assert sum(rows(find_row(registry, asked)).values()) == count


def test_columns_of_one_name_and_names_with_dots_are_all_searched(registry: Registry) -> None:
    table = pa.table([["a"], ["b"], ["c"]], names=["x", "x", "x.y"])
    frozen(registry, "t.parquet", written(lambda sink: pq.write_table(table, sink)))

    assert [rows(find_row(registry, f"x={each}")) for each in "ab"] == [{"t.parquet": 1}] * 2
    assert rows(find_row(registry, "x.y=c")) == {"t.parquet": 1}


def test_rows_in_the_log_of_a_database_are_found(registry: Registry, tmp_path: Path) -> None:
    live = sqlite3.connect(tmp_path / "it.db")
    live.execute("PRAGMA journal_mode = wal")
    live.execute("CREATE TABLE t (customer TEXT)")
    live.commit()
    live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    live.execute("INSERT INTO t VALUES ('c1-77')")
    live.commit()
    for name in ("it.db", "it.db-wal"):
        frozen(registry, name, (tmp_path / name).read_bytes())
    live.close()

    found = find_row(registry, "customer=c1-77")

    assert (rows(found), found.unsearched) == ({"it.db": 1}, {})


def test_the_rows_of_a_partition_are_all_found(registry: Registry) -> None:
    PEOPLE.assign(region=["n", "s", "s"]).to_parquet(
        registry.settings.folder / "lake", partition_cols=["region"]
    )
    add_snapshot(registry, registry.settings.folder / "lake", name="lake")

    found = find_row(registry, "region=s")

    assert (sum(rows(found).values()), found.unsearched) == (2, {})


def test_a_table_of_a_lake_is_searched_and_its_log_is_not(registry: Registry) -> None:
    place = registry.settings.folder / "delta"
    write_deltalake(
        place, ARROW.append_column("region", pa.array(["n", "s", "s"])), partition_by="region"
    )
    snapshot_delta(registry, str(place), name="lake")

    found = find_row(registry, "customer=c1-77")

    assert (sum(rows(found).values()), found.unsearched) == (1, {})
    assert sum(rows(find_row(registry, "region=s")).values()) == 2


def test_a_column_that_nothing_has_is_said(registry: Registry) -> None:
    frozen(registry, "t.csv", CSV)

    assert not find_row(registry, "custmer=c1-77").column_seen
    assert find_row(registry, "customer=nobody").column_seen


@pytest.mark.parametrize("nothing", ["", "customer_id=", "=5", "  ", "=", "a= "])
def test_a_row_that_is_not_named_is_refused(registry: Registry, nothing: str) -> None:
    with pytest.raises(Invalid, match="names no row: write COLUMN=VALUE"):
        find_row(registry, nothing)
