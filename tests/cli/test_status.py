"""How things stand: labels, the way back, the surroundings, the settings in force."""

import re
from pathlib import Path

from cairn.core.errors import Refused
from projects.desk import Desk


def test_status_says_what_labels_hold_and_what_waits(live: Desk) -> None:
    text = live("status")

    assert re.search(r"churn@production +churn:2 .* pass", text)
    assert "a rollback of churn@production was never rehearsed" in text
    assert "cairn rollback churn@production --drill" in text
    assert live.json("status")["held"][0]["version"] == "churn:2"


def test_status_tells_the_decision_that_let_a_version_in_not_a_later_attempt(
    live: Desk,
) -> None:
    high = "  - {id: high, type: floor, metric: roc_auc, value: 0.99}\n"
    live.write("gates/high.yaml", (live.folder / "gates/churn.yaml").read_text() + high)
    live("gate", "set", "churn@production", "gates/high.yaml")
    live("promote", "churn:1", expect=Refused.exit_code)

    text = live("status")
    live("rollback", "churn")

    assert re.search(r"churn:2 .* pass, by a policy before\n", text)
    assert re.search(r"churn:1 .* pass, by a policy before\n", live("status"))


def test_undo_names_the_way_back_and_it_works(live: Desk) -> None:
    way = live.json("undo")

    assert "production moved to churn:2" in live("undo")
    assert way["command"] == "cairn rollback churn@production"
    live(*way["command"].split()[1:])
    assert live.json("undo")["command"] == "cairn promote churn:2 production"


def test_undo_brings_an_archived_version_back(desk: Desk) -> None:
    desk("promote", "churn:1", "archived")

    desk(*desk.json("undo")["command"].split()[1:])

    assert desk.json("show", "churn:1")["labels"] == ["dev"]
    assert desk.json("show", "churn")["labels"]["archived"]["version"] is None
    assert not any("archived" in row["labels"] for row in desk.json("list"))


def test_the_doctor_looks_around(live: Desk, tmp_path: Path) -> None:
    well = {sign["what"]: sign["well"] for sign in live.json("doctor")}
    assert all(well.values())
    assert {"Python", "git", "project", "store", "disk", "ledger key", "you"} <= set(well)

    bare = Desk(tmp_path / "bare")
    (tmp_path / "bare").mkdir()
    text = bare("doctor", expect=Refused.exit_code)
    assert "2 things to mend:\n  git: git init" in text
    assert "project: cairn init" in text


def test_settings_in_force_are_shown(live: Desk) -> None:
    assert re.search(r"models\.churn\.evaluation\.groups +region", live("config"))
    assert live.json("config")["team"] == "default"


def test_status_names_a_production_without_a_gate_and_what_its_version_lacks(
    desk: Desk,
) -> None:
    desk("register", "data", "--model", "other", "--retroactive")
    desk("promote", "other:1", "--ungated", "-m", "taken over", "--waiver", "old files")

    text = desk("status")

    assert "other@production has no gate" in text
    assert re.search(r"other:1, which production holds, has \d+ gaps", text)
