"""Every command once or twice: text, JSON and exit code; what it does is tested elsewhere."""

import base64
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from msgspec.structs import replace

from cairn.capture.run import RunOutcome
from cairn.cli.app import COMMANDS, ELSEWHERE
from cairn.core.errors import Conflict, Inconclusive, Invalid, NotFound, Refused
from cairn.core.run import Input, Run, RunFacts
from cairn.core.version import RegisterVersion
from cairn.registry import Registry
from projects.desk import Desk


def test_init_makes_a_project_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    text = desk("init", "new")

    assert "is now a Cairn project" in text
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *("cairn.toml", "gates", ".cairn", ".gitignore")
    }
    assert (tmp_path / "new" / ".gitignore").read_text() == ".cairn/\n"
    assert stat.S_IMODE((tmp_path / "new" / ".cairn").stat().st_mode) == 0o700
    desk.fails("init", "new", code=Conflict.exit_code, says="is a Cairn project already")
    assert len(desk.json("init", "other")["store"]) == 32


def test_inventory_finds_and_keeps_what_a_person_adds(desk: Desk) -> None:
    text = desk("inventory")

    assert "data/test.csv" in text
    assert "written to cairn.inventory.yaml" in text
    desk("inventory", "record", "weights", "s3://bucket/model")
    assert desk.json("inventory", "scan")["inventory"]["asserted_by_human"] == {
        "weights": ["s3://bucket/model"]
    }
    assert "the gap stays" in desk("inventory", "record", "environment", "no idea")
    gaps = desk.json("inventory", "gaps", expect=Refused.exit_code)
    assert "environment" in {gap["field"] for gap in gaps}


def test_steps_say_what_is_done_and_refuse_to_skip(live: Desk) -> None:
    states = {step["number"]: step["done"] for step in live.json("steps")}

    assert states[6], "a label says what is live"
    assert not states[8], "no rollback was rehearsed"
    live.fails("steps", "10", code=Invalid.exit_code, says="numbered 1 to 9")
    assert live.json("steps", "9", expect=Refused.exit_code)["error"]["kind"] == "refused"


def test_a_snapshot_is_added_shown_compared_restored_and_verified(desk: Desk) -> None:
    desk.write("data/test.csv", "customer,churned\nc1,1\n")

    added = desk.json("snapshot", "add", "data/test.csv", "--name", "short")

    assert "snap:short is sha256:" in desk(
        "snapshot", "add", "data/test.csv", "--name", "short"
    )
    assert (added["files"], added["name"]) == (1, "short")
    assert "test.csv" in desk("snapshot", "show", "short")
    assert {row["name"] for row in desk.json("snapshot", "list")} >= {"short", "test", "train"}
    assert "changed" in desk("snapshot", "diff", "snap:test", "snap:short")
    assert "every byte verified" in desk("snapshot", "restore", "snap:short", "back")
    assert (desk.folder / "back" / "test.csv").read_text() == "customer,churned\nc1,1\n"
    assert desk.json("snapshot", "verify", "snap:short") == {"files": 1, "size_bytes": 22}


def test_versions_are_listed_filtered_and_sorted(live: Desk) -> None:
    names = [row["name"] for row in live.json("list", "churn")]

    assert names == ["churn:2", "churn:1"]
    assert "production" in live("list")
    assert live("list", "--where", "metrics.roc_auc > 0.9") == (
        "no version matches metrics.roc_auc > 0.9\n"
    )
    live.fails(
        *("list", "--where", "metrics.nope > 1"),
        code=NotFound.exit_code,
        says=r"no version has metrics\.nope; the nearest is metrics\.roc_auc",
    )
    live.fails(
        *("list", "--sort", "f1"),
        code=NotFound.exit_code,
        says=r"no version has the metric f1; there are roc_auc",
    )
    assert live("list", "risk/other").startswith("no version of risk/other yet; `cairn run")
    assert live("runs", "other").startswith("no run of other yet; `cairn run")


