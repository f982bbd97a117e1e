"""What was seen to go wrong in other tools, tried on Cairn through its own commands.

The names E1 to E13 are those of `docs/reference/conformance.md`.
"""

import sys
from pathlib import Path

import pytest

from cairn.core.errors import Corrupt, NotFound, Refused
from projects.shell import Shell, project, train


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A project with three trained versions."""
    opened = project(tmp_path_factory.mktemp("conformance") / "project")
    for strength in (1.0, 0.1, 0.01):
        train(opened, strength=strength)
    return opened


@pytest.mark.costly("the first here: trains three versions for all")
def test_e1_replaced_weights_are_not_loaded(shell: Shell) -> None:
    shell("promote", "churn:1", "canary")
    weights = shell.json("show", "churn:1")["artifacts"]["files"][0]
    before = shell.object(weights["digest"])
    shell.damage(weights["digest"])

    loaded = shell.run(sys.executable, "-c", "import cairn; cairn.load('churn@canary')")

    assert loaded.returncode != 0
    assert "Corrupt" in loaded.stderr
    assert weights["digest"] in shell("verify", "--all", expect=Corrupt.exit_code)
    shell.overwrite(weights["digest"], before)
    assert "no problem found" in shell("verify", "--all")


def test_e2_nothing_that_the_library_offers_changes_a_version(shell: Shell) -> None:
    before = shell.json("show", "churn:1")
    attempts = """
import cairn
from cairn.core.errors import CairnError
registry = cairn.open()
version = registry.version("churn:1")
tree = version.manifest.artifacts.tree
for change in (
    lambda: setattr(version, "digest", "sha256:" + "0" * 64),
    lambda: setattr(version.manifest, "metrics", {"roc_auc": 1.0}),
    lambda: version.manifest.metrics.update(roc_auc=1.0),
    lambda: registry.objects.put(b"other weights"),
):
    try:
        change()
    except (AttributeError, CairnError):
        pass
"""
    done = shell.run(sys.executable, "-c", attempts)

    assert done.returncode == 0, done.stderr
    assert shell.json("show", "churn:1") == before
    assert "no problem found" in shell("verify", "--all")


def test_e3_a_label_that_moved_there_and_back_remembers_every_move(shell: Shell) -> None:
    for name in ("churn:1", "churn:2", "churn:1"):
        shell("promote", name, "e3", "--new-label", "-m", f"to {name}")

    moves = shell.json("history", "churn@e3")

    assert [(move["number"], move["reason"]) for move in moves] == [
        (1, "to churn:1"),
        (2, "to churn:2"),
        (1, "to churn:1"),
    ]


def test_e4_a_version_that_serves_cannot_be_deleted(shell: Shell) -> None:
    shell("promote", "churn:3", "e4", "--new-label")

    text = shell("delete", "churn:3", "-m", "tidy up", expect=Refused.exit_code)

    assert "it holds the label e4" in text
    assert shell.json("show", "churn@e4")["number"] == 3


@pytest.mark.costly("trains two versions")
def test_e5_numbers_are_never_given_twice(shell: Shell) -> None:
    made = train(shell, strength=0.5)
    shell("rollback", "churn@staging")
    shell("delete", made, "-m", "trained on the wrong day")

    assert train(shell, strength=0.25) == "churn:5"
    assert shell.json("show", made)["deleted"] == "trained on the wrong day"


def test_e6_a_version_without_bytes_cannot_be_registered(shell: Shell) -> None:
    missing = shell("register", "no/such/file", "--model", "x", expect=NotFound.exit_code)
    address = shell(
        "register", "s3://no-such-bucket/none", "--model", "x", expect=NotFound.exit_code
    )

    assert "there is nothing at no/such/file" in missing
    assert "s3:" in address
    assert shell.json("list", "x") == []


@pytest.mark.costly("trains two versions")
def test_e7_the_whole_environment_and_uncommitted_changes_are_in_the_version(
    shell: Shell,
) -> None:
    shell.git("commit", "-qam", "before e7")
    clean = shell.json("show", train(shell, strength=0.25))
    shell.write(
        "train.py",
        "# a change that nobody committed\n" + (shell.folder / "train.py").read_text(),
    )
    (shell.folder / "unused.py").write_text("raise SystemExit\n")
    made = shell.cairn("run", "--model", "churn", "--", sys.executable, "train.py")

    dirty = shell.json("list", "churn")[0]

    assert made.returncode == 0, made.stderr
    assert dirty["digest"] != clean["digest"]
    patch = shell.json("show", dirty["name"])["patch"]
    stored = shell.object(patch["digest"]).decode()
    assert "a change that nobody committed" in stored
    assert "unused.py" in stored
    lock = shell.object(clean["environment"]["lock"]).decode().splitlines()
    assert len(lock) > 20
    assert any(line.startswith("numpy==") for line in lock)
    assert clean["environment"]["operating_system"]


def test_e9_a_plain_rollback_is_one_command(shell: Shell) -> None:
    shell("promote", "churn:1", "e9", "--new-label")
    shell("promote", "churn:2", "e9")

    text = shell("rollback", "churn@e9")

    assert "churn@e9 now holds churn:1 (before: 2)" in text


def test_e10_taking_a_git_tag_away_takes_nothing_from_the_history(shell: Shell) -> None:
    told = shell("release", "churn:1", "1.0.0")
    assert "git tag churn-v1.0.0" in told
    shell.git("tag", "-d", "churn-v1.0.0")

    assert shell.json("show", "tag:churn-v1.0.0")["name"] == "churn:1"
    assert "version.release" in shell("ledger", "log")


def test_e11_a_corrupt_object_is_never_delivered(shell: Shell, tmp_path: Path) -> None:
    shell("snapshot", "add", "data", "--name", "e11")
    file = shell.json("show", "snap:e11")["files"][0]
    before = shell.object(file["digest"])
    shell.damage(file["digest"])

    text = shell(
        "snapshot", "restore", "snap:e11", str(tmp_path / "out"), expect=Corrupt.exit_code
    )

    assert "train.csv" in text or file["digest"][:19] in text
    assert not (tmp_path / "out").exists()
    shell("snapshot", "verify", "snap:e11", expect=Corrupt.exit_code)
    shell.overwrite(file["digest"], before)


def test_e13_the_lineage_names_the_bytes_that_were_really_read(shell: Shell) -> None:
    path = shell.folder / "data" / "train.csv"
    original = path.read_text()
    path.write_text(original.replace("0,", "1,", 1))
    changed = shell.json("show", train(shell, strength=0.25))
    path.write_text(original)

    digests = {given["digest"] for given in changed["inputs"] if given["path"]}
    read = shell.json("show", f"snap:{digests.pop()}")

    assert read["files"][0]["size"] == len(original)
    assert shell.object(read["files"][0]["digest"]).decode() != original
