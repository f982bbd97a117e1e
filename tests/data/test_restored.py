"""Whatever `snapshot add` accepts is restored and read back by the library that it is of."""

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyarrow import feather, orc
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

from cairn.data.restore import make_readable, restore
from cairn.data.source import snapshot
from cairn.registry import Registry

ROWS = pd.DataFrame({"id": [1, 2, 3], "city": ["Bonn", "Köln", "Ulm"]})
TABLE = pa.Table.from_pandas(ROWS, preserve_index=False)
LISTED = ROWS.to_dict("records")
Rows = list[dict[Any, Any]]


class Kind(NamedTuple):
    """Writes something at a place, tells what to freeze, and reads what was restored."""

    write: Callable[[Path], Any]
    read: Callable[[Path, Path | None], Rows]
    address: str = ""
    expected: Rows = LISTED


def sqlite(place: Path) -> None:
    with closing(sqlite3.connect(place)) as base:
        ROWS.to_sql("t", base, index=False)


def in_sqlite(place: Path) -> Rows:
    with closing(sqlite3.connect(place)) as base:
        return pd.read_sql("SELECT * FROM t", base).to_dict("records")


def duck(place: Path) -> None:
    with duckdb.connect(place) as base:
        base.register("given", TABLE)
        base.execute("CREATE TABLE t AS FROM given")


def in_duck(place: Path) -> Rows:
    with duckdb.connect(place, read_only=True) as base:
        return base.sql("FROM t").df().to_dict("records")


def pictures(place: Path) -> None:
    for label in ("cat", "a b ünï"):
        (place / label).mkdir(parents=True)
        np.save(place / label / "1.npy", np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    (place / "labels.json").write_text(json.dumps({"cat": 1}))


def in_pictures(place: Path, _: Path | None) -> Rows:
    found = {str(p.relative_to(place).parent): np.load(p).sum() for p in place.rglob("*.npy")}
    return [found, json.loads((place / "labels.json").read_text())]


def many_deltas(place: Path) -> None:
    """Partitioned, appended to, deleted from, with a checkpoint and features that are used."""
    naive = pa.array([dt.datetime(2026, 1, 2)] * 3, pa.timestamp("us"))  # noqa: DTZ001 (a feature of its own)
    rows = TABLE.append_column("at", naive)
    write_deltalake(
        place,
        rows,
        partition_by=["city"],
        configuration={"delta.enableChangeDataFeed": "true"},
    )
    table = DeltaTable(place)
    table.alter.add_constraint({"positive": "id > 0"})
    table.delete("id = 2")
    write_deltalake(place, rows.slice(1, 1), mode="append")
    DeltaTable(place).create_checkpoint()


def in_delta(place: Path, _: Path | None) -> Rows:
    found: Rows = DeltaTable(place).to_pyarrow_table(columns=["id", "city"]).to_pylist()
    return sorted(found, key=itemgetter("id"))


def iceberg(place: Path) -> str:
    """Two appends, so two manifests, with a partition."""
    catalog = SqlCatalog("x", uri="sqlite://", warehouse=f"file://{place}")
    catalog.create_namespace("n")
    made = catalog.create_table("n.t", TABLE.schema)
    with made.update_spec() as spec:
        spec.add_identity("city")
    made.append(TABLE.slice(0, 2))
    made.append(TABLE.slice(2))
    catalog.engine.dispose()
    return "iceberg://" + made.metadata_location.removeprefix("file://")


def in_iceberg(_: Path, opened: Path | None) -> Rows:
    found: Rows = StaticTable.from_metadata(str(opened)).scan().to_arrow().to_pylist()
    return sorted(found, key=itemgetter("id"))


def file(write: Callable[[Path], Any], read: Callable[[Path], Any]) -> Kind:
    """Describe a kind of file by how it is written and read."""

    def written(place: Path) -> None:
        write(place)

    def rows(folder: Path, _: Path | None) -> Rows:
        found = read(folder / "data")
        return found if isinstance(found, list) else found.to_dict("records")

    return Kind(written, rows)


def parts(folder: Path, _: Path | None) -> Rows:
    return pq.read_table(folder).to_pylist()


def partitioned(place: Path) -> None:
    pq.write_to_dataset(TABLE, place, partition_cols=["id"])


def in_partitions(place: Path, _: Path | None) -> Rows:
    found = pq.read_table(place).to_pylist()
    return sorted(
        ({"id": int(row["id"]), "city": row["city"]} for row in found), key=itemgetter("id")
    )


def frame(_: Path) -> pd.DataFrame:
    return ROWS


def in_orc(place: Path) -> Rows:
    found: Rows = orc.read_table(place).to_pylist()
    return found


KINDS: Mapping[str, Kind] = {
    "csv": file(lambda p: ROWS.to_csv(p, index=False), pd.read_csv),
    "json lines": file(
        lambda p: ROWS.to_json(p, orient="records", lines=True),
        lambda p: pd.read_json(p, orient="records", lines=True),
    ),
    "parquet": file(lambda p: pq.write_table(TABLE, p), pd.read_parquet),
    "feather": file(lambda p: feather.write_feather(TABLE, str(p)), pd.read_feather),
    "orc": file(lambda p: orc.write_table(TABLE, p), in_orc),
    "pickle": file(ROWS.to_pickle, pd.read_pickle),
    "sqlite": file(sqlite, in_sqlite),
    "duckdb": file(duck, in_duck),
    "folder of pictures": Kind(
        pictures, in_pictures, expected=[{"cat": 66, "a b ünï": 66}, {"cat": 1}]
    ),
    "partitioned parquet": Kind(partitioned, in_partitions),
    "frame": Kind(frame, parts),
    "query of sqlite": Kind(sqlite, parts, "sqlite:///{}?query=SELECT * FROM t&order_by=id"),
    "query of duckdb": Kind(duck, parts, "duckdb:///{}?query=SELECT * FROM t&order_by=id"),
    "delta": Kind(many_deltas, in_delta, "delta://{}"),
    "iceberg": Kind(iceberg, in_iceberg),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_was_frozen_is_read_back_by_its_own_library(
    registry: Registry, tmp_path: Path, name: str
) -> None:
    kind = KINDS[name]
    place = tmp_path / "data"
    given = kind.write(place)
    lies = kind.address.format(place) or place
    source = lies if given is None else given

    info = snapshot(registry, source, name="t")
    restore(registry, "snap:t", tmp_path / "back")
    opened = make_readable(registry, info, tmp_path / "back")

    assert kind.read(tmp_path / "back", opened) == kind.expected
