"""One command: an unmodified script becomes a version that says what made it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cairn.capture.project.patch import restore
from cairn.capture.run import RunOutcome
from cairn.core.errors import Invalid, Refused
from cairn.core.evaluation import Evaluation
from cairn.core.run import Code
from cairn.core.snapshot import Derived, Snapshot
from cairn.core.version import Version
from cairn.data.read_table import read_table
from cairn.objects.folders.tree import tree_entries
from cairn.registry import Registry
from cairn.stats.predictions import decode
from projects.repositories import files_of, git, write
from projects.training import SCRIPT, SETTINGS, project, train


def version_of(outcome: RunOutcome) -> Version:
    assert outcome.version is not None, outcome.problem or outcome.next_step
    return outcome.version


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, RunOutcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.chdir(Path.cwd())
        registry = project(tmp_path_factory.mktemp("trained") / "work")
        return registry, train(registry, fresh=True)


def test_the_version_has_every_part_and_each_has_a_digest(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    version = version_of(outcome)
    manifest = version.manifest

    assert version.name == "churn:1"
    assert version.gaps == ()
    assert manifest.code is not None
    assert manifest.code.commit == git(registry.settings.folder, "rev-parse", "HEAD")
    assert (manifest.code.entry_point, manifest.code.patch) == ("train.py", None)
    assert manifest.environment is not None
    assert b"scikit-learn==" in registry.objects.get(manifest.environment.lock)
    assert [(seed.generator, seed.value) for seed in manifest.seeds] == [
        ("train_test_split", "3")
    ]
    assert manifest.unseeded == ()
    assert outcome.facts.seeds == manifest.seeds
    assert manifest.parameters["C"] == 1.0
    assert manifest.parameters["env.OMP_NUM_THREADS"] == "1"
    assert manifest.artifacts is not None
    assert (manifest.artifacts.flavor, manifest.artifacts.safety) == ("sklearn", "safe")
    assert manifest.artifacts.golden is not None
    assert manifest.signature is not None
    assert [name for name, _ in manifest.signature.inputs] == ["age", "spend", "region"]


def test_the_metrics_are_those_that_the_script_computed(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    written = (registry.settings.folder / "metrics.json").read_text()

    metrics = version_of(outcome).manifest.metrics

    assert f'"accuracy": {metrics["accuracy"]!r}' in written
    assert f'"roc_auc": {metrics["roc_auc"]!r}' in written


def test_data_is_frozen_as_it_was_read_and_as_it_was_split(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    inputs = {given.role: given for given in version_of(outcome).manifest.inputs}

    assert set(inputs) == {"input", "train", "test"}
    assert inputs["input"].path == "data/customers.csv"
    own = registry.snapshot(registry.settings.folder / "data" / "customers.csv")
    assert inputs["input"].snapshot == own.digest
    for role in ("train", "test"):
        source = registry.objects.get_record(inputs[role].snapshot, Snapshot).source
        assert isinstance(source, Derived)
        assert source.by == "sklearn.model_selection.train_test_split"
        assert source.of == (own.digest,)


def test_the_evaluation_has_a_row_for_every_held_out_example(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    version = version_of(outcome)
    (digest,) = version.manifest.evaluations

    evaluation = registry.objects.get_record(digest, Evaluation)
    predictions = decode(registry.objects.get(evaluation.predictions))

    assert evaluation.rows == len(predictions.ids) == 50
    assert all(name.startswith("c") for name in predictions.ids)
    assert predictions.groups["region"].levels == ("0", "1")
    assert evaluation.metrics["roc_auc"] == pytest.approx(version.manifest.metrics["roc_auc"])
    served = registry.load(version.name)
    table = read_table(
        registry, registry.find_snapshot(evaluation.snapshot), file="data.csv"
    ).to_frame()
    again = served.model.predict_proba(table[["age", "spend", "region"]])[:, 1]  # type: ignore[attr-defined] (only the local engine has it)
    assert dict(zip(table["customer"], again, strict=True)) == dict(
        zip(predictions.ids, predictions.score, strict=True)
    )


def test_the_held_out_set_can_be_evaluated_on_again(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    version = version_of(outcome)
    heldout = next(i.snapshot for i in version.manifest.inputs if i.role == "test")

    found = registry.evaluate(version.name, on=heldout)

    assert found.evaluation.metrics["roc_auc"] == pytest.approx(
        version.manifest.metrics["roc_auc"]
    )


def test_what_the_script_wrote_and_said_is_kept_with_the_run(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained
    facts = outcome.facts

    assert set(facts.outputs) == {"metrics.json", "model.joblib"}
    assert facts.log is not None
    assert registry.objects.get(facts.log).startswith(b"trained {")
    assert (outcome.run.status, outcome.run.versions) == ("succeeded", ())
    assert registry.run(outcome.run.id).versions == (1,)
    assert facts.host is not None
    assert facts.host.cores > 0


def test_the_label_staging_points_at_what_was_registered(
    trained: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = trained

    held = registry.live("churn@staging")

    assert held is not None
    assert (held.number, version_of(outcome).labels) == (1, ("staging",))
    assert version_of(outcome).stage_at_creation == "staging"


def test_nothing_of_a_run_is_left_lying_about(trained: tuple[Registry, RunOutcome]) -> None:
    registry, _ = trained

    assert list((registry.settings.store / "runs").iterdir()) == []


def test_the_same_script_and_seed_again_is_the_same_version_even_in_another_clone(
    tmp_path: Path,
) -> None:
    registry = project(tmp_path / "one")
    write(registry.settings.folder / "extra.py", "x = 1\n")  # uncommitted code counts, too
    first = version_of(train(registry))
    git(tmp_path, "clone", "--quiet", "one", "two")
    write(tmp_path / "two" / "extra.py", "x = 1\n")
    (tmp_path / "one" / ".cairn").rename(tmp_path / "two" / ".cairn")
    there = Registry.open(tmp_path / "two")

    second, third = train(there, fresh=True), train(there)
    other = version_of(train(there, sys.executable, "train.py", "--strength", "0.5"))

    assert first.manifest.code is not None
    assert first.manifest.code.patch is not None
    for again in (second, third):
        assert version_of(again).digest == first.digest
        assert (version_of(again).name, again.is_new) == ("churn:1", False)
    assert (other.name, other.manifest.parameters["args.strength"]) == ("churn:2", 0.5)
    assert len(there.runs()) == 4
    assert [move.number for move in there.history("churn@staging")] == [1, 2]


def test_two_dirty_trees_on_one_commit_are_told_apart_and_come_back(tmp_path: Path) -> None:
    # What MLflow records for both is the same clean commit.
    registry = project(tmp_path / "work", "open('metrics.json', 'w').write('{}')\n")
    folder = registry.settings.folder
    codes: list[Code] = []
    for number in (1, 2):
        write(folder / "train.py", f"open('metrics.json', 'w').write('{number}')\n")
        write(folder / f"notes-{number}.md", "uncommitted\n")
        code = train(registry).facts.code
        assert code is not None
        codes.append(code)

    restore(folder, codes[1], tmp_path / "back", objects=registry.objects)

    assert {code.commit for code in codes} == {git(folder, "rev-parse", "HEAD")}
    assert len({code.patch for code in codes} - {None}) == 2
    assert files_of(tmp_path / "back") == {
        name: file
        for name, file in files_of(folder).items()
        if not name.startswith(".cairn/") and name != "metrics.json"
    }


def test_a_script_that_fails_leaves_a_failed_run_and_no_version(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", SCRIPT + "sys.exit(3)\n")

    outcome = train(registry)

    assert (outcome.exit_code, outcome.run.status, outcome.version) == (3, "failed", None)
    assert outcome.run.reason == "the command ended with exit code 3"
    assert registry.versions("churn") == ()
    assert outcome.facts.code is not None


def test_a_script_that_is_killed_leaves_an_interrupted_run(tmp_path: Path) -> None:
    registry = project(
        tmp_path / "work", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )

    outcome = train(registry)

    assert (outcome.exit_code, outcome.run.status) == (137, "interrupted")
    assert outcome.run.reason == "stopped by SIGKILL"


def test_a_run_whose_watcher_is_killed_is_found_and_marked(tmp_path: Path) -> None:
    from cairn.capture.interrupted import settle_interrupted

    registry = project(tmp_path / "work", "import time\nprint('on')\ntime.sleep(60)\n")
    code = "import sys; from projects.training import *; train(Registry.open('.'))"
    watcher = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=registry.settings.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        start_new_session=True,
    )
    events = registry.settings.store / "runs"
    while not list(events.glob("*/events/*.jsonl")):
        assert watcher.poll() is None
    (running,) = registry.runs()

    while_running = settle_interrupted(registry)
    os.killpg(watcher.pid, signal.SIGKILL)
    watcher.wait()
    settled = settle_interrupted(registry)

    assert (running.status, while_running) == ("running", ())
    assert [run.status for run in settled] == ["interrupted"]
    assert registry.run(running.id).status == "interrupted"
    assert list(events.iterdir()) == []
    assert settle_interrupted(registry) == ()


TWO_MODELS = (
    SCRIPT + 'joblib.dump(LogisticRegression().fit(train, train_labels), "b.joblib")\n'
)


def test_a_run_that_saved_two_models_says_what_to_type_and_it_works(tmp_path: Path) -> None:

    registry = project(tmp_path / "work", TWO_MODELS)

    outcome = train(registry, sys.executable, "train.py", "--strength", "0.5")

    assert outcome.version is None
    assert outcome.next_step == (
        "the run saved 2 models (b.joblib, model.joblib); choose one: "
        f"`cairn register run:{outcome.run.id[:8]} --model churn --artifact model.joblib`"
    )
    version = registry.register(f"run:{outcome.run.id[:8]}", artifact="model.joblib")
    assert version.manifest.parameters["C"] == 0.5
    assert version.run == outcome.run.id
    with pytest.raises(Invalid, match="name the model's file"):
        registry.register(f"run:{outcome.run.id}")
    with pytest.raises(Invalid, match=r"did not write c\.joblib"):
        registry.register(f"run:{outcome.run.id}", artifact="c.joblib")


def test_one_model_saved_under_two_names_is_one_model(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", SCRIPT + 'joblib.dump(model, "latest.joblib")\n')

    outcome = train(registry)

    assert version_of(outcome).name == "churn:1"
    assert len(set(outcome.facts.artifacts.values())) == 1


def test_a_run_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", "print('nothing to save')\n")

    outcome = train(registry)

    assert outcome.version is None
    assert outcome.next_step.startswith("the run saved no model that Cairn knows")


def test_a_metric_that_is_no_number_is_named_and_nothing_is_registered(tmp_path: Path) -> None:
    never = "C=strength, class_weight={0: 1e6, 1: 1e-6}"
    script = SCRIPT.replace("C=strength", never) + (
        "from sklearn.metrics import precision_score\n"
        "precision_score(test_labels, model.predict(test), zero_division=float('nan'))\n"
    )
    registry = project(tmp_path / "work", script)

    outcome = train(registry)

    assert isinstance(outcome.problem, Invalid)
    assert str(outcome.problem).startswith(
        "precision is NaN or infinite: nothing is registered"
    )
    assert registry.versions("churn") == ()
    assert outcome.run.status == "succeeded"


def test_a_file_of_the_checklist_that_the_run_wrote_goes_with_the_model(
    tmp_path: Path,
) -> None:
    settings = SETTINGS + '[model.churn]\nchecklist = ["model.skops", "schema.json"]\n'
    script = SCRIPT + 'open("schema.json", "w").write("{}")\n'
    registry = project(tmp_path / "work", script, settings=settings)

    artifacts = version_of(train(registry)).manifest.artifacts

    assert artifacts is not None
    entries = tree_entries(registry.objects, artifacts.tree)
    assert [entry.path for entry in entries] == [b"model.skops", b"schema.json"]


def test_a_missing_file_of_the_checklist_refuses_the_registration(tmp_path: Path) -> None:
    settings = SETTINGS + '[model.churn]\nchecklist = ["model.skops", "schema.json"]\n'
    registry = project(tmp_path / "work", settings=settings)

    outcome = train(registry)

    assert isinstance(outcome.problem, Refused)
    assert "asks for schema.json, and the model has model.skops" in str(outcome.problem)
    assert registry.versions("churn") == ()


def test_a_program_that_is_not_there_is_refused_before_anything_is_recorded(
    tmp_path: Path,
) -> None:
    registry = project(tmp_path / "work")

    with pytest.raises(Invalid, match="no-such-program is not installed"):
        train(registry, "no-such-program")
    with pytest.raises(Invalid, match=r"write `cairn run --model NAME -- python train\.py`"):
        train(registry, "train.py")

    assert registry.runs() == ()
