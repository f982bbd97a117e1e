"""An auditor asks who approved what, when, on which evidence, and believes nobody."""

import json
import shutil
from pathlib import Path
from unittest import mock

import pytest

from cairn.core.errors import Invalid, NotFound, Pending
from cairn.core.version import RegisterVersion
from cairn.registry import Registry
from formats import ledger_reader
from projects.desk import Colleague, Desk

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {{id: floor, type: floor, metric: roc_auc, value: 0.55}}
approvals:
  people: ["{key}"]
"""


@pytest.fixture
def ann(desk: Desk) -> Colleague:
    """Who has to agree."""
    return Colleague(desk, "ann")


@pytest.fixture
def lived(desk: Desk, ann: Colleague) -> Desk:
    """A project in which churn:1 was promoted under one policy, and churn:2 under another."""
    desk("promote", "churn:1", "-m", "the first")
    desk.write("gates/churn.yaml", POLICY.format(key=ann.key))
    desk("gate", "set", "churn@production", "gates/churn.yaml", "-m", "somebody has to agree")
    desk("promote", "churn:2", expect=Pending.exit_code)
    subject = desk.json("approvals")[0]["subject"]
    ann("approve", subject, "-m", "looked at the regions")
    desk("promote", "churn:2", "-m", "better in the west")
    return desk


def test_who_approved_what_on_which_evidence(lived: Desk, ann: Colleague) -> None:
    moves = lived.json("audit", "show", "--model", "churn", "--action", "promote")

    assert [move["number"] for move in moves] == [1, 2]
    first, second = moves
    assert first["approved_by"] == []
    (given,) = second["approved_by"]
    assert given["who"]["key"] == ann.key
    assert given["reason"] == "looked at the regions"
    assert second["after"] == lived.json("show", "churn:2")["digest"]
    assert second["evidence"]
    assert second["decision"]
    table = lived("audit", "show", "--model", "churn", "--action", "promote")
    assert "ann (key" in table
    assert "better in the west" in table
    for command in (
        ("why", "churn:2"),
        ("history", "churn"),
        ("gate", "explain", second["decision"]),
    ):
        assert "looked at the regions" in lived(*command)


def test_which_policy_held_then(lived: Desk) -> None:
    first = lived.json("history", "churn")[0]

    then = lived("gate", "show", "churn@production", "--at", first["time"])
    now, code = lived("gate", "show", "churn@production"), NotFound.exit_code
    before = lived("gate", "show", "churn@production", "--at", "2001-01-01", expect=code)

    assert "must agree" not in then
    assert "must agree" in now
    assert "had no policy" in before


def test_a_move_against_the_gate_and_who_looked_into_it(desk: Desk, ann: Colleague) -> None:
    desk("promote", "churn:1", "--ungated", "-m", "x", expect=Invalid.exit_code)
    user = desk.json("whoami")["user"]
    policy = POLICY.format(key=ann.key).replace("0.55", "0.95") + f"override: [{user}]\n"
    desk.write("gates/churn.yaml", policy)
    desk("gate", "set", "churn@production", "gates/churn.yaml")
    desk("promote", "churn:1", "--override", "-m", "nothing else works")
    before = desk("audit", "show", "--model", "churn"), desk("history", "churn")
    entry = desk.json("gate", "review")[0]["entry"]
    ann("gate", "review", str(entry), "-m", "right: looked at it")

    (move,) = desk.json("audit", "show", "--model", "churn", "--action", "override")

    assert all("not reviewed" in text.lower() for text in before)
    assert (move["seq"], move["review"]["reviewed_by"]) == (entry, "ann")
    for command in (("audit", "show", "--model", "churn"), ("history", "churn")):
        assert "right: looked at it" in desk(*command)


def test_moves_of_a_label_that_holds_nothing_now_are_still_told(desk: Desk) -> None:
    with mock.patch.dict("os.environ", desk.environment()):
        registry = Registry.open(desk.folder)
        known = registry.version("churn:2").digest
        asked = RegisterVersion(
            model="default/try", manifest=known, stage="staging", retroactive=True
        )
        registry.engine.send(asked)
        registry.promote("try:1", "staging")

    told = desk("delete", "try:1", "-m", "a throw-away")

    (move,) = desk.json("audit", "show", "--model", "try")

    assert (move["label"], move["number"]) == ("staging", 1)
    assert "staging pointed at it, and holds nothing now" in told


def test_the_ledger_is_checked_away_from_the_store(lived: Desk, tmp_path: Path) -> None:
    """With the entries as text, a checkpoint and a public key, and nothing of Cairn's."""
    kept = tmp_path / "checkpoint"
    kept.write_text(lived("ledger", "checkpoint"))
    copy = tmp_path / "ledger"
    shutil.copytree(lived.folder / ".cairn" / "ledger", copy)
    key = lived.json("remote", "keys")["own"]
    lived("mark-bad", "churn:1", "-m", "too old")

    entries = ledger_reader.read_segments([(copy / "00000000.jsonl").read_bytes()])
    origin, size, root = ledger_reader.read_checkpoint(kept.read_bytes(), key)

    assert (len(entries), ledger_reader.tree_hash(entries)) == (size, root)
    assert origin == key.partition("+")[0]
    moves = [entry for entry in map(json.loads, entries) if entry["action"] == "label.move"]
    assert [move["reason"] for move in moves] == ["the first", "better in the west"]
    assert "no problem found" in lived("verify", "--all", "--against", str(kept))
