"""A version is trained once more: worlds of which it is known why they differ, or do not."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cairn.capture.project import environment
from cairn.capture.reproduce import reproduce
from cairn.core.errors import Conflict, Refused
from cairn.core.reproduction import Reproduction
from cairn.core.version import Origin, Version
from cairn.engine import store
from cairn.registry import Registry
from projects.desk import Desk
from projects.repositories import git
from projects.training import IGNORED, SCRIPT, customers, project, running_warm, train

SAVING = 'joblib.dump(model, "model.joblib")'
NOISE = (
    "import numpy as np\n"
    "model.coef_ = model.coef_ + {} * np.random.default_rng().normal(size=(1, 3))\n"
)


def trained(registry: Registry) -> Version:
    """Train under capture."""
    outcome = train(registry)
    assert outcome.version is not None, outcome.problem or outcome.next_step
    return outcome.version


def again(registry: Registry, version: Version, **options: Any) -> Reproduction:
    """Train a version once more, in a process that knows scikit-learn."""
    with running_warm():
        return registry.reproduce(version.name, on_line=lambda _line: None, **options)


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Path:
    return tmp_path / "work"


def test_code_patch_and_data_are_all_that_it_takes(world: Path) -> None:
    registry = project(world, files={".gitignore": IGNORED + "data/\n"})
    (world / "train.py").write_text(SCRIPT.replace("random_state=3", "random_state=4"))
    version = trained(registry)
    git(world, "checkout", "--quiet", "train.py")
    shutil.rmtree(world / "data")

    found = again(registry, version)

    assert (found.outcome, found.made, found.causes) == ("identical", version.digest, ())
    assert registry.reproductions(version.name) == (found,)
    assert registry.run(found.run).versions == (version.number,)
    assert len(registry.versions("churn")) == 1
    assert not (world / "data").exists()


def test_a_generator_without_a_seed_is_named_first(world: Path) -> None:
    registry = project(world, SCRIPT.replace(SAVING, NOISE.format(1) + SAVING))
    version = trained(registry)

    found = again(registry, version)

    assert found.outcome == "different"
    assert "golden predictions differ" in found.measure
    assert found.causes[0].startswith("unseeded: ")
    assert len(registry.versions("churn")) == 1


def test_noise_that_no_prediction_shows_is_equal(world: Path) -> None:
    registry = project(world, SCRIPT.replace(SAVING, NOISE.format(1e-9) + SAVING))
    version = trained(registry)

    found = again(registry, version)

    assert found.outcome == "equal"
    assert found.made != version.digest
    assert found.measure == "all 32 golden predictions are within 1e-06 of the version's"


def test_another_package_is_named_although_the_weights_are_the_same(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, spelled = project(world), environment.lock_line

    def older(one: environment.Distribution) -> str:
        return "numpy==1.0" if one.name == "numpy" else spelled(one)

    with monkeypatch.context() as patch:
        patch.setattr(environment, "lock_line", older)
        version = trained(registry)

    found = again(registry, version)

    assert found.outcome == "equal"
    assert found.measure == "the weights are the same, byte for byte"
    assert found.causes[0].startswith("environment: numpy 1.0 -> ")
    assert len(found.causes) == 1, found.causes


def test_a_command_that_fails_now_is_recorded_as_such(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = SCRIPT.replace("import json, sys", 'import json, os, sys\nos.environ["FLAG"]')
    registry = project(world, script)
    with monkeypatch.context() as patch:
        patch.setenv("FLAG", "1")
        version = trained(registry)

    found = again(registry, version)

    assert (found.outcome, found.made) == ("failed", None)
    assert found.causes == ("the command ended with exit code 1",)


def test_a_project_below_the_top_of_its_repository_is_found(tmp_path: Path) -> None:
    top = tmp_path / "top"
    project(top, "print('unused')", files={"part/train.py": SCRIPT, "part/data/x": "1"})
    below = top / "part"
    (below / "cairn.toml").write_text("")
    (below / "data" / "customers.csv").write_text(customers())
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "-m", "a project in a folder of its own")
    shutil.rmtree(top / ".cairn")
    store.create(below / ".cairn")
    registry = Registry.open(below)
    version = trained(registry)

    assert again(registry, version).outcome == "identical"


def test_a_project_that_moved_within_its_repository_is_made_again(tmp_path: Path) -> None:
    registry = project(tmp_path / "top")
    version = trained(registry)
    below = tmp_path / "top" / "later"
    below.mkdir()
    (below / "cairn.toml").write_text("")
    (tmp_path / "top" / ".cairn").rename(below / ".cairn")
    os.chdir(tmp_path)

    found = again(Registry.open(below), version)

    assert found.outcome != "failed", found.causes
    assert not (below / "data").exists()


def test_a_file_is_put_back_under_its_own_name_however_that_is_spelled(world: Path) -> None:
    name = "kund\udcfcen é.csv"  # a byte of Latin-1, and a letter beyond ASCII
    script = SCRIPT.replace(
        '"data/customers.csv"', "os.fsdecode(b'data/kund\\xfcen \\xc3\\xa9.csv')"
    )
    registry = project(
        world, "import os\n" + script, files={".gitignore": IGNORED + "data/\n"}
    )
    (world / "data" / name).write_text(customers())
    version = trained(registry)
    shutil.rmtree(world / "data")

    assert again(registry, version).outcome == "identical"


def test_what_was_made_elsewhere_runs_only_if_trusted(world: Path) -> None:
    registry = project(world)
    version = trained(registry)
    pulled = replace(version, origin=Origin(log="somebody+1+x", number=1, seq=1))

    with pytest.raises(Refused, match="was made elsewhere, and to train it again runs"):
        reproduce(registry, pulled)
    with running_warm():
        found = reproduce(registry, pulled, trust=True, on_line=lambda _line: None)
    assert found.outcome == "identical"


def test_what_has_no_command_or_no_code_says_what_is_lacking(world: Path) -> None:
    registry = project(world)
    (world / "weights.bin").write_bytes(b"weights")
    found = registry.register(world / "weights.bin", "churn", retroactive=True)

    with pytest.raises(Refused, match="was not captured: nobody knows by which command"):
        registry.reproduce(found.name)


def test_a_folder_that_is_kept_has_the_project_as_it_was(world: Path, tmp_path: Path) -> None:
    registry = project(world)
    version = trained(registry)

    again(registry, version, keep=tmp_path / "kept")

    assert (tmp_path / "kept" / "train.py").read_text() == SCRIPT
    assert (tmp_path / "kept" / "model.joblib").is_file()
    assert Path.cwd() == world
    with pytest.raises(Conflict, match="kept is not empty"):
        again(registry, version, keep=tmp_path / "kept")


def test_python_that_lies_in_the_command_stays_the_one_that_it_was(world: Path) -> None:
    registry = project(world)
    version = trained(registry)

    facts = registry.run(again(registry, version).run)

    assert facts.command[0] == sys.executable


def test_the_command_says_what_came_of_it_and_ends_accordingly(world: Path) -> None:
    registry = project(world, SCRIPT.replace(SAVING, NOISE.format(1) + SAVING))
    version, desk = trained(registry), Desk(world)
    desk.home = Path(os.environ["CAIRN_HOME"])

    none = desk("reproduce", version.name, "--history")
    with running_warm():
        told = desk("reproduce", version.name, "--trust", expect=6)

    assert f"was not reproduced yet; `cairn reproduce {version.name}`" in none
    assert "different: another model came of it" in told
    assert re.search(r"first cause +unseeded: ", told)
    (row,) = desk.json("reproduce", version.name, "--history")
    assert row["outcome"] == "different"
    assert "was trained again by run:" in desk("why", version.name)
