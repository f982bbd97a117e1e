"""Rows of pinned data are looked for where they lie, and a lake's table is read as one."""

import shutil
from pathlib import Path

import pytest
from deltalake import write_deltalake

from cairn.core.snapshot import Keeping
from cairn.data.lakes.delta import snapshot_delta
from cairn.data.person.find import find_person
from cairn.data.read_table import read_table
from cairn.data.row_holders import find_row
from cairn.registry import Registry
from sources.delta_tables import rows


@pytest.fixture
def lake(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in the project: two regions, four data files."""
    monkeypatch.chdir(registry.settings.folder)
    write_deltalake("lake", rows(0, 6), partition_by=["region"])
    write_deltalake("lake", rows(6, 10), mode="append")
    return Path("lake")


def pinned(registry: Registry) -> None:
    snapshot_delta(registry, "lake", name="pin", mode="pin")


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize("row", ["id=7", "region=north", "7"])
def test_a_pin_is_searched_where_it_lies_as_a_copy_is_here(
    registry: Registry, row: str
) -> None:
    pinned(registry)
    snapshot_delta(registry, "lake", name="copy")

    found = find_row(registry, row)

    by_name = {holding.name: holding.files for holding in found.holding}
    assert found.unsearched == {}
    assert by_name["pin"] == by_name["copy"]
    assert sum(by_name["pin"].values()) == (5 if "region" in row else 1)


def test_what_is_gone_where_it_was_pinned_is_named_as_not_searched(
    registry: Registry, lake: Path
) -> None:
    pinned(registry)
    for path in lake.rglob("region=*/*.parquet"):
        path.unlink()

    found = find_row(registry, "id=7")

    assert found.holding == ()
    assert "is not where it lay as it was" in found.unsearched["snap:pin"]


def test_other_bytes_in_its_place_are_not_searched_as_if_they_were_it(
    registry: Registry, lake: Path
) -> None:
    pinned(registry)
    shutil.rmtree(lake)
    write_deltalake("lake", rows(0, 10), partition_by=["region"])

    found = find_row(registry, "id=7")

    assert found.holding == ()
    assert list(found.unsearched) == ["snap:pin"]


@pytest.mark.usefixtures("lake")
def test_a_person_s_rows_in_a_pin_stay_and_who_takes_them_out_is_said(
    registry: Registry,
) -> None:
    pinned(registry)

    found = find_person(registry, "id=7", carry_out=True)

    assert [(place.what, place.rows, place.fate) for place in found.places] == [
        ("snap:pin", 1, "stays")
    ]
    assert "take them out yourself" in found.places[0].why
    assert not found.is_whole
    assert found.objects == ()


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize("mode", ["copy", "pin"])
def test_a_lake_s_table_of_many_files_is_one_table_with_the_columns_of_its_folders(
    registry: Registry, mode: Keeping
) -> None:
    info = snapshot_delta(registry, "lake", name="data", mode=mode)

    table = read_table(registry, info)

    assert table.names == ("id", "region", "x")
    assert sorted(table.column("id").array.tolist()) == list(range(10))
    regions = dict(zip(table.column("id").array, table.column("region").array, strict=True))
    assert (regions[6], regions[7]) == ("north", "a b/c")
