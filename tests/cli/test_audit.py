"""Who approved what is named wherever a move or a decision is shown."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cairn.core.errors import NotFound
from projects.desk import Desk

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {{id: floor, type: floor, metric: roc_auc, value: 0.55}}
approvals: {{people: ["{key}"], expire_days: 7, covers: [promotion, policy]}}
override: ["{me}"]
"""
WHO = r"bo \(key [0-9a-f]{8}\)"
WHEN = r"[0-9-]{10} [0-9:]{8} UTC"


@pytest.fixture
def asked(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Asked":
    """A project whose canary asks bo; version 1 was promoted to it with his approval."""
    monkeypatch.setenv("LOGNAME", "ada")
    made = Asked(desk, tmp_path / "bo.key", monkeypatch)
    desk.write("gates/canary.yaml", POLICY.format(key=made.key, me="ada"))
    desk("gate", "set", "churn@canary", "gates/canary.yaml", "--new-label")
    made.promote("churn:1", approved="looked at the regions")
    return made


class Asked:
    """A desk at which bo may sit down, with his own key."""

    def __init__(self, desk: Desk, place: Path, patch: pytest.MonkeyPatch) -> None:
        self.desk, self._place, self._patch = desk, place, patch
        self.key = desk.json("whoami", "--new", str(place), "--name", "bo")["key"]
        self.decision = ""

    @contextmanager
    def bo(self) -> Generator[Callable[..., str]]:
        """Let bo type."""
        with self._patch.context() as patch:
            patch.setenv("LOGNAME", "bo")
            patch.setenv("CAIRN_KEY", str(self._place))
            yield self.desk

    def promote(self, version: str, *, approved: str) -> None:
        """Ask, have bo agree, and promote to canary."""
        self.desk("promote", version, "canary", expect=7)
        self.decision = f"decision:{self.desk.json('approvals')[0]['subject'][7:19]}"
        with self.bo() as bo:
            bo("approve", self.decision, "--reason", approved)
        self.desk("promote", version, "canary", "-m", "asked for")


def test_the_history_of_a_label_names_who_approved_with_time_and_key(asked: Asked) -> None:
    text = asked.desk("history", "churn@canary")

    row = rf"{WHEN}  churn:1  {WHO}  {WHEN}  looked at the regions"
    assert re.search(row, text)
    (move,) = asked.desk.json("history", "churn@canary")
    (given,) = move["approved_by"]
    assert (given["who"]["id"], given["who"]["key"]) == ("bo", asked.key)
    assert given["reason"] == "looked at the regions"


def test_where_nobody_was_asked_the_history_says_nothing_of_approvals(asked: Asked) -> None:
    asked.desk("promote", "churn:1")

    assert "approved" not in asked.desk("history", "churn")
    assert [move["approved_by"] for move in asked.desk.json("history", "churn")] == [[]]


def test_an_explained_decision_names_who_approved_it(asked: Asked) -> None:
    text = asked.desk("gate", "explain", asked.decision)

    assert re.search(rf"\napproved by {WHO}, {WHEN}: looked at the regions\n", text)
    told = asked.desk.json("gate", "explain", asked.decision)
    assert [given["who"]["id"] for given in told["approved_by"]] == ["bo"]
    assert told["decision"]["verdict"] == "pass"


def test_the_page_of_a_decision_names_who_approved_it(asked: Asked) -> None:
    asked.desk("gate", "explain", asked.decision, "--html", "decision.html")

    page = (asked.desk.folder / "decision.html").read_text()
    (row,) = re.findall(r"approved.*", page)
    assert re.search(rf"Z by {WHO}: looked at the regions<", row), row


def test_the_story_of_a_version_names_who_approved_its_promotion(asked: Asked) -> None:
    text = asked.desk("why", "churn:1")

    told = (
        rf"took canary, by ada: asked for\n +approved by {WHO}, {WHEN}: looked at the regions"
    )
    assert re.search(told, text)
    events = asked.desk.json("why", "churn:1")["events"]
    named = {event["action"] for event in events if event["approved_by"]}
    assert named == {"label.move"}


def test_an_auditor_gets_moves_decisions_evidence_and_approvers_in_one_table(
    asked: Asked,
) -> None:
    asked.desk("promote", "churn:1", "-m", "nobody is asked")
    asked.desk("promote", "churn:2", "canary", "--override", "-m", "it burns")
    asked.desk("rollback", "churn@canary", "-m", "it was worse")

    moves = asked.desk.json("audit", "show", "--model", "churn")
    text = asked.desk("audit", "show", "--model", "churn", "--action", "promote")

    assert [(move["kind"], move["label"], move["number"]) for move in moves] == [
        ("promote", "canary", 1),
        ("promote", "production", 1),
        ("override", "canary", 2),
        ("rollback", "canary", 1),
    ]
    assert [len(move["approved_by"]) for move in moves] == [1, 0, 0, 0]
    assert [bool(move["evidence"]) for move in moves] == [True, True, True, False]
    head, _, first, second = text.splitlines()
    assert re.split("  +", head) == [
        *("when", "who", "what", "label", "version", "digest", "decision", "evidence"),
        *("approved by", "review", "why"),
    ]
    digest = r"sha256:[0-9a-f]{12}"
    facts = rf"ada +promote +canary +churn:1 +{digest} +{digest} +{digest}"
    assert re.fullmatch(rf"{WHEN} +{facts} +{WHO} {WHEN} +- +asked for", first)
    assert re.search(
        rf"production +churn:1 +{digest} +{digest} +{digest} +- +- +nobody", second
    )


def test_an_approval_that_an_override_did_without_is_not_named_as_its_own(
    asked: Asked,
) -> None:
    asked.desk("promote", "churn:2", "canary", expect=7)
    decision = asked.desk.json("approvals")[0]["subject"]
    with asked.bo() as bo:
        bo("approve", decision)
    asked.desk("promote", "churn:2", "canary", "--override", "-m", "it burns")

    moves = asked.desk.json("history", "churn@canary")

    assert [len(move["approved_by"]) for move in moves] == [1, 0]
    assert "approved by bo" in asked.desk("gate", "explain", f"decision:{decision[7:19]}")


def test_there_is_nothing_to_audit_of_a_model_that_nobody_knows(desk: Desk) -> None:
    desk.fails(
        *("audit", "show", "--model", "nobody"),
        code=NotFound.exit_code,
        says="there is no model nobody yet",
    )
    assert "moved like that" in desk("audit", "show", "--model", "churn")
