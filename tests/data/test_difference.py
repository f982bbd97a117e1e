"""Two snapshots are compared: files, and the columns, rows and values of their tables."""

from pathlib import Path

import pandas as pd
import pytest

from cairn.core.errors import Invalid, NotFound
from cairn.data.difference import SnapshotDiff, TableDiff, diff_snapshots
from cairn.registry import Registry
from store import open_registry

FLIGHTS = pd.DataFrame(
    {
        "flight_id": range(1000),
        "carrier": ["AA", "B6", "EV", "UA"] * 250,
        "delay": [float(number % 50) for number in range(1000)],
    }
)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    return open_registry(tmp_path / "project")


def frozen(registry: Registry, name: str, **tables: pd.DataFrame) -> str:
    """Snapshot frames as files: a name that ends in `_csv` is a CSV file, else Parquet."""
    folder = registry.settings.folder / name
    folder.mkdir()
    for file, frame in tables.items():
        if file.endswith("_csv"):
            frame.to_csv(folder / f"{file.removesuffix('_csv')}.csv", index=False)
        else:
            frame.to_parquet(folder / f"{file}.parquet", index=False)
    registry.snapshot(folder, name=name)
    return f"snap:{name}"


def compared(
    registry: Registry, before: pd.DataFrame, after: pd.DataFrame, *key: str
) -> TableDiff:
    found = diff_snapshots(
        registry, frozen(registry, "a", t=before), frozen(registry, "b", t=after), key=key
    )
    (table,) = found.tables
    return table


def test_the_same_data_have_no_difference(registry: Registry) -> None:
    snapshot = frozen(registry, "a", t=FLIGHTS)

    found = diff_snapshots(registry, snapshot, snapshot)

    assert found == SnapshotDiff(before=snapshot, after=snapshot, files=(), tables=())


def test_rows_are_told_apart_by_their_id(registry: Registry) -> None:
    after = FLIGHTS.drop(index=range(100, 130))
    after.loc[5:9, "carrier"] = "ZZ"
    after.loc[8:10, "delay"] += 1
    extra = FLIGHTS.head(7).assign(flight_id=range(5000, 5007))

    found = compared(registry, FLIGHTS, pd.concat([after, extra]))

    rows = found.rows
    assert rows.key == ("flight_id",)
    assert (rows.added, rows.removed, rows.changed) == (7, 30, 6)
    assert rows.by_column == {"carrier": 5, "delay": 3}
    assert rows.changed_rows[3] == {
        "flight_id": "8",
        "carrier": "AA -> ZZ",
        "delay": "8.0 -> 9.0",
    }
    assert [row["flight_id"] for row in rows.removed_rows] == [
        "100",
        "101",
        "102",
        "103",
        "104",
    ]


def test_rows_without_a_key_are_compared_whole_and_as_often_as_they_come(
    registry: Registry,
) -> None:
    plain = FLIGHTS.drop(columns="flight_id")

    found = compared(registry, plain, pd.concat([plain.iloc[2:], plain.head(10)]))

    assert found.rows.key == ()
    assert (found.rows.added, found.rows.removed, found.rows.changed) == (8, 0, 0)


def test_a_key_of_several_columns_is_asked_for(registry: Registry) -> None:
    before = pd.DataFrame({"day": [1, 1, 2], "hour": [1, 2, 1], "load": [5, 6, 7]})

    found = compared(registry, before, before.assign(load=[5, 6, 8]), "day", "hour")

    assert (found.rows.changed, found.rows.by_column) == (1, {"load": 1})


def test_a_missing_value_differs_from_a_value_and_not_from_another(registry: Registry) -> None:
    before = pd.DataFrame({"id": [1, 2, 3], "x": [float("nan"), float("nan"), 3.0]})

    found = compared(registry, before, before.assign(x=[float("nan"), 2.0, 3.0]))

    assert found.rows.changed_rows == ({"id": "2", "x": "missing -> 2.0"},)


