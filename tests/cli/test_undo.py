"""Every change that `cairn undo` knows: what it says, and what its command does."""

from pathlib import Path

import pytest

from cairn.core.errors import Refused
from projects.desk import Desk

CHANGES = {
    "a policy": ([], "another policy was bound to churn@production"),
    "a version": (
        ["register data --model other --retroactive"],
        "other:1 was registered",
    ),
    "a first move": (["promote churn:1"], "production moved to churn:1"),
    "a move": (["promote churn:1", "promote churn:2"], "production moved to churn:2"),
    "a rollback": (
        ["promote churn:1", "promote churn:2", "rollback churn"],
        "production went back to churn:1",
    ),
    "an archived version": (["promote churn:1 archived"], "archived moved to churn:1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_last_change_is_named_and_the_command_for_it_is_taken(
    desk: Desk, change: str
) -> None:
    words, what = CHANGES[change]
    for each in words:
        desk(*each.split())

    way = desk.json("undo")

    assert way["what"] == what
    assert what in desk("undo")
    done = desk.cairn(*way["command"].replace("WHY", "mistaken").split()[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_first_move_of_a_working_label_condemns_no_version(desk: Desk) -> None:
    desk("promote", "churn:1", "-m", "live")
    desk("promote", "churn:1", "dev")

    way = desk.json("undo")

    assert way["command"] == "cairn promote churn:N dev"
    desk(*way["command"].replace("N", "2").split()[1:])
    assert desk.json("show", "churn@dev")["number"] == 2


def test_the_way_back_from_a_mark_asks_for_evidence_that_is_newer(desk: Desk) -> None:
    desk("mark-bad", "churn:2", "-m", "wrong")

    way = desk.json("undo")

    assert (way["what"], way["command"]) == (
        "churn:2 was marked bad",
        "cairn promote churn:2 --reason WHY",
    )
    refused = desk(*way["command"].split()[1:], expect=Refused.exit_code)
    assert "the gate has seen nothing about it that was measured since" in refused


def test_where_nothing_was_changed_nothing_can_be_taken_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()
    desk("init")

    assert "nothing was changed yet that could be taken back" in desk("undo")
