"""Gaps: what nobody knows, and the command that closes it."""

import shlex
import subprocess

import pytest

from cairn import inventory
from projects.planted import Project
from projects.repositories import quiet

TRAINING = "from sklearn.svm import SVC\nSVC(C=1.0, random_state=7).fit(x, y)\n"


def test_an_empty_folder_has_a_gap_for_every_ingredient(project: Project) -> None:
    found = project.gaps()

    assert tuple(found) == inventory.INGREDIENTS
    assert found["weights"] == (
        "no file of weights is here, and nobody said where they are",
        "cairn inventory record weights PATH-OR-ADDRESS",
    )


@pytest.mark.parametrize("ingredient", inventory.INGREDIENTS)
def test_an_answer_closes_a_gap(project: Project, ingredient: inventory.Ingredient) -> None:
    answered = inventory.record(project.scan(), ingredient, "on the shelf")
    inventory.write(answered, project.page)

    assert set(inventory.INGREDIENTS) - set(project.gaps()) == {ingredient}


@pytest.mark.parametrize(
    "answer",
    [
        *("don't know", "I don't know.", "Unknown", "?", "Nothing", "no idea", "No idea!"),
        *("I have no idea", "not sure", "I'm not sure", "we don't know yet", "nobody knows"),
        *("n/a", "TBD", "todo", "idk", "-", "who knows?", "no clue", "...", "unclear"),
    ],
)
def test_not_knowing_is_an_answer_that_stays_a_gap(project: Project, answer: str) -> None:
    answered = inventory.record(project.scan(), "metrics", answer)
    inventory.write(answered, project.page)

    assert "metrics" in project.gaps()


def test_a_complete_project_has_none(project: Project) -> None:
    project.plant("train.py", TRAINING)
    project.plant("train.csv", "x\n1\n")
    project.plant("churn.gguf", "GGUF")
    project.plant("metrics.json", '{"auc": 0.8}')
    project.plant("uv.lock", "")
    subprocess.run(
        project.gaps()["code"][1],
        shell=True,
        cwd=project.folder,
        check=True,
        env=quiet(),
        capture_output=True,
    )

    assert project.gaps() == {}


def test_code_outside_of_git_is_a_gap_that_names_every_script(project: Project) -> None:
    for number in range(5):
        project.plant(f"train {number}.py", TRAINING)

    reason, fix = project.gaps()["code"]

    assert reason == "not in git: train 0.py, train 1.py, train 2.py and 2 more"
    assert shlex.split(fix)[5] == "train 0.py"


def test_weights_that_the_code_keeps_elsewhere_are_proposed(project: Project) -> None:
    project.plant("serve.py", "load('s3://models/churn/model.onnx')\n")

    reason, fix = project.gaps()["weights"]

    assert reason == (
        "no file of weights is here; serve.py:1 names s3://models/churn/model.onnx"
    )
    assert fix == "cairn inventory record weights s3://models/churn/model.onnx"
    assert "data" in project.gaps()


def test_where_a_training_starts_the_fix_is_to_capture_it(project: Project) -> None:
    project.plant("my train.py", TRAINING)
    project.plant("Churn Model v2.gguf", "GGUF")

    assert project.gaps()["metrics"] == (
        "no metric is in a file, a log or a README",
        "cairn run --model churn-model-v2 -- python 'my train.py'",
    )


@pytest.mark.parametrize("answer", ["no seed is used", "auc = 0.81", "none is used", "nox.py"])
def test_an_answer_that_only_begins_like_that_is_one(project: Project, answer: str) -> None:
    answered = inventory.record(project.scan(), "metrics", answer)
    inventory.write(answered, project.page)

    assert "metrics" not in project.gaps()


def test_a_remembered_number_is_not_a_measured_one(project: Project) -> None:
    project.plant("README.md", "AUC 0.81\n")

    assert project.gaps()["metrics"] == (
        "only remembered, never measured: auc = 0.81 (README.md:1)",
        "cairn inventory record metrics 'auc = 0.81'",
    )


def test_generators_without_a_seed_are_a_gap(project: Project) -> None:
    project.plant("train.py", "import random\nrandom.random()\n" + TRAINING)

    reason, _ = project.gaps()["seeds"]

    assert reason == "left to chance: random.random (train.py:2)"


def test_versions_left_open_are_a_gap(project: Project) -> None:
    project.plant("requirements.txt", "numpy\n")

    reason, _ = project.gaps()["environment"]

    assert reason == (
        "no exact versions: requirements.txt (0 of 1 packages have an exact version)"
    )