def test_versions_are_sorted_by_a_metric_with_the_best_first(desk: Desk) -> None:
    lowest_first = {"log_loss": True, "ece@10": True, "roc_auc": False, "profit": False}
    for value in ("0.9", "0.1", "0.3"):
        metrics = [f"--metric={metric}={value}" for metric in lowest_first]
        desk.write(f"{value}.json", value)
        desk("register", f"{value}.json", "--model", "old", "--retroactive", *metrics)

    for metric, lowest in lowest_first.items():
        names = [row["name"] for row in desk.json("list", "old", "--sort", metric)]
        assert names == (
            ["old:2", "old:3", "old:1"] if lowest else ["old:1", "old:3", "old:2"]
        )
    assert "from the lowest up" in " ".join(desk("list", "--help").split())


def test_a_version_is_shown_explained_compared_and_verified(live: Desk) -> None:
    shown = live.json("show", "churn@production")

    assert (shown["number"], shown["labels"]) == (2, ["production"])
    assert "churn:2  sha256:" in live("show", "churn:2")
    assert "took production, by " in live("why", "churn:2")
    assert "commit       " + "c" * 40 in live("why", "churn:2", "--code")
    assert "artifacts" in live("diff", "churn:1", "churn:2")
    assert "churn:1 is intact" in live("verify", "churn:1")


def test_help_may_stand_in_front(desk: Desk) -> None:
    assert desk("help", "gate", "set") == desk("gate", "set", "--help")
    assert desk("help") == desk("--help")
    assert "Freeze SOURCE" in desk.json("help", "snapshot", "add")["help"]
    assert "did you mean `cairn promote`" in desk("help", "promte", expect=2)


@pytest.mark.parametrize(("word", "ours"), ELSEWHERE.items())
def test_words_of_other_tools_lead_to_ours(
    desk: Desk, word: str, ours: tuple[str, str]
) -> None:
    command = ours[0].split()[0]

    text = desk(word, expect=2)

    assert f"cairn has no '{word}': `cairn {command}" in text
    assert word not in COMMANDS
    assert command in COMMANDS
    assert ours[1] in text


def test_a_model_is_shown_with_every_label_the_empty_ones_too(live: Desk) -> None:
    text = live("show", "churn")

    assert "churn: 2 versions, the newest is churn:2" in text
    held = {line.split()[0]: line.split()[1] for line in text.splitlines()[4:]}
    empty = dict.fromkeys(("dev", "staging", "canary", "archived"), "-")
    assert held == {**empty, "production": "churn:2"}
    assert live.json("show", "churn")["labels"]["production"]["policy"].startswith("sha256:")
    live.fails("show", "nobody", code=NotFound.exit_code, says="there is no model nobody yet")


def test_the_required_fields_and_the_minimum_set_are_checked(live: Desk) -> None:
    live.write("old.json", "{}")
    live("register", "old.json", "--model", "old", "--retroactive")

    assert "churn:2: nothing is missing" in live("check", "churn:2")
    assert all(part["is_there"] for part in live.json("check", "churn:2", "--minimum-set"))
    assert "old:1: missing: commit, data_id, parameters, metrics" in live(
        "check", "old:1", expect=Refused.exit_code
    )
    told = live("check", "old:1", "--minimum-set", expect=Refused.exit_code)
    assert told.endswith("old:1: missing: code, data, configuration\n")


def test_a_version_is_exported_with_its_sidecar(live: Desk) -> None:
    done = live.json("export", "churn:2", "out")

    (sidecar,) = (live.folder / done["place"]).glob("*.cairn.json")
    assert [f"{name}.cairn.json" for name in done["files"]] == [sidecar.name]
    assert "already" in live("export", "churn:2", "out")
    sidecar.write_text("{}")
    live.fails("export", "churn:2", "out", code=Refused.exit_code, says="other content")


def test_predictions_are_made_and_compared(live: Desk) -> None:
    text = live("evaluate", "churn:1", "--on", "snap:test")

    assert re.search(r"rows +400\n", text)
    seen = "A look at the data of production"
    assert seen in text
    compared = live.json("compare", "churn:2", "churn:1")
    assert (compared["rows"], len(compared["looks"])) == (400, 1)
    assert live.json("evaluate", "churn:1", "--on", "snap:test")["looks"] == compared["looks"]
    assert seen in live("compare", "churn:2", "churn:1")
    assert "agree on" in live("compare", "churn:2", "churn:1", "--examples", "1")


