"""The starting policy that `cairn init` wrote guards production by itself, once it can."""

from pathlib import Path

import pytest

from projects.desk import Desk
from projects.workshop import SETTINGS, churn


@pytest.fixture
def young(tmp_path: Path) -> Desk:
    """A project with the starting policy, settings, and a version of churn."""
    (tmp_path / "young").mkdir()
    desk = Desk(tmp_path / "young")
    desk("init")
    desk.write("cairn.toml", SETTINGS)
    desk.write("own.bin", "weights")
    told = desk("register", "own.bin", "--model", "churn", "--retroactive")
    assert "judged" not in told, "there is nothing to pin yet"
    desk.write("data/test.csv", churn(rows=50))
    return desk


def test_it_is_bound_with_the_first_snapshot_that_it_can_pin(young: Desk) -> None:
    young("snapshot", "add", "data/test.csv", "--name", "other")
    assert young.json("gate", "history", "churn@production")["policies"] == []

    told = young("snapshot", "add", "data/test.csv", "--name", "test")
    again = young("snapshot", "add", "data/test.csv", "--name", "test")

    assert "churn@production is now judged by the starting policy (sha256:" in told
    assert "starting policy" not in again
    (bound,) = young.json("gate", "history", "churn@production")["policies"]
    assert bound["reason"].startswith("the starting policy, bound with the first snapshot")
    assert "metric roc_auc" in young("gate", "show", "churn@production")


@pytest.mark.parametrize("written", [False, True])
def test_the_first_version_binds_it_for_what_the_model_predicts(
    young: Desk, *, written: bool
) -> None:
    wanted = SETTINGS.replace("model.churn", "model.spend").replace('"churned"', '"spend"')
    young.write("cairn.toml", wanted.replace('task = "binary"', ""))
    young("snapshot", "add", "data/test.csv", "--name", "test")
    if written:
        young("gate", "new", "spend")

    told = young("register", "own.bin", "--model", "spend", "--retroactive")

    assert "spend@production is now judged by the starting policy" in told
    assert "metric mae" in young("gate", "show", "spend@production")


@pytest.mark.parametrize("name", ["starter", "churn"])
def test_what_somebody_changed_is_theirs_to_bind(young: Desk, name: str) -> None:
    policy = (young.folder / "gates/starter.yaml").read_text()
    young.write(f"gates/{name}.yaml", f"{policy}# ours\n")

    told = young("snapshot", "add", "data/test.csv", "--name", "test")

    assert "starting policy" not in told
    assert young.json("gate", "history", "churn@production")["policies"] == []
