"""Hints at something else than a command of Cairn's: git, an option, a line of cairn.toml.

`tests/cli/test_hints.py` compares what is typed here with what the source has.
"""

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from cairn.core.errors import Invalid, NotFound, Refused
from hinted.hint_cases import Typed
from projects.desk import Desk

BEYOND: dict[tuple[str, str], Typed] = {}
TYPED = {
    ("cli/erase.py", "--also SNAPSHOT"): "data/test_person.py",
    ("cli/snapshot.py", "--with-secrets"): "cli/test_secrets_refused.py",
    ("cli/forget.py", "--erase -m WHY"): "cli/test_forget_secret.py",
    ("data/buckets/bucket_pin.py", "--pin"): "data/test_bucket_pin.py",
    ("data/features.py", 'features = ["features/*.py"]'): "data/test_features.py",
    ("data/whole.py", "--source sqlite:///{} --query ..."): "data/test_whole.py",
    ("data/whole.py", "PRAGMA wal_checkpoint(TRUNCATE)"): "data/test_whole.py",
    ("capture/models/making.py", 'checklist = ["{}"]'): "capture/test_run.py",
    ("core/gated.py", 'trust = ["package.module.Class"]'): "contract/test_gated.py",
    ("engine/store.py", 'store = "postgresql://..."'): "cli/test_postgresql.py",
    ("engine/store.py", 'store = ".cairn"'): "cli/test_postgresql.py",
    ("flavors/scoring.py", 'score = "predict"'): "flavors/test_boosters.py",
    ("gates/imported_predictions.py", 'score = "{}"'): "gates/test_imported_predictions.py",
    ("gates/rows.py", 'metrics = "module:function"'): "gates/test_tasks.py",
    ("gates/scorer.py", 'score = "module:function"'): "gates/test_evaluation.py",
    ("stats/checks/alone.py", 'unit = "customer"'): "gates/test_tasks.py",
}
"""Tests in other places that do what is hinted at."""
UNTYPABLE = {
    "git lfs pull": "takes Git LFS and the server with the content",
    "git annex get": "takes git-annex and the remote with the content",
    "git fetch --unshallow": "takes a server with the history that a clone left out",
    "git status": "names what has to work first; how, depends on what git complains about",
    "ALTER TABLE": "takes Spark, the only writer that drops a feature of Delta",
    "dvc": "takes DVC and the remote with the content, at three seconds a command",
}
"""What no test types, with the reason."""


def beyond(module: str, *texts: str) -> Callable[[Typed], Typed]:
    """Say which hints of a module a case types."""

    def listed(case: Typed) -> Typed:
        BEYOND.update(dict.fromkeys(((module, text) for text in texts), case))
        return case

    return listed


def shell(desk: Desk, command: str) -> None:
    """Type a line in a shell."""
    subprocess.run(
        ["bash", "-c", command],
        cwd=desk.folder,
        env=desk.environment(),
        check=True,
        capture_output=True,
    )


def fresh(desk: Desk, name: str = "fresh") -> Desk:
    """Somebody's first project, empty and outside of git."""
    made = Desk(desk.folder.parent / name)
    made.folder.mkdir()
    made("init")
    return made


@beyond("capture/project/git.py", "git init", "git add . && git commit")
def code_outside_of_git(desk: Desk) -> None:
    first = fresh(desk)
    train = ("run", "--model", "m", "--", "true")

    assert "run `git init`" in first(*train)
    shell(first, "git init")
    assert "(`git add . && git commit`)" in first(*train)
    shell(first, "git add . && git commit -m first")

    assert "git " not in first(*train)


