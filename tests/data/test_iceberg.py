"""Iceberg tables made by pyiceberg itself: frozen by snapshot, changed, expired, restored."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable, Table

from cairn.core.errors import Corrupt, Invalid, NotFound, Refused, Unavailable
from cairn.core.snapshot import IcebergTable, Keeping, Snapshot
from cairn.data.lakes.files import address_of, plain, tree_path
from cairn.data.lakes.iceberg import Reference, read_reference, snapshot_iceberg
from cairn.data.pins import check_pin
from cairn.data.restore import make_readable, restore
from cairn.data.row_holders import find_row
from cairn.registry import Registry

ROWS = pa.table({"id": list(range(100)), "region": ["north", "south"] * 50})
FIVE_DAYS = 5 * 24 * 3600


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlCatalog]:
    """A catalog in SQLite with one partitioned table of two snapshots, `shop.orders`."""
    uri, warehouse = f"sqlite:///{tmp_path}/catalog.db", f"file://{tmp_path}/warehouse"
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "sql")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", uri)
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__WAREHOUSE", warehouse)
    (tmp_path / "warehouse").mkdir()
    made = SqlCatalog("lake", uri=uri, warehouse=warehouse)
    made.create_namespace("shop")
    table = made.create_table("shop.orders", schema=ROWS.schema)
    with table.update_spec() as spec:
        spec.add_identity("region")
    table.append(ROWS)
    table.append(ROWS.slice(0, 3))
    yield made
    made.engine.dispose()


@pytest.fixture
def table(catalog: SqlCatalog) -> Table:
    return catalog.load_table("shop.orders")


def first(table: Table) -> str:
    return str(table.history()[0].snapshot_id)


def expire(catalog: SqlCatalog, snapshot: str) -> None:
    """Expire a snapshot and delete its files, as engines do."""
    table = catalog.load_table("shop.orders")
    gone = files(table, int(snapshot))
    table.overwrite(ROWS.slice(0, 1))
    table = catalog.load_table("shop.orders")
    kept = files(table, table.current_snapshot().snapshot_id)  # type: ignore[union-attr] (it is there)
    table.maintenance.expire_snapshots().by_id(int(snapshot)).commit()
    for path in gone - kept:
        Path(path).unlink()


def files(table: Table, snapshot: int) -> set[str]:
    at = table.snapshot_by_id(snapshot)
    assert at is not None
    found = {plain(at.manifest_list)}
    for manifest in at.manifests(table.io):
        found.add(plain(manifest.manifest_path))
        entries = manifest.fetch_manifest_entry(table.io)
        found |= {plain(entry.data_file.file_path) for entry in entries}
    return found


def recorded(registry: Registry, reference: str) -> IcebergTable:
    digest = registry.find_snapshot(reference).digest
    source = registry.objects.get_record(digest, Snapshot).source
    assert isinstance(source, IcebergTable)
    return source


def orders(snapshot: str = "") -> Reference:
    return Reference("lake", "shop.orders", snapshot)


def test_a_copy_is_a_table_again_after_the_lake_is_gone(
    registry: Registry, catalog: SqlCatalog, table: Table, tmp_path: Path
) -> None:
    info = snapshot_iceberg(registry, orders(first(table)), name="orders")
    table.append(ROWS)
    expire(catalog, first(table))
    shutil.rmtree(tmp_path / "warehouse")

    restore(registry, "orders", tmp_path / "back")
    opened = make_readable(registry, info, tmp_path / "back")

    found = StaticTable.from_metadata(str(opened)).scan().to_arrow()
    assert found.sort_by("id").equals(ROWS.cast(found.schema))


@pytest.mark.parametrize("mode", ["copy", "pin"])
def test_a_row_is_found_in_files_that_were_written_before_its_column_was_renamed(
    registry: Registry, table: Table, mode: Keeping
) -> None:
    with table.update_schema() as change:
        change.rename_column("id", "order")
    table.append(pa.table({"order": [7], "region": ["west"]}))
    snapshot_iceberg(registry, orders(), name="orders", mode=mode)

    found = find_row(registry, "order=7")
    other = find_row(registry, "order=700")

    assert sum(found.holding[0].files.values()) == 2
    assert not found.unsearched
    assert not other.holding


def read_again(
    registry: Registry, reference: Reference, into: Path
) -> list[dict[str, object]]:
    """Copy a snapshot, restore it, and let pyiceberg read what was restored."""
    info = snapshot_iceberg(registry, reference)
    restore(registry, info.digest, into)
    opened = make_readable(registry, info, into)
    found: list[dict[str, object]] = (
        StaticTable.from_metadata(str(opened)).scan().to_arrow().to_pylist()
    )
    return sorted(found, key=repr)


def _two_appends(table: Table) -> None:
    table.append(ROWS.slice(5, 2))
    table.append(ROWS.slice(9, 1))


def _deleted_rows(table: Table) -> None:
    table.append(ROWS.slice(5, 2))
    table.delete("region = 'north'")


def _nothing_left(table: Table) -> None:
    table.delete("id >= 0")


def _renamed_column(table: Table) -> None:
    with table.update_schema() as change:
        change.rename_column("id", "number")
    table.append(ROWS.slice(1, 2).rename_columns(["number", "region"]))


def _other_partitions(table: Table) -> None:
    with table.update_spec() as change:
        change.remove_field("region")
    table.append(ROWS.slice(1, 2))


@pytest.mark.parametrize(
    "change",
    [_two_appends, _deleted_rows, _nothing_left, _renamed_column, _other_partitions],
)
@pytest.mark.parametrize("version", ["1", "2"])
def test_every_snapshot_that_is_copied_is_restored_and_read(
    registry: Registry,
    catalog: SqlCatalog,
    tmp_path: Path,
    change: Callable[[Table], None],
    version: str,
) -> None:
    table = catalog.create_table(
        "shop.made", ROWS.schema, properties={"format-version": version}
    )
    with table.update_spec() as spec:
        spec.add_identity("region")
    table.append(ROWS.slice(0, 4))
    change(table)
    rows = catalog.load_table("shop.made").scan().to_arrow().to_pylist()

    found = read_again(registry, Reference("lake", "shop.made", ""), tmp_path / "back")

    assert found == sorted(rows, key=repr)


def test_a_restore_that_fails_leaves_nothing(
    registry: Registry, table: Table, tmp_path: Path
) -> None:
    info = snapshot_iceberg(registry, orders(first(table)))
    restore(registry, info.digest, tmp_path / "back")
    for manifest in (tmp_path / "back").rglob("*.avro"):
        manifest.unlink()

    with pytest.raises(Corrupt, match="the restored table cannot be opened"):
        make_readable(registry, info, tmp_path / "back")
    assert list((tmp_path / "back").iterdir()) == []


def test_a_table_with_relative_paths_is_refused(
    registry: Registry, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def location(_table: Table) -> str:
        return "warehouse/shop/orders"

    monkeypatch.setattr(Table, "location", location)

    with pytest.raises(Refused, match="names its files by relative paths"):
        snapshot_iceberg(registry, orders(first(table)))


def test_a_pin_is_lost_when_its_snapshot_was_expired(
    registry: Registry, catalog: SqlCatalog, table: Table, tmp_path: Path
) -> None:
    pin = snapshot_iceberg(registry, orders(first(table)), mode="pin", name="orders")
    intact = check_pin(registry, pin)
    restore(registry, "orders", tmp_path / "before")
    expire(catalog, first(table))
    lost = check_pin(registry, pin)

    assert intact.check.status == "intact"
    assert len(list((tmp_path / "before").rglob("*.parquet"))) == 2
    assert (lost.check.status, lost.check.lost) == ("lost", pin.files)
    with pytest.raises(NotFound, match="is LOST"):
        restore(registry, "orders", tmp_path / "after")


def test_the_live_table_is_resolved_to_its_snapshot(registry: Registry, table: Table) -> None:
    info = snapshot_iceberg(registry, orders(), name="now")

    current = str(table.current_snapshot().snapshot_id)  # type: ignore[union-attr] (it is there)
    assert recorded(registry, "now").snapshot_id == current
    assert info.origin == f"iceberg://lake/shop.orders@{current}"
    assert recorded(registry, "now").retention_seconds == FIVE_DAYS


def test_nothing_is_written_to_the_lake_unless_a_tag_is_asked_for(
    registry: Registry, catalog: SqlCatalog, table: Table
) -> None:
    snapshot_iceberg(registry, orders(first(table)), mode="pin")
    untouched = catalog.load_table("shop.orders").metadata_location
    snapshot_iceberg(registry, orders(first(table)), mode="pin", tag="churn-7")

    assert untouched == table.metadata_location
    tagged = catalog.load_table("shop.orders").refs()["churn-7"]
    assert str(tagged.snapshot_id) == first(table)


def test_a_table_is_named_by_its_metadata_file_too(registry: Registry, table: Table) -> None:
    by_file = Reference("", plain(table.metadata_location), first(table))

    info = snapshot_iceberg(registry, by_file, mode="pin")

    assert info.tree == snapshot_iceberg(registry, orders(first(table)), mode="pin").tree


def test_a_tag_needs_a_catalog(registry: Registry, table: Table) -> None:
    by_file = Reference("", plain(table.metadata_location), "")

    with pytest.raises(Invalid, match="a tag is set through the catalog"):
        snapshot_iceberg(registry, by_file, mode="pin", tag="x")


def test_delete_files_are_pinned_and_not_copied(
    registry: Registry, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyiceberg.manifest import ManifestContent, ManifestFile

    deletes = property(lambda self: ManifestContent.DELETES)
    monkeypatch.setattr(ManifestFile, "content", deletes)

    assert snapshot_iceberg(registry, orders(first(table)), mode="pin").kind == "iceberg"
    with pytest.raises(Refused, match="manifests of delete files") as refusal:
        snapshot_iceberg(registry, orders(first(table)))
    assert "--pin" in refusal.value.fix


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("reference", "error", "says"),
    [
        (
            orders("5"),
            NotFound,
            r"shop.orders has no snapshot 5; it was expired, or",
        ),
        (Reference("lake", "shop.x", ""), NotFound, r"the catalog lake has no table shop.x"),
        (Reference("lake", "x.y", ""), NotFound, r"the catalog lake has no table x.y"),
        (Reference("far", "x.y", ""), Unavailable, r"the catalog far cannot be asked for"),
        (
            Reference("", "/x/0.metadata.json", ""),
            NotFound,
            r"there is no Iceberg table at",
        ),
    ],
)
def test_what_is_not_there_is_one_sentence(
    registry: Registry, reference: Reference, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        snapshot_iceberg(registry, reference)

    assert registry.snapshots() == ()


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("*.metadata.json", r"the metadata of the Iceberg table at .* cannot be read"),
        ("snap-*.avro", r"a manifest of snapshot [0-9]+ of .* cannot be read"),
        ("*.parquet", r"files? ha(s|ve) not the size that the table lists"),
    ],
)
def test_what_is_truncated_is_corrupt(
    registry: Registry, table: Table, tmp_path: Path, pattern: str, says: str
) -> None:
    for path in (tmp_path / "warehouse").rglob(pattern):
        path.write_bytes(path.read_bytes()[:90])

    with pytest.raises(Corrupt, match=says):
        snapshot_iceberg(registry, Reference("", plain(table.metadata_location), ""))


def test_a_manifest_that_is_gone_is_one_sentence(
    registry: Registry, table: Table, tmp_path: Path
) -> None:
    for path in (tmp_path / "warehouse").rglob("snap-*.avro"):
        path.unlink()

    with pytest.raises(NotFound, match=r"a manifest is gone .*; it was expired, so name a"):
        snapshot_iceberg(registry, orders(first(table)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lake/shop.orders", Reference("lake", "shop.orders", "")),
        ("lake/a.b.orders@12", Reference("lake", "a.b.orders", "12")),
        ("lake/shop.orders?snapshot=12", Reference("lake", "shop.orders", "12")),
        ("/x/1.metadata.json@12", Reference("", "/x/1.metadata.json", "12")),
        ("s3://b/x/1.metadata.json", Reference("", "s3://b/x/1.metadata.json", "")),
    ],
)
def test_a_reference_names_a_table_and_a_snapshot(text: str, found: Reference) -> None:
    assert read_reference(text) == found


@pytest.mark.parametrize("text", ["lake", "lake/orders", "/x/table", "lake/shop.orders@main"])
def test_what_names_no_table_is_refused(text: str) -> None:
    with pytest.raises(
        Invalid, match=r"names no table: write iceberg|is not a snapshot of an"
    ):
        read_reference(text)


@pytest.mark.parametrize(
    "address", ["/lake/t/data/a.parquet", "/elsewhere/b.parquet", "s3://bucket/far/c.parquet"]
)
def test_a_path_in_the_tree_leads_back_to_its_file(address: str) -> None:
    assert address_of(tree_path(address, "/lake/t"), "/lake/t") == address


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        ("file:///lake/a%20b", "/lake/a b"),
        ("file:/lake/t", "/lake/t"),
        ("s3a://bucket/t", "s3://bucket/t"),
        ("/lake/with:colon/t", "/lake/with:colon/t"),
    ],
)
def test_an_address_has_one_spelling(address: str, spelled: str) -> None:
    assert plain(address) == spelled
