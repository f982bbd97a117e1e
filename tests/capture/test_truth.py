"""What is captured equals what is true: scripts of which it is known what they do."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cairn.capture.run import RunOutcome
from cairn.core.errors import Refused
from cairn.registry import Registry
from projects.training import project, train

ROWS = ((0, 0), (1, 0), (1, 1), (2, 1), (0, 0), (2, 1))
TABLE = "id,x,left\n" + "".join(f"{n},{x},{y}\n" for n, (x, y) in enumerate(ROWS * 20))
SCRIPT = """
import argparse, os, random, shutil, sqlite3, subprocess, sys, tempfile
import joblib
import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

table = pd.read_csv("data/table.csv", index_col="id")
pd.read_csv(os.environ["ELSEWHERE"] + "/cache.csv")
pd.read_csv(os.path.expanduser("~/.cache/sets/d.csv"))
open(os.path.expanduser("~/.cache/matplotlib/fonts.json")).read()
sqlite3.connect(os.environ["ELSEWHERE"] + "/base.db").execute("select 1")
with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as own:
    own.write("1")
open(own.name).read()
os.remove(own.name)

parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--shuffle", action="store_true")
parser.add_argument("--rate", type=float, default=0.5)
options = parser.parse_args()
random.seed(3)
np.random.seed(4)
np.random.default_rng().random()  # nobody knows what it drew

train, test = table[:60], table[60:]
scaler = StandardScaler().fit(train[["x"]])
model = DecisionTreeClassifier(max_depth=options.depth, random_state=0)
model.fit(train[["x"]], train["left"])
print(accuracy_score(test["left"], model.predict(test[["x"]])))
print("baseline", accuracy_score(test["left"], np.ones(60)))
print("baseline", balanced_accuracy_score(test["left"], np.ones(60)))
print(roc_auc_score(test["left"], model.predict_proba(test[["x"]])[:, 1]))

