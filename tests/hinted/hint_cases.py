"""Errors that print a command, and the command typed: the error is gone.

`types` says which hints a case types; `tests/cli/test_hints.py` compares that with the source.
"""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from cairn.core.errors import Invalid, NotFound
from projects.desk import Desk

Typed = Callable[[Desk], None]
CASES: dict[tuple[str, str], Typed] = {}
QUOTED = re.compile(r"`(cairn [^`]+)`")


def types(module: str, *commands: str) -> Callable[[Typed], Typed]:
    """Say which hints of a module a case types."""

    def listed(case: Typed) -> Typed:
        CASES.update(dict.fromkeys(((module, command) for command in commands), case))
        return case

    return listed


def follow(
    desk: Desk, *words: str, code: int, hint: str, again: bool = True, **said: str
) -> str:
    """Type what fails, the command that it hints at, and the first once more; that works.

    `said` is what a person writes for words in capitals. Returns what came in the end.
    """
    told = desk(*words, expect=code)
    commands = QUOTED.findall(" ".join(told.split()))
    command = next((one for one in commands if one.startswith(hint)), None)
    assert command is not None, told
    for word, value in said.items():
        command = re.sub(rf"\b{word.replace('_', '-')}\b", value, command)
    assert not re.search(r"\b[A-Z]{3,}\b", command), f"what to write for: {command}"
    done = desk(*shlex.split(command)[1:])
    return desk(*words) if again else done


@types("cli/app.py", "cairn --help")
def a_command_that_there_is_not(desk: Desk) -> None:
    told = follow(desk, "xyzzy", code=2, hint="cairn --help", again=False)
    assert "Usage: cairn" in told


@types("gates/scorer.py", "cairn evaluate VERSION --on SNAPSHOT --predictions FILE")
def predictions_that_are_made_elsewhere(desk: Desk) -> None:
    from pyarrow import csv, parquet

    rows = csv.read_csv(desk.folder / "data/test.csv").select(["customer", "churned", "age"])
    parquet.write_table(
        rows.rename_columns(["id", "label", "score"]), desk.folder / "p.parquet"
    )
    toml = (desk.folder / "cairn.toml").read_text()
    desk.write("cairn.toml", toml.replace('groups = ["region"]', 'score = "elsewhere"'))
    words = ("evaluate", "churn:1", "--on", "test")
    said = {"VERSION": "churn:1", "SNAPSHOT": "test", "FILE": "p.parquet"}

    done = follow(desk, *words, code=6, hint="cairn evaluate", again=False, **said)

    assert "roc_auc" in done


@types("config.py", "cairn init")
def no_project(desk: Desk) -> None:
    bare = Desk(desk.folder.parent / "bare")
    bare.folder.mkdir()

    assert follow(bare, "list", code=NotFound.exit_code, hint="cairn init")


@types("engine/version.py", "cairn list")
@types("cli/label.py", "cairn list")
@types("cli/model.py", "cairn list")
@types("cli/audit.py", "cairn list")
@types("data/remotes/selection.py", "cairn list")
def unknown_names(desk: Desk) -> None:
    for words in (
        *(("show", "nope:1"), ("history", "nope"), ("show", "nope")),
        *(("audit", "show", "--model", "nope"), ("push", str(desk.folder / "far"), "nope")),
    ):
        listed = follow(desk, *words, code=NotFound.exit_code, hint="cairn list", again=False)
        assert "churn:1" in listed


@types("cli/version.py", "cairn list {}")
def a_page_of_a_list(desk: Desk) -> None:
    told = desk("list", "churn", "--where", "number >= 1", "--limit", "1")
    (older,) = QUOTED.findall(told)
    listed = desk(*shlex.split(older)[1:])
    assert "churn:2" in told
    assert "churn:1" not in told
    assert "churn:1" in listed
    assert "churn:2" not in listed
    assert "older" not in listed


@types("engine/resolve.py", "cairn promote {}:N {}")
def an_empty_label(desk: Desk) -> None:
    follow(desk, "show", "churn@staging", code=4, hint="cairn promote", N="1")


