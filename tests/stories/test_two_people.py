"""Two people, each with a store, and a folder that both see."""

import shutil
from pathlib import Path

import pytest

from cairn.core.errors import NotFound, Refused
from projects.desk import Desk


@pytest.fixture
def ada(desk: Desk) -> Desk:
    """Ada has churn:1 in production, and found out that churn:2 is bad."""
    desk("promote", "churn:1", "-m", "the first that we trust")
    desk("promote", "churn:2", "-m", "better")
    desk("rollback", "churn", "-m", "calls from the south")
    desk("mark-bad", "churn:2", "-m", "turns the south away")
    return desk


@pytest.fixture
def bo(ada: Desk, tmp_path: Path) -> Desk:
    """Bo has a store and keys of his own, and one version of churn."""
    assert ada.folder.parent == tmp_path
    (tmp_path / "bo").mkdir()
    desk = Desk(tmp_path / "bo")
    desk("init")
    desk.write("own.bin", "weights of Bo's")
    desk("register", "own.bin", "--model", "churn", "--retroactive")
    return desk


def test_two_people_and_a_shared_folder(ada: Desk, bo: Desk) -> None:
    key = ada.json("remote", "keys")["own"]

    sent = ada("push", "../shared")
    fetched = bo("pull", "../shared")

    assert "ledger entries of what happened to these models" in sent
    assert "nothing follows them anywhere else" in fetched
    assert f"believed by this key from now on: {key}" in fetched
    assert "nothing is pushed to" in ada("push", "../shared")
    assert "nothing is pulled from" in bo("pull", "../shared")

    # Numbers differ, labels are each one's own, and what Ada's ledger says stays Ada's.
    history = bo("history", "churn")
    assert "churn has not moved yet" in history
    assert f"At {key.partition('+')[0]}, as its ledger says up to entry" in history
    assert "nothing here follows it" in history
    assert "got production back by a rollback" in history
    assert "calls from the south" in history
    assert "churn:3 (number 2 there)" in history
    assert "marked bad at cairn.local/" in bo("show", "churn:3")
    assert "turns the south away" in bo("why", "churn:3")
    policy = bo("gate", "show", "churn@production", "--origin", key.partition("+")[0])
    assert "floor  floor  metric roc_auc, value 0.55" in policy
    assert "nothing here follows it" in policy

    refused = bo("promote", "churn:3", "-m", "let us see", expect=Refused.exit_code)
    assert "churn:3 is marked bad at cairn.local/" in refused

    # Bo tries it all the same, in his store: he is told, and it is his decision.
    told = bo("promote", "churn:3", "staging", "-m", "let us see")
    assert "churn:3 is marked bad at cairn.local/" in told
    assert "turns the south away" in told
    bo("push", "../shared")
    ada("pull", "../shared")
    assert "let us see" in ada("history", "churn@staging")
    assert ada.json("show", "churn")["labels"]["staging"]["version"] is None
    for desk in (ada, bo):
        assert "no problem found" in desk("verify", "--all")
        assert "nothing that they need is missing" in desk("fsck", "../shared", "--full")


@pytest.fixture
def colleague(desk: Desk, tmp_path: Path) -> Desk:
    """Somebody else's home on the same machine; the store's folder is open to both."""
    other = Desk(desk.folder)
    other.home = tmp_path / "other-home"
    return other


def test_one_folder_for_both_takes_the_ledgers_key(desk: Desk, colleague: Desk) -> None:
    assert "churn:2" in colleague("list")
    told = colleague("promote", "churn:1", "-m", "mine", expect=NotFound.exit_code)
    assert "the key that signs this store's ledger is not at" in told

    shutil.copytree(desk.home / "keys", colleague.home / "keys")
    colleague("promote", "churn:1", "-m", "mine")
    desk("promote", "churn:2", "-m", "and mine")

    assert [move["reason"] for move in desk.json("history", "churn")] == ["mine", "and mine"]
    keys = {entry["actor"]["key"] for entry in desk.json("ledger", "log") if entry["reason"]}
    assert len(keys) == 2
    for each in (desk, colleague):
        assert "no problem found" in each("verify", "--all")
