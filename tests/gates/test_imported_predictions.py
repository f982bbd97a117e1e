"""Predictions made elsewhere come in as Parquet, or not at all."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from cairn.core.errors import Invalid, Refused
from cairn.gates.imported_predictions import evaluate_elsewhere, read_predictions
from cairn.registry import Registry
from cairn.stats.predictions import encode
from cairn.stats.tabulate import tabulate, tabulate_classes
from projects.workshop import SETTINGS, add_table, churn, fitted, open_workshop, register


def written(folder: Path, **columns: list[Any]) -> Path:
    path = folder / "predictions.parquet"
    pq.write_table(pa.table({name.replace("__", ":"): v for name, v in columns.items()}), path)
    return path


def test_predictions_of_two_classes_are_read_in_any_order(tmp_path: Path) -> None:
    path = written(
        tmp_path, score=[0.2, 0.9], id=["b", "a"], label=[0, 1], group__region=["n", "s"],
        weight=[1.0, 2.0], value__cost=[3, 4],
    )  # fmt: skip

    found = read_predictions(path, lower=["cost"])

    assert encode(found) == encode(
        tabulate(
            ["b", "a"], [0, 1], score=[0.2, 0.9], groups={"region": ["n", "s"]},
            weight=[1, 2], values={"cost": ([3, 4], "lower")},
        )
    )  # fmt: skip


def test_predictions_of_several_classes_are_read_by_their_names(tmp_path: Path) -> None:
    path = written(
        tmp_path, id=[1, 2], label=["dog", "ant"], score__dog=[0.7, 0.1], score__ant=[0.3, 0.9]
    )

    found = read_predictions(path, task="multiclass")

    scores = {"dog": [0.7, 0.1], "ant": [0.3, 0.9]}
    assert encode(found) == encode(tabulate_classes([1, 2], ["dog", "ant"], scores=scores))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"id": ["a"], "label": [1]}, "no column score"),
        ({"id": ["a"], "label": [1], "score": [0.5], "extra": [1]}, "'extra' is not one of"),
        ({"id": ["a"], "label": [None], "score": [0.5]}, "'label' has 1 missing"),
        ({"id": ["a"], "label": ["x"], "score": [0.5]}, "'label' holds string, not numbers"),
        (
            {"id": ["a", "a"], "label": [1, 0], "score": [0.5, 0.5]},
            "'a' occurs more than once",
        ),
        ({"id": ["a"], "label": [1], "score": [float("nan")]}, "'score' of row 'a' is nan"),
    ],
)
def test_a_file_of_something_else_is_refused_by_column(
    tmp_path: Path, columns: dict[str, list[Any]], says: str
) -> None:
    path = written(tmp_path, **columns)

    with pytest.raises(Invalid, match=says):
        read_predictions(path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    path.write_bytes(b"id,label\n")

    with pytest.raises(Invalid, match="not a whole Parquet file"):
        read_predictions(path)
    with pytest.raises(Invalid, match="there is no file"):
        read_predictions(tmp_path / "none.parquet")


def test_a_value_that_is_not_there_cannot_be_better_lower(tmp_path: Path) -> None:
    path = written(tmp_path, id=["a"], label=[1], score=[0.5])

    with pytest.raises(Invalid, match="no column value:cost"):
        read_predictions(path, lower=["cost"])


ELSEWHERE = SETTINGS + 'score = "elsewhere"\n'


def handed_in(folder: Path, *, flipped: int = 0, rows: int = 50) -> Path:
    lines = [line.split(",") for line in churn(rows=50).splitlines()[1:]][:rows]
    labels = [int(line[1]) for line in lines]
    return written(
        folder,
        id=[line[0] for line in lines],
        label=[1 - one if at < flipped else one for at, one in enumerate(labels)],
        score=[0.1 + 0.8 * one for one in labels],
        group__region=[line[2] for line in lines],
    )


def test_predictions_for_the_snapshot_are_recorded(registry: Registry, tmp_path: Path) -> None:
    registry = open_workshop(tmp_path / "shop", ELSEWHERE)
    add_table(registry, churn(rows=50))
    version = register(registry, fitted(LogisticRegression(), ["age"]))

    info = evaluate_elsewhere(registry, version, handed_in(tmp_path), on="snap:test")

    assert info.evaluation.rows == 50
    assert info.evaluation.metrics["accuracy"] == 1
    with pytest.raises(Refused, match="made elsewhere"):
        registry.evaluate(version.name, on="snap:test")


@pytest.mark.parametrize(
    ("flipped", "rows", "says"),
    [(3, 50, "disagree on 3 of 50 labels"), (0, 49, "1 only in the live model's")],
)
def test_predictions_for_another_set_are_refused(
    tmp_path: Path, registry: Registry, flipped: int, rows: int, says: str
) -> None:
    registry = open_workshop(tmp_path / "shop", ELSEWHERE)
    add_table(registry, churn(rows=50))
    version = register(registry, fitted(LogisticRegression(), ["age"]))
    path = handed_in(tmp_path, flipped=flipped, rows=rows)

    with pytest.raises(Invalid, match=says):
        evaluate_elsewhere(registry, version, path, on="snap:test")


def test_predictions_are_not_taken_where_the_project_scores_itself(
    registry: Registry, tmp_path: Path
) -> None:
    add_table(registry, churn(rows=50))
    version = register(registry, fitted(LogisticRegression(), ["age"]))

    with pytest.raises(Invalid, match='write `score = "elsewhere"`'):
        evaluate_elsewhere(registry, version, handed_in(tmp_path), on="snap:test")
