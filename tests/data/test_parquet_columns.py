"""Tables in Parquet, of a file or a frame, are read as models and gates want them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from cairn.data.frames import snapshot_frame
from cairn.data.read_table import read_table
from cairn.data.tables.table import parse_table
from cairn.registry import Registry
from projects.store import add_snapshot
from projects.workshop import churn, fitted, open_workshop, register

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", None],
        "whole": pd.array([1, None, 3], dtype="Int64"),
        "small": np.array([1, 2, 3], dtype=np.int8),
        "huge": np.array([1, 2, 2**64 - 1], dtype=np.uint64),
        "share": np.array([0.5, np.nan, 1], dtype=np.float32),
        "price": [Decimal("1.5"), None, Decimal("2.25")],
        "yes": [True, False, True],
        "kind": pd.Categorical(["x", "y", "x"]),
        "day": [date(2026, 1, 2), None, date(2026, 1, 3)],
    }
)


def test_a_column_has_the_kind_of_the_same_values_in_csv(
    registry: Registry, tmp_path: Path
) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet")
    table = read_table(registry, add_snapshot(registry, tmp_path / "t.parquet"))

    assert {column.name: column.kind for column in table.columns} == {
        "id": "text",
        "whole": "int",
        "small": "int",
        "huge": "int",
        "share": "float",
        "price": "float",
        "yes": "bool",
        "kind": "text",
        "day": "text",
    }
    assert table.column("id").texts() == ["a", "b", ""]
    assert table.column("whole").texts() == ["1", "", "3"]
    assert table.column("huge").texts()[2] == str(2**64 - 1)
    assert table.column("day").texts() == ["2026-01-02", "", "2026-01-03"]
    assert table.column("share").missing.tolist() == [False, True, False]


def test_a_model_is_shown_what_pandas_reads(registry: Registry, tmp_path: Path) -> None:
    FRAME.set_index("id").to_parquet(tmp_path / "named.parquet")
    FRAME[1:].to_parquet(tmp_path / "unnamed.parquet")

    for name in ("named", "unnamed"):
        place = tmp_path / f"{name}.parquet"
        shown = read_table(registry, add_snapshot(registry, place)).to_frame()
        wanted = pd.read_parquet(place).reset_index(drop=name == "unnamed")
        pd.testing.assert_frame_equal(shown[list(wanted)], wanted)
        assert set(shown) == set(wanted)


@pytest.mark.parametrize("kind", ["file", "frame"])
def test_a_version_is_evaluated_on_parquet_as_on_csv(tmp_path: Path, kind: str) -> None:
    registry = open_workshop(tmp_path)
    content = churn(rows=200)
    rows = parse_table(content.encode(), name="t.csv").to_frame()
    (tmp_path / "plain.csv").write_text(content)
    rows.to_parquet(tmp_path / "rows.parquet")
    registry.snapshot(tmp_path / "plain.csv", name="test")
    if kind == "file":
        registry.snapshot(tmp_path / "rows.parquet", name="other")
    else:
        snapshot_frame(registry, rows, name="other")
    version = register(registry, fitted(LogisticRegression(), ["age", "spend"]))

    plain = registry.evaluate(version.name, on="snap:test").evaluation
    other = registry.evaluate(version.name, on="snap:other").evaluation

    assert plain.metrics == other.metrics
    assert plain.predictions == other.predictions
