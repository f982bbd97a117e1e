"""The starting policy that `cairn init` wrote guards production by itself, once it can."""

from pathlib import Path

import pytest

from desk import Desk
from workshop import SETTINGS, churn


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

    assert "churn@production is now judged by the starting policy, gates/churn.yaml" in told
    assert "starting policy" not in again
    (bound,) = young.json("gate", "history", "churn@production")["policies"]
    assert bound["reason"].startswith("the starting policy, bound with the first snapshot")
    assert "better" in young("gate", "show", "churn@production")


def test_the_first_version_binds_it_where_the_data_were_frozen_before(young: Desk) -> None:
    young.write(
        "gates/leave.yaml",
        (young.folder / "gates/churn.yaml").read_text().replace("churn", "leave"),
    )
    young.write("cairn.toml", SETTINGS.replace("model.churn", "model.leave"))
    young("snapshot", "add", "data/test.csv", "--name", "test")

    told = young("register", "own.bin", "--model", "leave", "--retroactive")

    assert "leave@production is now judged by the starting policy" in told


def test_what_somebody_changed_is_theirs_to_bind(young: Desk) -> None:
    policy = young.folder / "gates/churn.yaml"
    policy.write_text(policy.read_text() + "# ours\n")

    told = young("snapshot", "add", "data/test.csv", "--name", "test")

    assert "starting policy" not in told
    assert young.json("gate", "history", "churn@production")["policies"] == []
