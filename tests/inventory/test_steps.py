"""The nine steps: done or to do, each with what proves it, in their order."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cairn import inventory
from cairn.core.check import Floor
from cairn.core.errors import Invalid, Refused
from cairn.core.label import Anyone, Drill, MoveLabel, RecordDrill, Switch
from cairn.core.name import REHEARSAL
from cairn.core.run import FinishRun, RunFacts, StartRun
from cairn.core.version import RegisterVersion, Version
from cairn.inventory.steps import check_order, steps
from cairn.registry import Registry
from projects.planted import Project
from projects.repositories import commit, git
from projects.store import MODEL, data, evaluate, gate, manifest, open_registry, register
from scores.scored import decided

TRAINING = "from sklearn.svm import SVC\nSVC(C=1.0, random_state=7).fit(x, y)\n"


@pytest.fixture
def registry(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Open an empty store in the project, its keys kept to the test."""
    monkeypatch.setenv("CAIRN_HOME", str(project.folder.parent / "home"))
    opened = open_registry(project.folder)
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined] (only the local engine has it)


def done(registry: Registry | None, folder: Path) -> list[int]:
    return [step.number for step in steps(registry, folder) if step.done]


def capture(registry: Registry, weights: str, *, note: str = "") -> Version:
    run = uuid4().hex
    registry.engine.send(StartRun(run=run, model=MODEL))
    facts = registry.objects.put_record(RunFacts())
    registry.engine.send(FinishRun(run=run, status="succeeded", facts=facts))
    made = manifest(registry, weights, parameters={"note": note})
    return registry.engine.send(RegisterVersion(model=MODEL, manifest=made, run=run))


def rehearse(registry: Registry, *, passed: bool) -> None:
    first, second = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    loaded = first if passed else second
    up = Switch(step="promote", expected=second, loaded=second, seconds=0.5)
    back = Switch(step="rollback", expected=first, loaded=loaded, seconds=0.25)
    proof = Drill(model=MODEL, label="production", switches=(up, back), rollback_seconds=0.25)
    registry.engine.send(RecordDrill(drill=registry.objects.put_record(proof)))


def test_an_empty_folder_has_all_nine_to_do_with_a_command_each(project: Project) -> None:
    found = steps(None, project.folder)

    assert [step.number for step in found] == list(range(1, 10))
    assert not any(step.done for step in found)
    assert [step.fix for step in found] == [
        "cairn inventory",
        "cairn init",
        'git init && git add SCRIPT && git commit -m "Keep the code"',
        "cairn snapshot add PATH --name train",
        "cairn run --model NAME -- python SCRIPT",
        "cairn promote NAME:1",
        "cairn gate new NAME",
        "cairn promote NAME:1",
        "cairn compare NAME:1 NAME@production",
    ]


def test_an_inventory_makes_the_commands_exact(project: Project) -> None:
    project.plant("my train.py", TRAINING)
    project.plant("data/flights.csv", "x\n1\n")
    project.plant("models/churn.gguf", "GGUF")
    project.rescan()

    found = steps(None, project.folder)

    assert found[0].artifact == "cairn.inventory.yaml, 3 gaps"
    assert [step.fix for step in found[2:5]] == [
        "git init && git add 'my train.py' && git commit -m \"Keep the training code\"",
        "cairn snapshot add data/flights.csv --name flights",
        "cairn run --model churn -- python 'my train.py'",
    ]


def test_code_is_in_git_when_the_training_code_is(project: Project) -> None:
    project.plant("train.py", TRAINING)
    project.plant("notes.txt", "x")
    git(project.folder, "init", "--quiet")
    project.rescan()
    assert done(None, project.folder) == [1]

    git(project.folder, "add", "notes.txt")
    git(project.folder, "commit", "--quiet", "--message=notes")
    assert done(None, project.folder) == [1]

    head = commit(project.folder)
    assert steps(None, project.folder)[2].artifact == f"commit {head[:12]}"


