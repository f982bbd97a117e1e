"""A planted customer is found in exactly what holds it, and rows in both sets are named."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from cairn.core.digest import digest_bytes
from cairn.core.errors import Invalid
from cairn.core.run import Input
from cairn.core.version import RegisterVersion
from cairn.data.comparison.overlap import overlap
from cairn.data.in_memory import snapshot_derived
from cairn.data.row_holders import Holding, find_file, find_row
from cairn.flavors import write_frame
from cairn.registry import Registry
from projects.store import MODEL, manifest, open_registry

PLANTED = 4711
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": range(1000, 1100),
        "region": ["north", "south"] * 50,
        "spent": [float(number) for number in range(100)],
    }
)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    return open_registry(tmp_path / "project")


def frozen(registry: Registry, name: str, frame: pd.DataFrame, *, kind: str = "csv") -> str:
    folder = registry.settings.folder / name
    folder.mkdir()
    if kind == "csv":
        frame.to_csv(folder / "t.csv", index=False)
    else:
        frame.to_parquet(folder / "t.parquet", index=False)
    return registry.snapshot(folder, name=name).digest


def trained(registry: Registry, weights: str, snapshot: str) -> None:
    inputs = (Input(role="train", snapshot=snapshot, path="data"),)
    digest = manifest(registry, weights, inputs=inputs)
    registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))


def planted(row: int = 7) -> pd.DataFrame:
    frame = CUSTOMERS.copy()
    frame.loc[row, "customer_id"] = PLANTED
    return frame


def test_a_planted_customer_is_found_in_exactly_the_snapshots_and_versions_that_hold_it(
    registry: Registry,
) -> None:
    clean = frozen(registry, "clean", CUSTOMERS)
    held = frozen(registry, "held", planted())
    also = frozen(registry, "also", pd.concat([planted(1), planted(2)]), kind="parquet")
    trained(registry, "a", clean)
    trained(registry, "b", held)
    trained(registry, "c", also)

    found = find_row(registry, f"customer_id={PLANTED}")

    assert {h.name: (h.files, [use.version for use in h.used_by]) for h in found.holding} == {
        "held": ({"t.csv": 1}, ["churn:2"]),
        "also": ({"t.parquet": 2}, ["churn:3"]),
    }
    assert {use.role for holding in found.holding for use in holding.used_by} == {"train"}


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [("1007", 1), ("spent=7", 1), ("region=north", 50), ("region=7", 0), ("nobody=7", 0)],
)
def test_a_value_is_compared_as_its_column_is_typed(
    registry: Registry, wanted: str, rows: int
) -> None:
    frozen(registry, "clean", CUSTOMERS)

    found = find_row(registry, wanted)

    assert sum(sum(holding.files.values()) for holding in found.holding) == rows


def test_quotes_in_a_value_are_only_letters(registry: Registry) -> None:
    odd = "x' OR '1'='1"
    frozen(registry, "odd", pd.DataFrame({"who": [odd, "y"]}))

    found = find_row(registry, f"who={odd}")

    assert found.holding[0].files == {"t.csv": 1}


@pytest.mark.parametrize("nothing", ["", "customer_id=", "=5", "  "])
def test_a_row_that_is_not_named_is_refused(registry: Registry, nothing: str) -> None:
    with pytest.raises(Invalid, match="names no row: write COLUMN=VALUE"):
        find_row(registry, nothing)


def test_a_table_that_cannot_be_read_is_named_and_the_rest_is_searched(
    registry: Registry,
) -> None:
    frozen(registry, "held", planted())
    folder = registry.settings.folder / "broken"
    folder.mkdir()
    (folder / "t.parquet").write_bytes(b"PAR1 nothing PAR1")
    registry.snapshot(folder, name="broken")

    found = find_row(registry, f"customer_id={PLANTED}")

    assert [holding.name for holding in found.holding] == ["held"]
    assert list(found.unsearched) == ["snap:broken"]


def test_a_file_is_found_by_its_content(registry: Registry) -> None:
    frozen(registry, "clean", CUSTOMERS)
    frozen(registry, "held", planted())
    content = (registry.settings.folder / "held" / "t.csv").read_bytes()

    found = find_file(registry, digest_bytes(content))

    assert found.holding == (
        Holding(
            snapshot=registry.find_snapshot("held").digest,
            name="held",
            files={"t.csv": 1},
            used_by=(),
        ),
    )


def test_test_rows_that_were_trained_on_are_counted_and_named(registry: Registry) -> None:
    frozen(registry, "train", CUSTOMERS.head(80))
    frozen(registry, "test", CUSTOMERS.tail(25), kind="parquet")

    found = overlap(registry, "snap:train", "snap:test")

    assert (found.rows, found.shared) == (25, 5)
    assert [row["customer_id"] for row in found.examples] == [
        str(number) for number in range(1075, 1080)
    ]


def test_the_same_customer_with_other_values_is_found_by_key(registry: Registry) -> None:
    frozen(registry, "train", CUSTOMERS.head(80))
    frozen(registry, "test", CUSTOMERS.tail(25).assign(spent=-1.0))

    whole = overlap(registry, "train", "test")
    by_key = overlap(registry, "train", "test", key=("customer_id",))

    assert (whole.shared, by_key.shared) == (0, 5)


def test_missing_values_make_no_row_another(registry: Registry) -> None:
    gaps = pd.DataFrame({"id": [1, 2], "x": [float("nan"), 1.0]})
    frozen(registry, "train", gaps)
    frozen(registry, "test", gaps)

    assert overlap(registry, "train", "test").shared == 2


def test_a_key_that_only_one_has_is_refused(registry: Registry) -> None:
    frozen(registry, "train", CUSTOMERS)
    frozen(registry, "test", CUSTOMERS.drop(columns="region"))

    with pytest.raises(
        Invalid, match="train and test cannot be compared: region is not a column of both"
    ):
        overlap(registry, "train", "test", key=("region",))


def test_keys_with_zeros_in_front_are_not_the_keys_without(registry: Registry) -> None:
    for name, text in (
        ("tr", "zip,x\n01067,1\n04109,2\n"),
        ("held", "zip,x\n1067,9\n4109,8\n"),
    ):
        (registry.settings.folder / f"{name}.csv").write_text(text)
        registry.snapshot(registry.settings.folder / f"{name}.csv", name=name)

    found = overlap(registry, "snap:tr", "snap:held", key=("zip",))

    assert (found.rows, found.shared) == (2, 0)


class Captured(NamedTuple):
    """What a run left of rows in memory: features, labels."""

    features: object
    labels: object | None = None


def capture(registry: Registry, left: Captured) -> str:
    folder = registry.settings.folder / f"frames-{len(registry.snapshots())}"
    write_frame(left.features, folder / "features")
    if left.labels is not None:
        write_frame(left.labels, folder / "labels")
    return snapshot_derived(registry, folder, by="the script").digest


NUMBERS = CUSTOMERS.assign(
    age=[20 + n % 50 for n in range(100)], left=[n % 3 for n in range(100)]
)


@pytest.mark.parametrize(
    "left",
    [
        Captured(NUMBERS[["spent", "age"]], NUMBERS["left"]),
        Captured(NUMBERS[["age", "spent"]].to_numpy(), NUMBERS["left"].to_numpy()),
        Captured(NUMBERS[["spent"]].to_numpy(dtype=np.float32)),
        Captured(NUMBERS[["region", "spent"]].iloc[20:60]),
        Captured(NUMBERS[["customer_id", "age"]]),
        Captured(NUMBERS.set_index("customer_id")[["age"]]),
    ],
    ids=["frame", "array", "narrow floats", "a part, with text", "with its id", "index"],
)
def test_captured_rows_are_found_by_their_content_where_the_column_is_missing(
    registry: Registry, left: Captured
) -> None:
    frozen(registry, "train", NUMBERS)
    captured = capture(registry, left)

    found = find_row(registry, "customer_id=1030")
    other = find_row(registry, "customer_id=9999")

    assert captured in {holding.snapshot for holding in found.holding}
    assert {n for h in found.holding for n in h.files.values()} == {1}
    assert not found.unsearched
    assert not other.holding
    assert not other.unsearched


@pytest.mark.parametrize(
    "left",
    [
        Captured((NUMBERS[["spent", "age"]] - 5) / 7),
        Captured(NUMBERS[["left"]].assign(scaled=NUMBERS["spent"] / 99)),
        Captured(csr_matrix(NUMBERS[["spent", "age"]].to_numpy())),
    ],
    ids=["scaled", "too few columns to tell rows apart", "sparse"],
)
def test_captured_rows_that_nobody_can_be_told_in_are_not_searched(
    registry: Registry, left: Captured
) -> None:
    frozen(registry, "train", NUMBERS)
    captured = capture(registry, left)

    found = find_row(registry, "customer_id=1030")

    assert [holding.name for holding in found.holding] == ["train"]
    assert list(found.unsearched) == [captured]


def test_rows_that_only_seem_to_be_of_another_table_are_not_said_to_be_searched(
    registry: Registry,
) -> None:
    frozen(registry, "others", NUMBERS[["customer_id", "left"]])
    captured = capture(registry, Captured(NUMBERS[["spent"]].to_numpy() / 9, NUMBERS["left"]))

    found = find_row(registry, "customer_id=9999")

    assert not found.holding
    assert list(found.unsearched) == [captured]


def test_a_column_of_a_captured_frame_is_searched_for_what_it_is(registry: Registry) -> None:
    capture(registry, Captured(pd.DataFrame({"customer": ["c1-77", "c1-78"]})))

    found = find_row(registry, "customer=c1-77")

    assert [holding.files for holding in found.holding] == [{"features": 1}]
