"""A metric is one metric under all its names: recorded, filtered, sorted, judged, compared."""

from pathlib import Path

import pytest

from cairn.core.errors import NotFound
from projects.desk import Desk

NAMES = ("mean_absolute_error", "mae", "MAE")


@pytest.fixture
def recorded(desk: Desk) -> Desk:
    """Three versions whose error was written down under another name each."""
    for name, value in zip(NAMES, ("40", "60", "50"), strict=True):
        desk.write("old.json", value)
        told = ("--retroactive", "--metric", f"{name}={value}")
        desk("register", "old.json", "--model", "old", *told)
    return desk


def names(desk: Desk, *words: str) -> list[str]:
    return [row["name"] for row in desk.json("list", "old", *words)]


@pytest.mark.parametrize("asked", [*NAMES[:2], "mean_absolute_error"])
def test_versions_are_sorted_by_a_metric_under_any_of_its_names(
    recorded: Desk, asked: str
) -> None:
    assert names(recorded, "--sort", asked) == ["old:1", "old:3", "old:2"]


@pytest.mark.parametrize("asked", NAMES[:2])
def test_versions_are_found_by_a_metric_under_any_of_its_names(
    recorded: Desk, asked: str
) -> None:
    assert names(recorded, "--where", f"metrics.{asked} < 100")[-2:] == ["old:2", "old:1"]
    recorded.fails(
        *("list", "--where", "metrics.mea > 1"),
        code=NotFound.exit_code,
        says=r"no version has metrics\.mea; the nearest is metrics\.ma?e",
    )


def test_a_policy_and_a_comparison_take_the_names_of_scikit_learn(desk: Desk) -> None:
    policy = Path(desk.folder / "gates" / "churn.yaml")
    policy.write_text(policy.read_text().replace("roc_auc", "roc_auc_score"))

    assert (
        desk.json("gate", "set", "churn@production", "gates/churn.yaml")["digest"]
        == (desk.json("gate", "show", "churn@production")["digest"])
    )
    assert len(desk.json("gate", "history", "churn@production")["policies"]) == 1
    compared = desk.json("compare", "churn:2", "churn:1", "--metric", "roc_auc_score")
    assert compared["groups"][0]["metric"]["metric"] == "roc_auc"
