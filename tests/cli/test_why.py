"""`cairn why`: the story of one version, whole, and of no other."""

import pytest

from cairn.cli.why import TOLD
from cairn.engine.actions import ACTIONS
from projects.desk import Desk

NOT_OF_A_VERSION = {
    "testimony.record",  # another store's word, told apart from what happened here
    *("ledger.continue", "objects.erase", "objects.sweep", "remote.trust"),
    *("snapshot.add", "pin.check", "run.start", "run.finish", "gate.set", "label.drill"),
    *("verdict.record", "evaluation.record", "latency.record", "result.record"),
    *("evidence.sign", "approval.give"),  # told beside the promotion that they were for
}


def test_every_kind_of_entry_is_told_or_known_to_be_of_something_else() -> None:
    assert TOLD.keys() | NOT_OF_A_VERSION == ACTIONS.keys()
    assert TOLD.keys() & NOT_OF_A_VERSION == set()


def test_a_version_has_no_events_of_a_model_whose_name_begins_alike(desk: Desk) -> None:
    for name in ("churn-eu", "churn.eu", "churn_eu", "churnx"):
        for content in ("1", "2"):
            desk.write("old.json", content)
            desk("register", "old.json", "--model", name, "--retroactive")
        desk("promote", f"{name}:2", "staging", "-m", f"only {name}")
    desk("promote", "churn:2", "staging", "-m", "ours")

    told = desk("why", "churn:2")

    assert "ours" in told
    assert "only" not in told
    assert {event["subject"] for event in desk.json("why", "churn:2")["events"]} == {
        *("default/churn:2", "default/churn@staging"),
    }
    assert "only churn_eu" in desk("why", "churn_eu:2")


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("default/churn", {"default/churn:1", "default/churn:2", "default/churn@production"}),
        ("default/churn:1", {"default/churn:1"}),
        ("default/churn@production", {"default/churn@production"}),
        ("default/", {"default/churn:1", "default/churn:2", "default/churn@production"}),
        ("snap:", {"snap:test", "snap:train"}),
    ],
)
def test_the_ledger_is_listed_by_what_is_meant(
    desk: Desk, subject: str, found: set[str]
) -> None:
    listed = {entry["subject"] for entry in desk.json("ledger", "log", "--subject", subject)}

    assert listed == found


def test_a_move_without_a_gate_and_its_review_are_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("old.json", "{}")
    desk("register", "old.json", "--model", "old", "--retroactive")
    reasons = ("--reason", "the site is down", "--waiver", "it was live before")
    desk("promote", "old:1", "--ungated", *reasons)
    entry = desk.json("gate", "review")[0]["entry"]

    assert "old:1 took production WITHOUT A GATE, by " in desk("why", "old:1")
    assert "the site is down" in desk("why", "old:1")
    assert "reviewed" not in desk("why", "old:1")

    monkeypatch.setenv("LOGNAME", "bo")
    monkeypatch.setenv("CAIRN_KEY", str(desk.home / "bo.key"))
    desk("whoami", "--new", str(desk.home / "bo.key"), "--name", "bo")
    desk("gate", "review", str(entry), "-m", "it held")

    assert "old:1 had its move to production reviewed, by " in desk("why", "old:1")
    assert "reviewed" not in desk("why", "churn:2")
