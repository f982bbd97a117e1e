"""The commit, and what git cannot say about it."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cairn.capture.project.git import Checkout, observe
from cairn.core.run import Gap
from cairn.data.git import run_git
from projects.repositories import commit, git, repository, write


@pytest.fixture(name="processes")
def _processes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    started: list[Any] = []
    real = subprocess.run

    def counted(command: Any, **options: Any) -> Any:
        started.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    return started


def checkout(folder: Path) -> Checkout:
    found = observe(folder)
    assert isinstance(found, Checkout), found
    return found


def test_a_clean_checkout_is_known_from_two_processes(
    tmp_path: Path, processes: list[Any]
) -> None:
    folder = repository(tmp_path / "work")
    head = git(folder, "rev-parse", "HEAD")
    git(folder, "remote", "add", "origin", "https://me:pw@example.org/a/b.git")
    processes.clear()

    found = checkout(folder)

    assert (found.commit, found.branch) == (head, "main")
    assert found.remote == "https://example.org/a/b.git"
    assert (found.changed, found.untracked, found.gaps) == ((), (), ())
    assert len(processes) == 2


def test_filters_of_the_repository_are_not_run(tmp_path: Path) -> None:
    folder = repository(
        tmp_path / "work", {"a.bin": "1", ".gitattributes": "*.bin filter=odd\n"}
    )
    for name in ("odd", "od.d", "o=d"):
        for key in ("clean", "smudge", "process"):
            git(folder, "config", f"filter.{name}.{key}", f"touch {tmp_path / 'ran'}; cat")
        git(folder, "config", f"filter.{name}.required", "true")
    (folder / "a.bin").write_text("2")

    found = checkout(folder)

    assert found.changed == (b"a.bin",)
    assert not (tmp_path / "ran").exists()


def test_it_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"src/deep/train.py": "1\n"})

    found = checkout(folder / "src" / "deep")

    assert found.folder == folder.resolve()


def test_the_remote_is_the_one_that_the_branch_follows(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    git(folder, "remote", "add", "origin", "git@example.org:me/fork.git")
    git(folder, "remote", "add", "upstream", "ssh://git:pw@example.org/us/main.git")
    git(folder, "config", "branch.main.remote", "upstream")

    assert checkout(folder).remote == "ssh://git@example.org/us/main.git"


@pytest.mark.parametrize("url", ["/srv/work.git", "../work", "file:///srv/work.git", "./a:b"])
def test_a_remote_that_is_a_folder_names_nothing_to_others(tmp_path: Path, url: str) -> None:
    folder = repository(tmp_path)
    git(folder, "remote", "add", "origin", url)

    assert checkout(folder).remote is None


def test_changed_untracked_and_ignored_files_are_told_apart(tmp_path: Path) -> None:
    folder = repository(
        tmp_path, {"a.py": "1\n", "b.py": "2\n", ".gitignore": "*.log\nout/\n"}
    )
    write(folder / "a.py", "changed\n")
    (folder / "b.py").unlink()
    write(folder / "new.py", "3\n")
    write(folder / "x.log", "4\n")
    write(folder / "out" / "deep" / "y.py", "5\n")

    found = checkout(folder)

    assert found.changed == (b"a.py", b"b.py")
    assert found.untracked == (b"new.py",)
    assert set(found.unseen) == {b"x.log", b"out/"}


def test_odd_names_are_read_byte_by_byte(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    names = [b"two\nlines.py", b"caf\xe9.py", b' "quoted" .py', b"tab\t.py"]
    for name in names:
        (folder / os.fsdecode(name)).write_text("1\n")

    assert set(checkout(folder).untracked) == set(names)


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    git(folder, "checkout", "--quiet", "--detach")

    assert checkout(folder).branch is None


def test_variables_that_a_hook_sets_do_not_lead_to_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"other.py": "0\n"})
    folder = repository(tmp_path / "work")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))

    found = checkout(folder)

    assert found.commit == git(folder, "rev-parse", "HEAD") != git(other, "rev-parse", "HEAD")
    assert found.changed == ()


def test_a_worktree_and_a_shallow_clone_are_checkouts_like_others(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    head = commit(origin)
    git(origin, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "side")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin}", "shallow")

    assert checkout(tmp_path / "tree").branch == "side"
    assert checkout(tmp_path / "shallow").commit == head


def test_a_submodule_is_named_with_its_commit_and_a_dirty_one_is_a_gap(tmp_path: Path) -> None:
    part = repository(tmp_path / "part", {"lib.py": "1\n"})
    folder = repository(tmp_path / "work")
    git(folder, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(part))
    commit(folder)

    clean = checkout(folder)
    write(folder / "part" / "lib.py", "2\n")
    dirty = checkout(folder)

    assert clean.submodules == {"part": git(part, "rev-parse", "HEAD")}
    assert clean.gaps == ()
    assert [gap.reason[:14] for gap in dirty.gaps] == ["submodule part"]


def test_no_repository_is_a_gap_with_a_sentence(tmp_path: Path) -> None:
    found = observe(tmp_path)

    assert isinstance(found, Gap)
    assert (found.field, found.reason) == (
        "code",
        f"{tmp_path.name} is not inside a git repository",
    )
    assert found.fix.startswith("run `git init`, and commit the training code")


def test_an_empty_repository_is_a_gap(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    found = observe(tmp_path)

    assert isinstance(found, Gap)
    assert found.reason == "the repository has no commit yet"


def test_a_missing_git_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    found = observe(folder)

    assert isinstance(found, Gap)
    assert found.reason == "git is not installed"


def test_a_broken_repository_is_a_gap_in_the_words_of_git(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    (folder / ".git" / "index").write_bytes(b"garbage")

    found = observe(folder)

    assert isinstance(found, Gap)
    assert found.reason.startswith("git status failed: ")


def test_whoever_the_environment_names_signs_the_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository(tmp_path)
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Grace")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "grace@example.org")

    signed = run_git(("var", "GIT_COMMITTER_IDENT"), folder)

    assert signed.startswith(b"Grace <grace@example.org>")