def test_each_step_is_done_by_its_own_artifact(project: Project, registry: Registry) -> None:
    folder = project.folder
    assert done(registry, folder) == [2]

    project.plant("train.py", TRAINING)
    git(folder, "init", "--quiet")
    project.rescan()
    commit(folder)
    assert done(registry, folder) == [1, 2, 3]

    test = data(registry, name="test")
    assert done(registry, folder) == [1, 2, 3, 4]

    first = capture(registry, "a")
    assert done(registry, folder) == [1, 2, 3, 4, 5]

    evaluate(registry, first, decided(40), on=test)
    registry.promote("churn:1", "production", ungated=True, reason="no data yet")
    assert done(registry, folder) == [1, 2, 3, 4, 5, 6]

    policy = gate(registry, Floor(id="floor", metric="recall", value=0.1), on=test)
    assert done(registry, folder) == [1, 2, 3, 4, 5, 6, 7]

    rehearse(registry, passed=True)
    assert done(registry, folder) == [1, 2, 3, 4, 5, 6, 7, 8]

    capture(registry, "a", note="same weights")
    assert done(registry, folder) == [1, 2, 3, 4, 5, 6, 7, 8]

    evaluate(registry, register(registry, "b"), decided(40), on=test)
    found = steps(registry, folder)
    rehearsed = registry.drills("churn@production")[0].digest
    assert all(step.done and not step.fix for step in found)
    assert [step.artifact for step in found[1:]] == [
        ".cairn",
        f"commit {git(folder, 'rev-parse', 'HEAD')[:12]}",
        f"snap:train {registry.find_snapshot('train').digest[:19]}",
        f"churn:2 of run:{registry.runs()[0].id[:12]}",
        "churn@production is churn:1",
        f"policy {policy.digest[:19]} of churn@production",
        f"drill {rehearsed[:19]} of churn@production, 250 ms",
        f"churn:3 beside churn:1 on {test.digest[:19]}",
    ]


def test_what_proves_nothing_is_not_taken_for_a_step(
    project: Project, registry: Registry
) -> None:
    registry.engine.send(StartRun(run=uuid4().hex, model=MODEL))
    register(registry, "a")
    digest = register(registry, "b").digest
    registry.promote("churn:1", "dev")
    registry.promote("churn:1", "staging")
    registry.engine.send(
        MoveLabel(
            model=MODEL, label=REHEARSAL, version=digest, expecting=Anyone(), new_label=True
        )
    )
    rehearse(registry, passed=False)
    project.page.write_text("no page")

    assert done(registry, project.folder) == [2, 4]


def test_another_serving_label_will_do(project: Project, registry: Registry) -> None:
    register(registry, "a")
    registry.promote("churn:1", "eu-live", new_label=True)

    assert steps(registry, project.folder)[5].artifact == "churn@eu-live is churn:1"


def test_a_step_before_an_earlier_one_is_refused_and_names_it(
    project: Project, registry: Registry
) -> None:
    project.rescan()

    with pytest.raises(
        Refused, match=r"step 7 .* comes after step 3 \(put the code under git\)"
    ):
        check_order(7, steps(registry, project.folder))


def test_the_fix_is_that_of_the_first_missing_step(project: Project) -> None:
    with pytest.raises(Refused) as refusal:
        check_order(9, steps(None, project.folder))

    assert refusal.value.fix == "cairn inventory"
    assert refusal.value.exit_code == 6


def test_a_step_whose_time_has_come_passes(project: Project) -> None:
    inventory.write(project.scan(), project.page)

    check_order(1, steps(None, project.folder))
    check_order(2, steps(None, project.folder))


@pytest.mark.parametrize("number", [0, 10, -1])
def test_there_are_nine(project: Project, number: int) -> None:
    with pytest.raises(Invalid, match="numbered 1 to 9"):
        check_order(number, steps(None, project.folder))
