"""The rows of a lake's table: told, named as the same rows in Parquet are, and compared."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import ManifestContent, ManifestFile
from pyiceberg.table import Table
from pyiceberg.types import LongType

from cairn.core.errors import NotFound
from cairn.core.snapshot import Keeping, SnapshotInfo
from cairn.data.comparison.difference import diff_snapshots
from cairn.data.comparison.overlap import overlap
from cairn.data.row_holders import find_row
from cairn.data.source import snapshot
from cairn.registry import Registry

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC)
EVERY = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "small": pa.array([1, None, 3], pa.int32()),
        "x": pa.array([0.5, float("nan"), None]),
        "narrow": pa.array([0.5, 1, 2], pa.float32()),
        "name": ["käse", None, ""],
        "known": [True, False, None],
        "day": pa.array([dt.date(2026, 1, 2), None, dt.date(1900, 1, 1)]),
        "at": pa.array([NOW, None, NOW], pa.timestamp("us", "UTC")),
        "price": pa.array([Decimal("1.20"), None, Decimal("-3.00")], pa.decimal128(9, 2)),
        "raw": pa.array([b"\0\xff", None, b""], pa.binary()),
        "tags": pa.array([["a", None], None, []], pa.list_(pa.string())),
        "inner": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]),
    }
)
"""What a lake has a type for, with missing values."""


PEOPLE = pa.table({"id": [1, 2, 3], "city": ["Bonn", "Köln", None]})
MORE = pa.table({"id": [4], "city": ["Bonn"]})


class Lakes:
    """A project, and tables that others write: in lakes, and in Parquet."""

    def __init__(self, registry: Registry, catalog: SqlCatalog) -> None:
        self.registry = registry
        self.folder = registry.settings.folder
        self.catalog = catalog

    def freeze(
        self, kind: str, name: str, *tables: Any, mode: Keeping = "copy"
    ) -> SnapshotInfo:
        """Append tables to a new one, and freeze it."""
        return self.take(self.write(kind, name, *tables), name, mode=mode)

    def take(self, address: str, name: str, *, mode: Keeping = "copy") -> SnapshotInfo:
        """Freeze what lies at an address."""
        return snapshot(self.registry, address, name=name, mode=mode)

    def write(self, kind: str, name: str, *tables: Any) -> str:
        """Append tables to a new one; returns its address."""
        if kind == "delta":
            for table in tables:
                write_deltalake(self.folder / name, table, mode="append")
            return f"delta://{self.folder / name}"
        if kind == "iceberg":
            made = self.catalog.create_table(f"n.{name}", tables[0].schema)
            for table in tables:
                made.append(table)
            return self.address(made)
        place = self.folder / f"{name}.parquet"
        pq.write_table(pa.concat_tables(tables), place)
        return str(place)

    def address(self, table: Table) -> str:
        """Return the address of an Iceberg table."""
        return "iceberg://" + table.metadata_location.removeprefix("file://")


@pytest.fixture
def lakes(registry: Registry, tmp_path: Path) -> Iterator[Lakes]:
    (tmp_path / "warehouse").mkdir()
    catalog = SqlCatalog(
        "x", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/warehouse"
    )
    catalog.create_namespace("n")
    yield Lakes(registry, catalog)
    catalog.engine.dispose()


@pytest.mark.parametrize("mode", ["copy", "pin"])
@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_a_lake_has_the_logical_digest_of_the_same_rows_in_parquet(
    lakes: Lakes, kind: str, mode: Keeping
) -> None:
    file = lakes.freeze("parquet", "file", EVERY, EVERY.slice(1))

    lake = lakes.freeze(kind, "lake", EVERY, EVERY.slice(1), mode=mode)

    assert (lake.rows, lake.logical) == (5, file.logical)
    assert lake.profile is not None
    assert (b"k\xc3\xa4se" in lakes.registry.objects.get(lake.profile)) == (mode == "copy")


def test_columns_of_folders_are_rows_like_the_others(lakes: Lakes) -> None:
    columns = ["day", "name", "small", "at", "price", "known"]
    table = EVERY.select(["id", *columns]).slice(0, 1)
    file = lakes.freeze("parquet", "file", table)
    write_deltalake(lakes.folder / "lake", table, partition_by=columns)
    write_deltalake(lakes.folder / "gaps", EVERY.slice(1, 1), partition_by=["small", "name"])

    lake = lakes.take(f"delta://{lakes.folder / 'lake'}", "lake")
    gaps = lakes.take(f"delta://{lakes.folder / 'gaps'}", "gaps")

    assert lake.logical == file.logical
    assert gaps.logical == lakes.freeze("parquet", "gap", EVERY.slice(1, 1)).logical


def test_files_older_than_a_column_or_a_type_are_read_as_the_table_is_now(
    lakes: Lakes,
) -> None:
    old = pa.table({"n": pa.array([1, 2], pa.int32()), "was": ["a", "b"]})
    made = lakes.catalog.create_table("n.t", old.schema)
    made.append(old)
    with made.update_schema() as change:
        change.update_column("n", LongType())
        change.rename_column("was", "is")
    with made.update_schema() as change:
        change.add_column("was", LongType())
    made.append(pa.table({"n": [3], "is": ["c"], "was": [7]}))
    write_deltalake(lakes.folder / "d", old.select(["n"]))
    newer = pa.table({"n": pa.array([3], pa.int32()), "was": ["c"]})
    write_deltalake(lakes.folder / "d", newer, mode="append", schema_mode="merge")

    iceberg = lakes.take(lakes.address(made), "t")
    delta = lakes.take(f"delta://{lakes.folder / 'd'}", "d")

    now = pa.table({"n": [1, 2, 3], "is": ["a", "b", "c"], "was": [None, None, 7]})
    assert iceberg.logical == lakes.freeze("parquet", "now", now).logical
    then = pa.concat_tables([old.select(["n"]), newer], promote_options="default")
    assert delta.logical == lakes.freeze("parquet", "then", then).logical


@pytest.mark.parametrize(("kind", "mode"), [("delta", "copy"), ("iceberg", "pin")])
def test_lakes_are_compared_by_their_rows(lakes: Lakes, kind: str, mode: Keeping) -> None:
    lakes.freeze("parquet", "file", PEOPLE)
    lakes.freeze(kind, "same", PEOPLE.slice(0, 2), PEOPLE.slice(2), mode=mode)
    changed = PEOPLE.set_column(1, "city", [["Bonn", "Ulm", None]])
    lakes.freeze(kind, "more", changed, MORE, mode=mode)

    (same,) = diff_snapshots(lakes.registry, "snap:file", "snap:same").tables
    (more,) = diff_snapshots(lakes.registry, "snap:same", "snap:more", key=["id"]).tables
    both = overlap(lakes.registry, "snap:same", "snap:more", key=["id"])

    assert (same.rows.added, same.rows.removed, same.rows.changed) == (0, 0, 0)
    assert (more.rows.added, more.rows.removed, more.rows.by_column) == (1, 0, {"city": 1})
    assert more.rows.changed_rows == ({"id": "2", "city": "Köln -> Ulm"},)
    assert (both.rows, both.shared) == (4, 3)


def test_a_pin_whose_files_are_gone_is_not_compared(lakes: Lakes) -> None:
    lakes.freeze("delta", "lake", PEOPLE, mode="pin")
    lakes.freeze("parquet", "file", PEOPLE)
    for path in (lakes.folder / "lake").rglob("*.parquet"):
        path.unlink()

    with pytest.raises(NotFound, match="is not where it lay as it was"):
        diff_snapshots(lakes.registry, "snap:lake", "snap:file")


def test_what_the_data_files_alone_do_not_say_is_frozen_without_rows_and_said(
    lakes: Lakes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = lakes.write("iceberg", "lake", PEOPLE)
    deletes = property(lambda self: ManifestContent.DELETES)
    monkeypatch.setattr(ManifestFile, "content", deletes)

    info = lakes.take(address, "lake", mode="pin")

    assert (info.rows, info.logical) == (None, None)
    (said,) = caplog.messages
    assert "its rows were not read" in said
    assert "has delete files, which say which rows of a file are gone" in said


def test_a_checkpoint_of_the_log_changes_no_digest(lakes: Lakes) -> None:
    before = lakes.freeze("delta", "lake", PEOPLE.slice(2), MORE, PEOPLE.slice(0, 2))
    DeltaTable(lakes.folder / "lake").create_checkpoint()

    after = lakes.take(f"delta://{lakes.folder / 'lake'}", "later")

    assert before.tree != after.tree
    assert (before.logical, before.rows) == (after.logical, after.rows)


def test_a_nested_column_that_changed_since_a_file_was_written_is_not_guessed(
    lakes: Lakes, caplog: pytest.LogCaptureFixture
) -> None:
    lakes.write("iceberg", "t", EVERY.select(["inner"]))
    made = lakes.catalog.load_table("n.t")
    with made.update_schema() as change:
        change.rename_column(("inner", "a"), "z")
    made.append(pa.table({"inner": [{"z": 1, "b": "x"}]}))

    info = lakes.take(lakes.address(made), "t")

    assert info.rows is None
    assert "column 'inner' was struct<a: int64, b: string" in caplog.text


def test_a_value_that_only_the_log_of_a_delta_table_has_is_found(lakes: Lakes) -> None:
    place = lakes.folder / "lake"
    write_deltalake(place, PEOPLE, partition_by=["city"])
    (log,) = (place / "_delta_log").glob("*.json")
    for path in place.glob("city=*/*.parquet"):  # as writers do that spread files by chance
        short = f"{path.parent.name.encode().hex()[-8:]}.parquet"
        named = f"{path.parent.name}/{path.name}"
        path.rename(place / short)
        log.write_text(log.read_text().replace(quote(named, safe="/="), short))
    lakes.take(f"delta://{place}", "lake")

    found = find_row(lakes.registry, "city=Köln")
    none = find_row(lakes.registry, "city=Ulm")

    assert [sum(each.files.values()) for each in found.holding] == [1]
    assert (none.holding, none.unsearched, none.column_seen) == ((), {}, True)