def test_a_gate_is_bound_shown_asked_explained_and_replayed(live: Desk) -> None:
    assert "floor" in live("gate", "show", "churn@production")
    checked = live.json("gate", "check", "churn:1")
    decision = f"decision:{checked['digest'][7:19]}"

    assert checked["decision"]["verdict"] == "pass"
    assert "floor" in live("gate", "explain", decision)
    assert "judged again: the same pass" in live("gate", "replay", decision)
    assert decision in live("gate", "history", "churn@production")
    assert len(live.json("gate", "history", "churn")["decisions"]) == 3


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ("type: floor, metric: roc_auc, value: 0.99", Refused),
        (
            "type: no_subgroup_regression, by: [region], metric: recall, min_rows: 900",
            Inconclusive,
        ),
    ],
    ids=["a floor", "thin evidence"],
)
def test_a_gate_that_does_not_pass_says_so_by_its_exit_code(
    live: Desk, check: str, error: type[Refused]
) -> None:
    policy = f"cairn: policy/1\nevaluation: snap:test\nchecks:\n  - {{id: x, {check}}}\n"
    live.write("gates/strict.yaml", policy)
    live("gate", "set", "churn@production", "gates/strict.yaml", "-m", "stricter")

    live("gate", "check", "churn:1", expect=error.exit_code)
    text = live("promote", "churn:1", expect=error.exit_code)

    assert text.startswith("cairn: churn:1 ")
    assert live.json("show", "churn@production")["number"] == 2
    refused = live.json("promote", "churn:1", expect=error.exit_code)["error"]
    assert refused["kind"] == error.kind
    assert "churn:1" in refused["report"]


def test_a_label_moves_and_remembers(live: Desk) -> None:
    assert "churn@dev now holds churn:1 (before: nothing)" in live("promote", "churn:1", "dev")
    assert [move["reason"] for move in live.json("history", "churn")] == ["first", "better"]
    assert "1 -> 2" in live("history", "churn")
    newest = live("history", "churn", "--limit", "1")
    assert newest.startswith("the newest 1 move; --limit shows more\n")
    assert "better" in newest
    assert "first" not in newest
    assert "held nothing at 2020-01-01" in live(
        "history", "churn", "--at", "2020-01-01T00:00Z"
    )
    assert "held churn:2" in live("history", "churn", "--at", "2999-01-01")
    assert live("history", "churn@canary") == "churn@canary has not moved yet\n"


def test_a_stale_expectation_is_a_conflict(live: Desk) -> None:
    with live.nothing_recorded():
        live.fails(
            *("promote", "churn:1", "--expecting", "churn:1"),
            code=Conflict.exit_code,
            says="churn:2",
        )


def test_a_rollback_is_done_as_far_as_there_is_something_good(live: Desk) -> None:
    assert "churn@production now holds churn:1 (before: 2)" in live("rollback", "churn")
    text = live("rollback", "churn", expect=Refused.exit_code)
    assert "no earlier known-good version" in text
    assert "What to do:\n  promote a good version instead" in text


def test_a_version_is_released_marked_and_deleted(live: Desk) -> None:
    assert "churn:1 is released as churn:0.1.0" in live("release", "churn:1", "--no-tag")
    assert live.json("release", "churn:2", "2.0.0", "--no-tag")["release"] == "2.0.0"
    assert "it still holds production" in live("mark-bad", "churn:2", "-m", "leaks")
    live("rollback", "churn")
    assert live.json("delete", "churn:2", "-m", "leaks")["deleted"] == "leaks"
    assert "deleted" in live("list")


def test_weights_on_disk_are_registered_with_what_is_known(desk: Desk) -> None:
    desk.write("weights/model.txt", "tree 1")

    made = desk.json("register", "weights", "--model", "other", "--retroactive")

    assert made["name"] == "other:1"
    assert {gap["field"] for gap in made["gaps"]} >= {"code", "data", "metrics"}
    text = desk("register", "weights", "--model", "third", expect=Refused.exit_code)
    assert "`--retroactive`" in text


