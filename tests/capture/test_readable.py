"""A held-out set is written out as pandas would, mostly without pandas."""

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from cairn.capture.events import Examples
from cairn.capture.models import examples, readable
from cairn.flavors import write_frame
from cairn.flavors.frames.plain_table import read_plain_column, read_plain_table

NUMBERS = [0.1, 1e-5, 1e22, -0.0, np.inf, np.nan]
FLAGS = [True, False, True, True, False, True]
TEXTS = ["a,b", 'say "x"', "", "two\nlines", " padded", "plain"]
PLAIN: dict[str, tuple[Any, Any]] = {
    "floats": (pd.DataFrame({"a": NUMBERS, "b": np.array(NUMBERS, "f4")}), np.arange(6)),
    "whole numbers": (
        pd.DataFrame({"a": np.arange(6, dtype="u1"), "b": [2**62, 1, -3, 4, 5, 6]}),
        pd.Series(FLAGS, name="label"),
    ),
    "texts and a named index": (
        pd.DataFrame(
            {"text": TEXTS, "flag": FLAGS}, index=pd.Index([9, 8, 7, 6, 5, 4], name="key")
        ),
        pd.Series([0.5, 1.0, np.nan, 2.0, 3.0, 1e-9]),
    ),
    "missing texts": (
        pd.DataFrame(
            {"text": [*TEXTS[:4], None, None], "only": [""] * 6}, index=list("uvwxyz")
        ),
        [1, 0, 1, 0, 1, 0],
    ),
    "an index that counts from elsewhere": (
        pd.DataFrame({"a": NUMBERS}, index=range(60, 72, 2)),
        np.array(["no", "yes"] * 3),
    ),
    "an index called as a column": (
        pd.DataFrame({"a": [1.5] * 6}, index=pd.Index(list("uvwxyz"), name="a")),
        ["x", "y", "z", "x", "y", "z"],
    ),
    "columns with numbers for names": (pd.DataFrame({0: [1] * 6, 7: FLAGS}), [0.5] * 6),
    "an array": (np.arange(12.0).reshape(6, 2) / 7, np.arange(6) % 2),
    "a column called as the label": (pd.DataFrame({"label": [1] * 6}), [1] * 6),
    "labels of two columns": (pd.DataFrame({"a": [1] * 6}), np.zeros((6, 2))),
}
FOR_PANDAS: dict[str, tuple[Any, Any]] = {
    "dates": (pd.DataFrame({"a": pd.date_range("2026-01-01", periods=6)}), [1] * 6),
    "categories": (pd.DataFrame({"a": pd.Categorical(list("aabbcc"))}), [1] * 6),
    "nullable numbers": (pd.DataFrame({"a": pd.array([1, 2, None] * 2, "Int64")}), [1] * 6),
    "several types": (pd.DataFrame({"a": [1, "x", None, 2.5, True, (1, 2)]}), [1] * 6),
    "labels of several types": (pd.DataFrame({"a": [1] * 6}), [1, "x", 1, "x", 1, "x"]),
}


def written(folder: Path, rows: Any, labels: Any) -> bytes | None:
    write_frame(rows, folder / "features")
    write_frame(labels, folder / "labels")
    readable.add_readable_table(folder, label="label")
    file = folder / "data.csv"
    return file.read_bytes() if file.exists() else None


@pytest.mark.parametrize("case", PLAIN | FOR_PANDAS)
def test_the_table_is_the_one_that_pandas_writes(case: str, tmp_path: Path) -> None:
    rows, labels = (PLAIN | FOR_PANDAS)[case]

    content = written(tmp_path / "ours", rows, labels)
    with mock.patch.object(readable, "read_plain_table", return_value=None):
        expected = written(tmp_path / "theirs", rows, labels)

    assert content == expected
    assert (expected is None) == (
        case in ("a column called as the label", "labels of two columns")
    )


@pytest.mark.parametrize("case", [*PLAIN, *FOR_PANDAS])
def test_what_numpy_can_spell_does_not_wait_for_pandas(case: str, tmp_path: Path) -> None:
    rows, labels = (PLAIN | FOR_PANDAS)[case]
    write_frame(rows, tmp_path / "features")
    write_frame(labels, tmp_path / "labels")

    with (
        mock.patch("cairn.flavors.frames.column.package"),
        mock.patch("cairn.flavors.frames.frame.package"),
    ):
        table = read_plain_table(tmp_path / "features")
        found = None if table is None else read_plain_column(tmp_path / "labels")

    assert (found is not None) == (case in PLAIN and case != "labels of two columns")


@pytest.mark.parametrize("case", PLAIN | FOR_PANDAS)
def test_rows_have_the_names_and_groups_that_pandas_gives(case: str, tmp_path: Path) -> None:
    rows, _ = (PLAIN | FOR_PANDAS)[case]
    write_frame(rows, tmp_path / "frames" / "one" / "features")
    told = Examples(
        time=1,
        number="1",
        model="1",
        generation=1,
        role="heldout",
        overlap=0,
        rows=6,
        task="binary",
        label="label",
        frame="one",
    )
    groups = ("a", "b", "text", "flag", "only")

    found = examples.named_rows(tmp_path, told, groups)
    with mock.patch.object(examples, "read_plain_table", return_value=None):
        expected = examples.named_rows(tmp_path, told, groups)

    assert found == expected
