"""Two snapshots are compared: files, and the columns, rows and values of their tables."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cairn.core.errors import Invalid, NotFound
from cairn.data.comparison.difference import SnapshotDiff, TableDiff, diff_snapshots
from cairn.data.frames import snapshot_frame
from cairn.registry import Registry
from projects.store import open_registry

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
        (FLIGHTS, "tail", "the key: tail is not a column of both; there are flight_id"),
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

    with pytest.raises(Invalid, match=r"^t\.parquet is not a whole Parquet file: "):
        diff_snapshots(registry, before, "snap:broken")


@pytest.mark.parametrize(
    "names",
    [
        ("h", "x"),
        ("what", "x"),
        ("id", "v", "n"),
        ("a", "b", "p", "paired"),
        ("c1", "c0", "more"),
        ("id", "X", "x"),
        ("where", "group", 'a"b'),
        ("", "value"),
    ],
)
def test_columns_may_be_called_anything(registry: Registry, names: tuple[str, ...]) -> None:
    tables = {
        name: pa.table(
            [[1, 2, key], *([1, 2, 3] for _ in names[2:]), [1, moved, 3]], names=names
        )
        for name, key, moved in (("a", 3, 2), ("b", 4, 99))
    }
    by_name: list[str] = []
    for name, table in tables.items():
        (registry.settings.folder / name).mkdir()
        pq.write_table(table, registry.settings.folder / name / "t.parquet")
        registry.snapshot(registry.settings.folder / name, name=name)
        by_name.append(f"snap:{name}")

    (found,) = diff_snapshots(registry, *by_name, key=names[:1]).tables

    assert (found.rows.added, found.rows.removed, found.rows.changed) == (1, 1, 1)
    assert found.rows.by_column == {names[-1]: 1}
    assert found.rows.changed_rows == ({names[0]: "2", names[-1]: "2 -> 99"},)


def texts(registry: Registry, before: str, after: str, *key: str) -> TableDiff:
    """Compare two CSV files, as they are written."""
    for name, text in (("a", before), ("b", after)):
        (registry.settings.folder / name).mkdir()
        (registry.settings.folder / name / "t.csv").write_text(text)
        registry.snapshot(registry.settings.folder / name, name=name)
    (found,) = diff_snapshots(registry, "a", "b", key=key).tables
    return found


def test_a_word_for_missing_in_a_column_of_text_is_a_text(registry: Registry) -> None:
    found = texts(registry, "id,land\n1,NA\n2,DE\n", "id,land\n1,\n2,DE\n")

    assert found.rows.changed_rows == ({"id": "1", "land": "NA -> missing"},)
    assert found.words_missing == {}


def test_a_word_for_missing_in_a_column_of_numbers_is_missing_and_said(
    registry: Registry,
) -> None:
    found = texts(registry, "id,x\n1,NA\n2,5\n", "id,x\n1,\n2,5\n")

    assert (found.rows.changed, found.words_missing) == (0, {"x": ("NA",)})


def test_zeros_in_front_tell_keys_apart(registry: Registry) -> None:
    found = texts(registry, "zip,x\n01067,1\n1067,2\n", "zip,x\n1067,2\n4109,3\n", "zip")

    assert (found.rows.added, found.rows.removed, found.rows.changed) == (1, 1, 0)
    assert found.rows.removed_rows == ({"zip": "01067"},)
    assert found.columns_retyped == {"zip": "VARCHAR -> BIGINT"}


def test_numbers_of_two_types_are_compared_as_numbers(registry: Registry) -> None:
    before = pd.DataFrame({"id": [1, 2, 3], "x": [1, 2, 3]}).astype({"id": "int32"})
    after = pd.DataFrame({"id": [1, 2, 3], "x": [1.0, 2.5, 3.0]})

    found = compared(registry, before, after)

    assert found.rows.key == ("id",)
    assert found.rows.changed_rows == ({"id": "2", "x": "2.0 -> 2.5"},)


def test_a_key_of_two_types_is_named_as_that(registry: Registry) -> None:
    before = pd.DataFrame({"id": [1, 2], "x": [1, 2]})

    with pytest.raises(Invalid, match=r"id has another type in each \(BIGINT -> VARCHAR\)"):
        compared(registry, before, before.astype({"id": str}), "id")


def test_maps_and_instants_with_a_zone_are_compared_like_all_others(
    registry: Registry,
) -> None:
    kinds = {
        "at": pa.timestamp("us", "Europe/Berlin"),
        "tags": pa.map_(pa.string(), pa.int64()),
        "where": pa.struct([("x", pa.int64())]),
    }
    rows = [
        {"id": 1, "at": 0, "tags": [("a", 1)], "where": {"x": 1}},
        {"id": 2, "at": 1, "tags": None, "where": {"x": 2}},
    ]
    changed = [rows[0], {"id": 2, "at": 2, "tags": [("b", 2)], "where": {"x": 3}}]
    schema = pa.schema([("id", pa.int64()), *kinds.items()])
    for name, each in (("a", rows), ("b", changed)):
        snapshot_frame(registry, pa.Table.from_pylist(each, schema), name=name)

    (found,) = diff_snapshots(registry, "a", "b").tables

    assert found.rows.by_column == {"at": 1, "tags": 1, "where": 1}
    assert found.not_compared == ("tags", "where")


def test_a_frame_in_many_files_is_one_table(registry: Registry) -> None:
    before = pa.table({"n": range(600_000)})
    after = pa.concat_tables([pa.table({"n": [-1]}), before.slice(0, 599_998)])
    for name, table in (("a", before), ("b", after)):
        snapshot_frame(registry, table, name=name)

    (found,) = diff_snapshots(registry, "a", "b").tables

    assert registry.find_snapshot("a").files > 1
    assert (found.file, found.rows.added, found.rows.removed) == ("rows", 1, 2)