def test_runs_are_captured_listed_and_shown(desk: Desk) -> None:
    words = ("run", "--json", "--model", "churn", "--", "sh", "-c", "echo loud")

    done = desk.run(sys.executable, "-m", "cairn", *words)

    said, _, last = done.stdout.rstrip().rpartition("\n")
    made = json.loads(last)
    run = f"run:{made['run']['id'][:12]}"
    assert (done.returncode, said.strip(), done.stderr) == (0, "loud", "")
    assert "saved no model" in made["next_step"]
    assert run in desk("runs")
    assert [row["status"] for row in desk.json("runs", "churn")] == ["succeeded"]
    assert re.search(r"command +sh -c", desk("show", run))


def test_a_run_that_measured_on_data_of_a_gate_says_that_it_looked(desk: Desk) -> None:
    with mock.patch.dict(os.environ, desk.environment()):
        registry = Registry.open(desk.folder)
        read = Input(role="test", snapshot=registry.find_snapshot("snap:test").digest)
        old = registry.version("churn:2").manifest
        made = registry.objects.put_record(
            replace(old, inputs=(read,), metrics={"accuracy": 0.9})
        )
        asked = RegisterVersion(model="default/churn", manifest=made, retroactive=True)
        version = registry.engine.send(asked)
    run = Run(
        id="a" * 32, model="default/churn", status="succeeded", started_by="a", started_at=""
    )
    measured = RunFacts(metrics={"accuracy": 0.9})

    def typed(**outcome: Any) -> str:
        came = RunOutcome(run=run, facts=measured, exit_code=0, version=version, **outcome)
        with mock.patch.object(Registry, "run_command", return_value=came):
            return desk("run", "--model", "churn", "--", "train")

    assert "A look at the data of production: after 0 looks" in typed(is_new=True)
    assert "A look" not in typed(is_new=False)


def test_a_run_ends_with_the_code_of_its_script_and_says_what_was_not_registered(
    desk: Desk,
) -> None:
    words = ("run", "--model", "churn", "--require-version", "--", "sh", "-c")

    plain = desk.run(sys.executable, "-m", "cairn", *words[:3], *words[4:], "echo loud")
    strict = desk.run(sys.executable, "-m", "cairn", *words, "echo loud")
    failed = desk.run(sys.executable, "-m", "cairn", *words, "exit 3")

    assert (plain.returncode, strict.returncode, failed.returncode) == (0, 6, 3)
    assert plain.stdout == "loud\n"
    assert "nothing is registered yet" in plain.stderr


def test_the_ledger_is_read_proven_and_verified(live: Desk) -> None:
    entries = live.json("ledger", "log", "--limit", "3")
    note = live("ledger", "checkpoint")
    live.write("kept.checkpoint", note)

    assert [entry["action"] for entry in entries][-1] == "label.move"
    assert "label.move" in live("ledger", "log", "--action", "label.move")
    assert live("ledger", "log", "--subject", "nothing") == "no such entry\n"
    proof = live("ledger", "prove", "0")
    assert proof.startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert all(
        len(base64.b64decode(line)) == 32 for line in proof.split("\n\n")[0].split()[3:]
    )
    assert "no problem found" in live("ledger", "verify", "--against", "kept.checkpoint")
    assert live.json("verify", "--all")["entries"] == entries[-1]["seq"] + 1
    live.fails("ledger", "prove", "9999", code=NotFound.exit_code, says="it ends at")


def test_the_database_is_rebuilt_if_it_is_asked_for(live: Desk) -> None:
    before = live.json("history", "churn")
    live.fails("rebuild", code=Invalid.exit_code, says="rebuild --yes")

    text = live("rebuild", "--yes")

    assert "replayed" in text
    assert live.json("history", "churn") == before
    assert "no problem found" in live("verify", "--all")


def test_without_a_project_every_command_says_what_to_do_first(tmp_path: Path) -> None:
    empty = Desk(tmp_path / "empty")
    empty.folder.mkdir()

    for words in (
        ("list",),
        ("show", "churn:1"),
        ("promote", "churn:1"),
        ("verify",),
        ("rebuild",),
    ):
        empty.fails(*words, code=NotFound.exit_code, says="run `cairn init` in your project's")