@pytest.mark.parametrize(
    ("frame", "key", "said"),
    [
        (FLIGHTS.assign(carrier="AA"), "carrier", "carrier AA comes 1,000 times"),
        (FLIGHTS.assign(delay=float("nan")), "delay", "delay is missing in 1,000 rows"),
        (FLIGHTS, "tail", "the key 'tail' is not a column of both"),
    ],
    ids=["doubled", "missing", "unknown"],
)
def test_a_key_that_is_none_is_refused_in_one_sentence(
    registry: Registry, frame: pd.DataFrame, key: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        compared(registry, frame, frame.assign(extra=1), key)


def test_columns_that_come_go_or_change_their_type_are_named(registry: Registry) -> None:
    after = FLIGHTS.drop(columns="carrier").assign(origin="JFK", delay=["late"] * 1000)

    found = compared(registry, FLIGHTS, after)

    assert found.columns_added == {"origin": "VARCHAR"}
    assert found.columns_removed == {"carrier": "VARCHAR"}
    assert found.columns_retyped == {"delay": "DOUBLE -> VARCHAR"}


def test_what_moved_most_comes_first(registry: Registry) -> None:
    after = FLIGHTS.assign(delay=FLIGHTS.delay + 30, carrier=["AA", "B6", "EV", "EV"] * 250)

    found = compared(registry, FLIGHTS, after)

    assert [(c.name, c.shifted) for c in found.columns] == [
        ("delay", True),
        ("carrier", True),
        ("flight_id", False),
    ]
    assert (found.columns[0].typical_before, found.columns[0].typical_after) == (
        "24.5",
        "54.5",
    )


def test_texts_that_name_rows_do_not_count_as_moved(registry: Registry) -> None:
    names = pd.DataFrame({"who": [f"person {number}" for number in range(500)]})

    found = compared(registry, names, names.replace("person", "human", regex=True))

    assert found.columns == ()


def test_two_tables_under_two_names_are_compared_if_there_is_no_other(
    registry: Registry,
) -> None:
    before = frozen(registry, "jan", jan_csv=FLIGHTS)
    after = frozen(registry, "feb", feb_csv=FLIGHTS.head(400))

    found = diff_snapshots(registry, before, after)

    assert [file.path for file in found.files] == ["feb.csv", "jan.csv"]
    assert found.tables[0].file == "jan.csv -> feb.csv"
    assert found.tables[0].rows.removed == 600


def test_one_table_of_many_can_be_asked_for(registry: Registry) -> None:
    before = frozen(registry, "a", x=FLIGHTS, y=FLIGHTS)
    after = frozen(registry, "b", x=FLIGHTS.head(9), y=FLIGHTS.head(8))

    found = diff_snapshots(registry, before, after, file="y.parquet")

    assert [table.file for table in found.tables] == ["y.parquet"]
    with pytest.raises(NotFound, match=r"do not both have a table 'z\.csv'"):
        diff_snapshots(registry, before, after, file="z.csv")


def test_names_of_columns_with_quotes_and_spaces_are_only_names(registry: Registry) -> None:
    before = pd.DataFrame({'a "quoted" id': [1, 2], "x; DROP TABLE a": ["p", "q"]})

    found = compared(registry, before, before.iloc[:1], 'a "quoted" id')

    assert (found.rows.removed, found.rows.changed) == (1, 0)


def test_a_broken_parquet_file_is_named(registry: Registry) -> None:
    before = frozen(registry, "a", t=FLIGHTS)
    folder = registry.settings.folder / "broken"
    folder.mkdir()
    content = (registry.settings.folder / "a" / "t.parquet").read_bytes()
    (folder / "t.parquet").write_bytes(content[:-100])
    registry.snapshot(folder, name="broken")

    with pytest.raises(Invalid, match=r"^t\.parquet: "):
        diff_snapshots(registry, before, "snap:broken")