@beyond(
    "inventory/doctor.py",
    'git init && git add . && git commit -m "Keep the code"',
    'git add . && git commit -m "Keep the code"',
)
@beyond("inventory/steps.py", "git init && ")
@beyond("inventory/gaps.py", "git init && ")
def a_doctor_who_asks_for_git(desk: Desk) -> None:
    for begin in (True, False):
        first = fresh(desk, f"fresh-{begin}")
        first.write("train.py", "model.fit()")
        if not begin:
            shell(first, "git init")
        (sign,) = (s for s in first.json("doctor", expect=6) if s["what"] == "git")
        assert sign["fix"].startswith("git init") is begin
        assert first.json("steps")[2]["fix"].startswith("git init") is begin

        shell(first, sign["fix"])

        assert all(s["well"] for s in first.json("doctor"))
        assert first.json("steps")[2]["done"]


@beyond("capture/project/git.py", "git config --global --add safe.directory {}")
def a_repository_of_somebody_else(desk: Desk) -> None:
    train = ("run", "--model", "m", "--", "true")
    git = desk.write("../bin/git", "#!/bin/sh\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1\n")
    git.write_text(f'{git.read_text()}exec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(desk.folder.parent))
        patch.setenv("PATH", f"{git.parent.resolve()}:{os.environ['PATH']}")
        told = desk(*train)
        command = told.partition("`git config")[2].partition("`")[0]

        shell(desk, f"git config{command}")

        assert "belongs to somebody else" in told
        assert "belongs to somebody else" not in desk(*train)


@beyond("core/version.py", "--data snap:NAME", "--param NAME=VALUE", "--metric NAME=VALUE")
@beyond("core/version.py", "--field {}=VALUE", "--retroactive", "--allow-dirty")
@beyond("core/required.py", "--field NAME=VALUE")
@beyond("stats/checks/required_metadata.py", "--field {}=VALUE")
@beyond("capture/register.py", "--retroactive")
@beyond("capture/models/word.py", "--test snap:NAME")
@beyond("capture/project/tag.py", "git push origin {}")
def weights_and_what_somebody_knows_of_them(desk: Desk) -> None:
    desk.write("cairn.toml", '[model.w]\nfields = ["owner"]\n')
    shell(desk, "git add -A && git commit -m settings && git init --bare ../far.git")
    shell(desk, "git remote add origin ../far.git")
    desk.write("w.bin", "weights")
    shell(desk, "echo '# not committed' >> gates/churn.yaml")
    bare = ("register", "w.bin", "--model", "w")
    told = desk(*bare, expect=Refused.exit_code)
    options = ("--data snap:NAME", "--param NAME=VALUE", "--metric NAME=VALUE")
    assert all(f"`{each}`" in told for each in (*options, "--field owner=VALUE"))
    desk(*bare, "--retroactive")
    word = ("--data", "snap:train", "--param", "lr=0.1", "--metric", "auc=0.9")

    desk(*bare, *word, "--field", "owner=ada")
    desk(*bare, *word, "--field", "owner=ada", "--test", "snap:test")

    assert "`--test snap:NAME`" in desk("show", "w:2")
    assert "`--test" not in desk("show", "w:3")
    release = ("release", "w:3")
    assert "`--allow-dirty`" in desk(*release, expect=Refused.exit_code)
    published = desk(*release, "--allow-dirty").partition("publish it with `")[2]
    shell(desk, published.partition("`")[0])
    assert "w-v0.1.0" in desk.git("ls-remote", "origin")


@beyond("capture/models/chosen.py", "--artifact PATH", "--artifact {}")
def a_run_that_wrote_two_files(desk: Desk) -> None:
    script = "echo one > one.bin; echo two > two.bin"
    run = desk.json("run", "--model", "m", "--", "sh", "-c", script)["run"]["id"]
    words = ("register", f"run:{run}", "--retroactive")
    told = desk(*words, expect=Invalid.exit_code)
    other = desk(*words, "--artifact", "three.bin", expect=Invalid.exit_code)
    named = other.partition("did you mean `--artifact ")[2].partition("`")[0]

    desk(*words, "--artifact", named)

    assert "`--artifact PATH`" in told
    assert desk.json("show", "m:1")["model"] == "default/m"


@beyond("cli/snapshot_table.py", "--sampling METHOD", "--sampling all")
@beyond("core/name.py", "--new-label")
@beyond("cli/gate.py", "--reason ...")
def an_option_that_was_left_out(desk: Desk) -> None:
    assert "`--sampling all`" in desk("snapshot", "show", "test")
    desk("snapshot", "add", "data/test.csv", "--name", "test", "--sampling", "all")
    assert "--sampling" not in desk("snapshot", "show", "test")

    words = ("promote", "churn:1", "europe")
    assert "`--new-label`" in desk(*words, expect=NotFound.exit_code)
    desk(*words, "--new-label")

    review = ("gate", "review", "1")
    assert "`--reason ...`" in desk(*review, expect=Invalid.exit_code)
    assert "--reason" not in desk(*review, "--reason", "x", expect=NotFound.exit_code)


@beyond("cli/guard.py", 'allow = ["PATH"]')
@beyond("inventory/guard.py", "git reset -- {}", "git rebase --interactive {}^")
def weights_on_their_way_into_git(desk: Desk) -> None:
    desk.write("model.pkl", "").write_bytes(b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00}.")
    shell(desk, "git add --force model.pkl")
    told = desk("guard", expect=Refused.exit_code)
    assert "git reset -- model.pkl" in told
    shell(desk, "git reset -- model.pkl")
    desk("guard")

    shell(desk, "git add --force model.pkl && git commit -m weights")
    past = ("guard", "--since", "HEAD~1")
    told = desk(*past, expect=Refused.exit_code)
    command = told.partition("git rebase")[2].partition(" to take")[0]
    shell(desk, "git commit --allow-empty -m later")
    shell(desk, f"GIT_SEQUENCE_EDITOR='sed -i 1s/pick/drop/' git rebase{command}")
    assert "model.pkl" not in desk.git("ls-files")

    desk.write("model.pkl", "").write_bytes(b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00}.")
    shell(desk, "git add --force model.pkl")
    assert "[guard]" in desk("guard", expect=Refused.exit_code)
    toml = desk.folder / "cairn.toml"
    toml.write_text(toml.read_text() + '[guard]\nallow = ["model.pkl"]\n')
    desk("guard")


@beyond("data/remotes/refs.py", '{} = "/mnt/share/models"')
@beyond("gates/evaluation.py", 'data = "snap:test"', 'label = "..."')
@beyond("gates/rows.py", 'task = "multiclass"')
def a_setting_that_is_missing(desk: Desk) -> None:
    toml = desk.folder / "cairn.toml"
    text = toml.read_text()
    push = ("push", "--dry-run")
    assert 'origin = "/mnt/share/models"' in desk(*push, expect=NotFound.exit_code)
    toml.write_text(f'{text}[remote]\norigin = "{desk.folder.parent}/far"\n')
    desk(*push)

    desk("snapshot", "add", "data/test.csv", "--name", "more")
    evaluate = ("evaluate", "churn:1", "--on", "more")
    toml.write_text("")
    told = desk(*evaluate, expect=Invalid.exit_code)
    assert '[model."churn".evaluation]' in told
    assert 'data = "snap:test"' in told
    toml.write_text(text.replace('"churned"', '"region"'))
    assert 'task = "multiclass"' in desk(*evaluate, expect=Invalid.exit_code)
    toml.write_text(text)
    desk(*evaluate)


@beyond("data/dvc/project.py", "git log --oneline --all", "git tag")
def a_revision_that_git_does_not_know(desk: Desk) -> None:
    desk.write(".dvc/config", "")
    desk.write(
        "x.dvc", "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  path: x\n"
    )
    shell(desk, "git add --force .dvc x.dvc && git commit -m one && git tag first")
    told = desk("snapshot", "add", "dvc:x@nope", expect=NotFound.exit_code)

    shell(desk, "git log --oneline --all")

    assert "`git log --oneline --all` and `git tag`" in told
    assert "first" in desk.git("tag")
    assert "git knows no" not in desk(
        "snapshot", "add", "dvc:x@first", expect=NotFound.exit_code
    )