@types("engine/run.py", "cairn runs")
def an_unknown_run(desk: Desk) -> None:
    follow(desk, "show", "run:12345678", code=4, hint="cairn runs", again=False)


@types("engine/decisions.py", "cairn gate history MODEL@LABEL")
@types("engine/gate.py", "cairn gate explain decision:{}")
def an_unknown_decision(desk: Desk) -> None:
    words = ("gate", "explain", "decision:12345678")
    said = {"MODEL": "churn", "LABEL": "production"}
    follow(desk, *words, code=4, hint="cairn gate history", again=False, **said)
    desk.write(
        "gates/high.yaml",
        (desk.folder / "gates/churn.yaml").read_text().replace("0.55", "0.99"),
    )
    desk("gate", "set", "churn@production", "gates/high.yaml")
    told = follow(desk, "promote", "churn:1", code=6, hint="cairn gate explain", again=False)
    assert "refused by the gate" in told


@types("engine/gate.py", "cairn gate set {} FILE")
@types("gates/policy.py", "cairn gate new MODEL")
@types("cli/gate.py", "cairn gate set {}@production {}")
def a_label_without_policy(desk: Desk) -> None:
    shown = ("gate", "show", "churn@staging")
    follow(desk, *shown, code=4, hint="cairn gate set", FILE="gates/churn.yaml")
    bound = ("gate", "set", "churn@canary", "gates/other.yaml")
    said = follow(desk, *bound, code=4, hint="cairn gate new", again=False, MODEL="other")
    assert "`cairn gate set other@production gates/other.yaml`" in said
    desk(*bound)


@types(
    "gates/template.py",
    "cairn gate set {}@production {}",
    "cairn snapshot add PATH --name test",
)
def a_first_policy(desk: Desk) -> None:
    desk("gate", "new", "old")
    text = (desk.folder / "gates" / "old.yaml").read_text()
    desk.write("old.json", "{}")
    desk("register", "old.json", "--model", "old", "--retroactive")
    command = next(line for line in text.splitlines() if "cairn gate set" in line)

    desk(*command.lstrip("# ").split()[1:])
    follow(desk, "gate", "new", "old", code=5, hint="cairn gate set", again=False)
    assert "`cairn snapshot add PATH --name test`" in text


@types("engine/snapshot.py", "cairn snapshot list", "cairn snapshot add PATH --name NAME")
@types("engine/version_search.py", "cairn snapshot list")
def an_unknown_snapshot(desk: Desk) -> None:
    words = ("snapshot", "show", "more")
    listed = follow(desk, *words, code=4, hint="cairn snapshot list", again=False)
    assert "test" in listed
    where = ("list", "--where", 'snapshot = "snap:more"')
    follow(desk, *where, code=4, hint="cairn snapshot list", again=False)
    said = {"PATH": "data/test.csv", "NAME": "more"}
    follow(desk, *words, code=4, hint="cairn snapshot add", again=True, **said)


@types("core/gated.py", "cairn gate new {}", "cairn gate set {}@{} gates/{}.yaml")
@types(
    "core/gated.py",
    "cairn promote {} {} --ungated --reason WHY",
    "cairn promote {} {} --ungated --reason WHY --waiver REASON",
)
def no_policy_in_production(desk: Desk) -> None:
    desk.write("old.json", "{}")
    desk("register", "old.json", "--model", "old", "--retroactive")
    words = ("promote", "old:1")
    follow(desk, *words, code=6, hint="cairn gate new", again=False)
    follow(desk, *words, code=6, hint="cairn gate set", again=False)
    assert "no policy" not in desk(*words, expect=6)
    desk("register", "old.json", "--model", "older", "--retroactive")
    bare = ("promote", "older:1", "--ungated")
    said = {"WHY": "it-was-live", "REASON": "nobody-knows"}
    told = desk(*bare, expect=6)
    assert "`cairn promote older:1 production --ungated --reason WHY`" in told
    follow(desk, *bare, "-m", "it-was-live", code=6, hint="cairn promote", again=False, **said)


