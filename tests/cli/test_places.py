"""Where a project is: from a folder in it, in a clone, in a worktree, without a commit."""

import shutil
import sys
from pathlib import Path

import pytest

from cairn.core.errors import NotFound, Refused
from projects.desk import Desk
from projects.repositories import repository

TRAIN = """
import joblib
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score
from own import DATA
rows, labels = [[0], [1]], [int(line) for line in open(DATA)]
model = DummyClassifier().fit(rows, labels)
print(accuracy_score(labels, model.predict(rows)))
joblib.dump(model, "model.joblib")
"""


@pytest.fixture(name="top")
def _top(tmp_path: Path) -> Desk:
    files: dict[str, str | bytes] = {
        "cairn.toml": "",
        ".gitignore": ".cairn/\n*.joblib\n",
        "src/deep/x.py": "",
    }
    return Desk(repository(tmp_path / "top", files))


def inside(desk: Desk, folder: Path) -> Desk:
    """Type in another folder, as the same person."""
    other = Desk(folder)
    other.home = desk.home
    return other


def test_init_below_a_project_fills_the_project(top: Desk) -> None:
    deep = inside(top, top.folder / "src" / "deep")

    assert "`cairn init` makes one" in deep("list", expect=NotFound.exit_code)
    deep("init")

    assert top.json("list") == []
    assert [path.name for path in deep.folder.iterdir()] == ["x.py"]
    assert "is a Cairn project already" in deep("init", expect=5)


def test_a_repository_of_its_own_below_a_project_is_another_project(top: Desk) -> None:
    own = repository(top.folder / "vendor", {"a.py": ""})

    inside(top, own)("init")

    assert (own / "cairn.toml").is_file()
    assert not (top.folder / ".cairn").exists()


def test_a_linked_worktree_uses_the_store_of_the_first_one(top: Desk) -> None:
    top("init")
    top.git("worktree", "add", "-q", "../linked")
    linked = inside(top, top.folder.parent / "linked" / "src")

    assert linked.json("list") == []
    assert not (linked.folder.parent / ".cairn").exists()
    assert "its store is" in linked("init", expect=5)


def test_a_clone_without_a_store_gets_its_own_by_the_hint(top: Desk) -> None:
    top("init")
    top.git("clone", "-q", ".", "../clone")
    clone = inside(top, top.folder.parent / "clone" / "src")

    assert "`cairn init` makes one" in clone("list", expect=NotFound.exit_code)
    clone("init")

    assert clone.json("list") == []
    assert (top.folder.parent / "clone" / ".cairn").is_dir()


def test_a_run_without_a_commit_says_so_first_and_is_registered_after_it(top: Desk) -> None:
    top("init")
    for name, text in (
        ("train.py", TRAIN),
        ("own.py", "DATA = 'd.txt'\n"),
        ("d.txt", "0\n1\n"),
    ):
        top.write(name, text)
    shutil.rmtree(top.folder / ".git")
    top.git("init", "-q")
    words = ("run", "--model", "m", "--", sys.executable, "train.py")

    strict = top(*words[:3], "--require-version", *words[3:], expect=Refused.exit_code)
    assert "no version can come of this run: the repository has no commit yet" in strict
    assert top.json("runs") == []
    done = top.run(sys.executable, "-m", "cairn", *words)
    said = done.stderr.splitlines()
    assert said[0].startswith("note: the run is recorded, but becomes no version")
    assert "the repository has no commit yet" in said[1] + "".join(said[2:])

    (run,) = top.json("runs")
    register = ("register", f"run:{run['id']}", "--model", "m")
    assert "no commit" in top(*register, expect=Refused.exit_code)
    top.write("own.py", "DATA = 'd.txt'  # changed\n")
    top.git("add", "-A")
    top.git("commit", "-qm", "late")
    assert "own.py took part in the run" in top(*register, expect=Refused.exit_code)
    top.write("own.py", "DATA = 'd.txt'\n")
    top.git("commit", "-qam", "as it was")
    top(*register)

    shown = top.json("show", "m:1")
    assert shown["code"]["commit"] == top.git("rev-parse", "HEAD").strip()
    assert shown["standing"]["code"] == "reconstructed"
    assert "reconstructed  code" in top("show", "m:1")