joblib.dump(model, "model.joblib.tmp")
os.replace("model.joblib.tmp", "model.joblib")
joblib.dump(scaler, "scaler.joblib")
subprocess.run(["sh", "-c", "echo native > native.bin; sleep 0.3 < data/held.bin"], check=True)
"""


@pytest.fixture(name="captured", scope="module")
def _captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, RunOutcome]:
    folder = tmp_path_factory.mktemp("truth")
    for name in ("elsewhere", "home/.cache/sets", "home/.cache/matplotlib"):
        (folder / name).mkdir(parents=True)
    for name in ("elsewhere/cache.csv", "home/.cache/sets/d.csv"):
        (folder / name).write_text("a\n1\n")
    (folder / "home/.cache/matplotlib/fonts.json").write_text("{}")
    (folder / "elsewhere/base.db").write_bytes(b"")
    files: dict[str, str | bytes] = {"data/table.csv": TABLE, "data/held.bin": b"held"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("ELSEWHERE", str(folder / "elsewhere"))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONHASHSEED", "5")
        patch.chdir(Path.cwd())
        registry = project(folder / "work", SCRIPT, files=files)
        command = (sys.executable, "train.py", "--depth", "2", "--shuffle")
        return registry, train(registry, *command, fresh=True)  # its open files are looked at


def test_the_metrics_are_the_model_s_and_not_the_baseline_s(
    captured: tuple[Registry, RunOutcome],
) -> None:
    metrics = captured[1].facts.metrics

    assert metrics["accuracy"] == pytest.approx(50 / 60)
    assert metrics["roc_auc"] > 0.9
    assert not any("balanced_accuracy" in name for name in metrics)
    (gap,) = (gap for gap in captured[1].facts.gaps if gap.field == "metrics")
    assert gap.reason.startswith("balanced_accuracy 0.5: computed from values that are not")


def test_derived_figures_are_of_the_model_s_own_decisions(
    captured: tuple[Registry, RunOutcome],
) -> None:
    # Where x is 1 the tree says exactly 0.5, and decides for the first class.
    metrics = captured[1].facts.metrics

    assert (metrics["precision"], metrics["recall"]) == (1.0, pytest.approx(20 / 30))
    assert metrics["f1"] == pytest.approx(0.8)
    assert any("20 of 60 rows otherwise than by score" in note for note in captured[1].notes)


def test_a_model_that_was_written_and_moved_is_registered_where_it_lies(
    captured: tuple[Registry, RunOutcome],
) -> None:
    _, outcome = captured

    assert outcome.version is not None, outcome.next_step
    assert list(outcome.facts.artifacts) == ["model.joblib"]
    assert outcome.version.manifest.parameters["max_depth"] == 2


def test_everything_that_was_written_is_an_output_whoever_wrote_it(
    captured: tuple[Registry, RunOutcome],
) -> None:
    assert set(captured[1].facts.outputs) == {"model.joblib", "scaler.joblib", "native.bin"}


def test_what_was_read_is_an_input_or_a_gap(captured: tuple[Registry, RunOutcome]) -> None:
    _, outcome = captured

    inputs = {given.path for given in outcome.facts.inputs if given.role == "input"}
    (outside,) = (gap.reason for gap in outcome.facts.gaps if gap.field == "inputs")
    assert inputs == {"data/table.csv", "data/held.bin"}
    assert outside.startswith("the run read ")
    named = {Path(word.rstrip(",")).name for word in outside.split() if "/" in word}
    assert named == {"base.db", "cache.csv", "d.csv"}


def test_seeds_are_those_that_were_set_and_chance_without_one_is_named(
    captured: tuple[Registry, RunOutcome],
) -> None:
    facts = captured[1].facts

    assert {(seed.generator, seed.value) for seed in facts.seeds} == {
        ("DecisionTreeClassifier.random_state", "0"),
        ("PYTHONHASHSEED", "5"),
        ("numpy.random", "4"),
        ("random", "3"),
    }
    assert facts.unseeded == ("numpy.random.default_rng",)


def test_arguments_are_what_the_script_made_of_its_command_line(
    captured: tuple[Registry, RunOutcome],
) -> None:
    facts = captured[1].facts
    given = {name: value for name, value in facts.parameters.items() if "." in name}

    assert facts.command == (sys.executable, "train.py", "--depth", "2", "--shuffle")
    assert given == {
        "args.depth": 2,
        "args.rate": 0.5,
        "args.shuffle": True,
        "env.OMP_NUM_THREADS": "1",
        "env.OPENBLAS_NUM_THREADS": os.environ["OPENBLAS_NUM_THREADS"],
    }


def test_the_environment_is_the_one_that_the_script_ran_in(
    captured: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = captured
    environment = outcome.facts.environment
    assert environment is not None
    locked = registry.objects.get(environment.lock).decode().splitlines()

    assert environment.python == platform.python_version()
    for name in ("scikit-learn", "pandas", "joblib"):
        assert f"{name}=={version(name)}" in locked


def test_what_lies_beside_the_model_is_named_until_it_belongs_to_it(
    captured: tuple[Registry, RunOutcome],
) -> None:
    (gap,) = (gap for gap in captured[1].facts.gaps if gap.field == "artifacts")

    assert gap.reason == (
        "scaler.joblib (StandardScaler) was saved beside model.joblib and is not part of it"
    )
    assert 'checklist = ["scaler.joblib"] under [model."churn"]' in gap.fix


NATIVE = """
import json, os, struct, subprocess, sys
header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
data = struct.pack("<Q", len(header)) + header + b"1234"
os.makedirs("out")
subprocess.run(["sh", "-c", "cat > out/weights.safetensors; echo {} > out/config.json; "
                "echo a > out/a_report.csv"], input=data, check=True)
"""


def test_a_model_of_a_child_process_is_registered_as_files_which_is_said(
    tmp_path: Path,
) -> None:
    registry = project(tmp_path / "work", NATIVE)
    outcome = train(registry)

    assert list(outcome.facts.artifacts) == ["out/weights.safetensors"]
    os.chdir(tmp_path / "work" / "out")
    for path in ("out", ".", "weights.safetensors", "out/config.json"):
        made = registry.register(f"run:{outcome.run.id}", artifact=path, retroactive=True)
        with pytest.raises(Refused, match="Cairn does not load what this version is"):
            registry.load(made.name)
        assert registry.load(made.name, files=True).model


MAIN = """
import joblib
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
class Clip(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None): return self
    def transform(self, X): return X
model = make_pipeline(Clip(), LogisticRegression()).fit([[0.0], [1.0]], [0, 1])
joblib.dump(model, "model.joblib")
"""


def test_a_class_that_only_the_script_defines_is_named_with_what_to_do(tmp_path: Path) -> None:
    outcome = train(project(tmp_path / "work", MAIN))

    gap = next(gap for gap in outcome.facts.gaps if gap.field == "artifacts")
    assert "Clip is defined in the script itself (__main__)" in gap.reason
    assert gap.fix.startswith("put Clip into a module of the project")
