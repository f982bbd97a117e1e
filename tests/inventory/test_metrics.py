"""Metrics: measured ones in files and logs, remembered ones in prose."""

import pytest

from projects.planted import Project


def found_in(project: Project) -> list[tuple[str, str, float, str]]:
    return [(m.at, m.name, m.value, m.provenance) for m in project.scan().metrics]


def test_numbers_of_a_file_of_metrics_are_found(project: Project) -> None:
    project.plant("reports/metrics.json", '{"test": {"auc": 0.81, "rows": 900}, "note": "ok"}')
    project.plant("eval_results.yaml", "accuracy: 0.9\nseconds: 12\n")

    assert found_in(project) == [
        ("eval_results.yaml", "accuracy", 0.9, "found"),
        ("reports/metrics.json", "test.auc", 0.81, "found"),
        ("reports/metrics.json", "test.rows", 900.0, "found"),
    ]


def test_of_a_curve_the_last_point_counts(project: Project) -> None:
    project.plant("metrics.json", '{"loss": [0.9, 0.5, 0.4]}')

    assert found_in(project) == [("metrics.json", "loss", 0.4, "found")]


def test_a_log_gives_its_last_row_and_is_no_training_data(project: Project) -> None:
    rows = "".join(f"{epoch},{1 / (epoch + 1)},0.5,x\n" for epoch in range(2000))
    project.plant("logs/run.csv", "epoch,val_loss,accuracy,note\n" + rows)

    found = project.scan()

    assert [(m.name, m.value) for m in found.metrics] == [
        ("val_loss", 0.0005),
        ("accuracy", 0.5),
    ]
    assert found.data == ()


def test_a_table_that_has_a_score_is_training_data(project: Project) -> None:
    project.plant("customers.csv", "id,score\n1,0.5\n")

    found = project.scan()

    assert found.metrics == ()
    assert [data.path for data in found.data] == ["customers.csv"]


@pytest.mark.parametrize(
    ("sentence", "name", "value"),
    [
        ("We reached AUC 0.81.", "auc", 0.81),
        ("ROC-AUC of .79 on March", "roc-auc", 0.79),
        ("accuracy: 92 %", "accuracy", 0.92),
        ("| F1-score | 0.66 |", "f1-score", 0.66),
        ("RMSE = 12.5 minutes", "rmse", 12.5),
        ("**Recall** about 71.5%", "recall", 0.715),
    ],
)
def test_a_number_in_prose_is_remembered(
    project: Project, sentence: str, name: str, value: float
) -> None:
    project.plant("README.md", f"# Churn\n\n{sentence}\n")

    assert found_in(project) == [("README.md:3", name, value, "asserted-by-human")]


def test_other_numbers_and_other_files_are_not_remembered(project: Project) -> None:
    project.plant("README.md", "Python 3.11, precision matters, AUC in 2024, top 5 recall\n")
    project.plant("src/notes.py", "# AUC 0.81\n")
    project.plant("poem.md", "AUC 0.81\n")

    assert found_in(project) == []


def test_numbers_that_are_none_are_reported(project: Project) -> None:
    project.plant("metrics.json", '{"auc": NaN, "recall": Infinity, "f1": 0.5, "big": 1e999}')

    found = project.scan()

    assert [m.name for m in found.metrics] == ["f1"]
    assert [unread.reason for unread in found.unread] == [
        "auc is nan, which is not a number to go by",
        "recall is inf, which is not a number to go by",
        "big is inf, which is not a number to go by",
    ]


def test_very_many_numbers_are_cut_short(project: Project) -> None:
    numbers = ", ".join(f'"m{number}": {number}' for number in range(300))
    project.plant("metrics.json", f"{{{numbers}}}")

    found = project.scan()

    assert len(found.metrics) == 100
    assert [unread.reason for unread in found.unread] == [
        "has more than 100 numbers: the rest is left out"
    ]


@pytest.mark.parametrize(
    "content", ["", "epoch,loss", "epoch,loss\n\n", 'epoch,loss\n"x\n', "\0"]
)
def test_a_log_without_numbers_gives_none(project: Project, content: str) -> None:
    project.plant("history.csv", content)

    assert found_in(project) == []


def test_a_number_too_large_for_a_float_is_not_a_metric(project: Project) -> None:
    project.plant("metrics.json", '{"loss": 1' + "0" * 400 + ', "auc": 0.8}')

    assert found_in(project) == [("metrics.json", "auc", 0.8, "found")]