@types("core/label.py", "cairn promote {} {}", "cairn promote {} {} --reason WHY")
@types("core/label.py", "cairn promote {}:N {}")
def an_archived_and_a_marked_version(desk: Desk) -> None:
    desk("promote", "churn:1", "staging")
    words = ("promote", "churn:1", "archived")
    follow(desk, *words, code=6, hint="cairn promote churn:N staging", N="2")
    follow(desk, "promote", "churn:1", "staging", code=6, hint="cairn promote churn:1 dev")
    desk("mark-bad", "churn:2", "-m", "complaints")
    told = desk("promote", "churn:2", expect=6)
    assert "`cairn promote churn:2 production --reason WHY`" in told
    told = desk("promote", "churn:2", "--reason", "why", expect=6)
    assert "whoever lets it back has to say why" not in told


@types("core/version.py", "cairn mark-bad {} --reason WHY")
def a_version_that_may_be_needed(desk: Desk) -> None:
    desk("promote", "churn:1")
    desk("promote", "churn:2")
    words = ("delete", "churn:1", "-m", "unused")
    follow(desk, *words, code=6, hint="cairn mark-bad", WHY="worse")


@types("registry/run.py", "cairn register PATH --model NAME")
def a_model_without_a_name(desk: Desk) -> None:
    desk.write("old.json", "{}")
    words, said = (
        ("register", "old.json", "--retroactive"),
        {"PATH": "old.json", "NAME": "old"},
    )
    told = desk(*words, expect=Invalid.exit_code)
    assert "`cairn register PATH --model NAME`" in told
    desk("register", said["PATH"], "--model", said["NAME"], "--retroactive")


@types("gates/compare.py", "cairn compare {} {} --on snap:NAME")
def two_that_were_never_compared(desk: Desk) -> None:
    settings = (desk.folder / "cairn.toml").read_text()
    desk.write("cairn.toml", settings.replace('data = "snap:test"', 'data = "snap:other"'))
    desk.write(
        "data/other.csv",
        (desk.folder / "data/test.csv").read_text()[:9000].rpartition("\n")[0],
    )
    desk("snapshot", "add", "data/other.csv", "--name", "other")
    desk.write("cairn.toml", settings)
    desk("compare", "churn:2", "churn:1")


@types("cli/sweep.py", "cairn sweep --apply")
def a_sweep_that_only_looks(desk: Desk) -> None:
    told = desk("sweep")
    assert "`cairn sweep --apply`" in told or "nothing" in told
    desk("sweep", "--apply")


@types(
    "capture/script.py",
    "cairn run --model NAME -- python {}",
    "cairn run --model NAME -- python train.py",
)
@types("cli/run.py", "cairn run --model {} -- python train.py")
@types("cli/version.py", "cairn run --model {} -- python train.py")
def a_script_that_is_no_program(desk: Desk) -> None:
    desk.write("train.py", "print('trained')\n")
    for words in (("run", "--model", "more", "--", "train.py"),):
        told = desk(*words, expect=3)
        assert "`cairn run --model NAME -- python train.py`" in told
    for words in (("list", "more"), ("runs", "more")):
        assert "`cairn run --model more -- python train.py`" in desk(*words)
    desk("run", "--model", "more", "--", "python", "train.py")
    assert "more" in desk("runs", "more")


@types("cli/snapshot.py", "cairn snapshot add PATH --name NAME")
def an_empty_project(desk: Desk) -> None:
    fresh = Desk(desk.folder.parent / "fresh")
    fresh.folder.mkdir()
    fresh("init")
    fresh.write("a.csv", "x\n1\n")
    assert "`cairn snapshot add PATH --name NAME`" in fresh("snapshot", "list")
    fresh("snapshot", "add", "a.csv", "--name", "a")
    assert "no snapshot" not in fresh("snapshot", "list")


@types("data/remotes/selection.py", "cairn push")
def an_empty_remote(desk: Desk) -> None:
    far = str(desk.folder.parent / "far")
    Path(far).mkdir()
    told = desk("pull", far, expect=NotFound.exit_code)
    assert "`cairn push` it there first" in told
    desk("push", far)
    desk("pull", far)


@types("engine/approval_case.py", "cairn approvals", "cairn promote VERSION")
def nobody_asked(desk: Desk) -> None:
    words = ("approve", "decision:12345678", "-m", "why")
    follow(desk, *words, code=4, hint="cairn approvals", again=False)
    follow(desk, *words, code=4, hint="cairn promote", again=False, VERSION="churn:2")


@types("engine/override.py", "cairn gate review")
def no_override(desk: Desk) -> None:
    words = ("gate", "review", "3", "-m", "why")
    follow(desk, *words, code=4, hint="cairn gate review", again=False)


@types("identity.py", "cairn whoami --new {}")
def no_key_yet(desk: Desk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIRN_KEY", str(desk.home / "nobody.key"))
        follow(desk, "whoami", code=4, hint="cairn whoami --new")


@types("stats/checks/complete.py", "cairn promote {} --waiver REASON")
def an_incomplete_version(desk: Desk) -> None:
    for content in ("1", "2"):
        desk.write("old.json", content)
        desk("register", "old.json", "--model", "old", "--retroactive")
    desk("promote", "old:1", "canary")
    small = "checks:\n  - {id: size, type: artifact_size, max_mb: 5}\n"
    desk.write("gates/old.yaml", f"cairn: policy/1\nevaluation: snap:test\n{small}")
    desk("gate", "set", "old@canary", "gates/old.yaml")
    words = ("promote", "old:2", "canary")
    follow(
        desk, *words, code=6, hint="cairn promote old:2@canary", again=False, REASON="known"
    )
    assert desk.json("show", "old@canary")["number"] == 2


@types("cli/label.py", "cairn gate review {} --reason WHAT-CAME-OF-IT")
@types("inventory/status.py", "cairn gate review {} --reason WHAT-CAME-OF-IT")
def a_move_to_review(desk: Desk) -> None:
    desk.write("old.json", "{}")
    desk("register", "old.json", "--model", "old", "--retroactive")
    desk("promote", "old:1", "--ungated", "-m", "was-live", "--waiver", "known")
    command = next(c for c in QUOTED.findall(desk("history", "old")) if "review" in c)
    assert command in desk("status")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "bo")
        patch.setenv("CAIRN_KEY", str(desk.home / "bo.key"))
        desk("whoami", "--new", str(desk.home / "bo.key"), "--name", "bo")
        desk(*command.replace("WHAT-CAME-OF-IT", "it-held").split()[1:])
    assert "not reviewed" not in desk("history", "old")


@types("stats/checks/evidence.py", "cairn evaluate {} --on {}", "cairn gate check {}")
@types("stats/checks/latency.py", "cairn gate check {}")
def nothing_measured(desk: Desk) -> None:
    more = "  - {id: speed, type: latency, percentile: 50, max_ms: 5000}\n"
    desk.write("gates/speed.yaml", (desk.folder / "gates/churn.yaml").read_text() + more)
    desk.write(
        "data/late.csv", (desk.folder / "data/test.csv").read_text() + "c9,1,south,1,1\n"
    )
    desk("snapshot", "add", "data/late.csv", "--name", "test")
    desk("gate", "set", "churn@production", "gates/speed.yaml")
    words = ("promote", "churn:1", "--override", "-m", "why")
    told = desk(*words, expect=8)
    assert "override" in told
    with mock.patch.multiple("cairn.gates.latency", SAMPLES=50, WARM_SECONDS=0.1):
        judged = desk("gate", "check", "churn:1")
    assert "pass  speed" in judged


@types("inventory/steps.py", "cairn compare {} {}@{}", "cairn inventory", "cairn promote {}")
def the_steps(desk: Desk) -> None:
    for number in range(9):
        step = desk.json("steps")[number]
        if not step["done"] and "NAME" not in step["fix"] and "--drill" not in step["fix"]:
            assert step["fix"].startswith("cairn "), step
            desk(*shlex.split(step["fix"])[1:])
    left = {step["title"] for step in desk.json("steps") if not step["done"]}
    assert left <= {"capture every run", "rehearse the rollback"}
