"""What git would keep is judged before it does: weights, data and large files."""

import pickle
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from cairn.config import GuardSettings
from cairn.core.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from cairn.inventory.guard import Guarded, guard_commits, guard_staged, install
from projects.desk import Desk
from projects.repositories import commit, git, repository, write

LIMITS = GuardSettings()
SAFETENSORS = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
MEGABYTE = 1_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit."""
    return repository(tmp_path / "project")


def stage(project: Path, name: str | bytes, content: str | bytes) -> None:
    """Write a file and add everything to the index."""
    path = project / (name if isinstance(name, str) else name.decode(errors="surrogateescape"))
    write(path, content)
    git(project, "add", "--force", "--all")


def refused(found: Guarded) -> dict[str, str]:
    return {kept.path: kept.reason for kept in found.refused}


def torch_zip() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}))
        archive.writestr("model/data/0", b"\0" * 16)
    return content.getvalue()


def npz() -> bytes:
    content = BytesIO()
    np.savez(content, w=np.zeros(3))
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a", len(SAFETENSORS).to_bytes(8, "little") + SAFETENSORS + b"\0" * 4, "safetensors"),
        ("b.txt", pickle.dumps({"coef": [1.0]}), "pickle"),
        ("c.bin", torch_zip(), "pytorch zip"),
        ("d", b"GGUF" + b"\0" * 60, "gguf"),
        ("e.onnx", b"\x08\x07\x12\x00", "onnx"),
        ("f.dat", b"\x89HDF\r\n\x1a\n" + b"\0" * 60, "hdf5"),
        ("g", npz(), "npz"),
        ("H.PT", b"no tensor at all", "pt"),
        ("i.tflite", b"\0\0\0\0TFL3", "tflite"),
        ("j.skops", b"", "skops"),
    ],
)
def test_weights_are_refused_at_any_size(
    project: Path, name: str, content: bytes, reason: str
) -> None:
    stage(project, name, content)

    found = guard_staged(project, LIMITS)

    assert refused(found) == {name: f"weights ({reason})"}
    assert found.refused[0].fix == (
        f"git reset -- {name}, then cairn register {name} --model NAME"
    )


def test_a_file_of_60_megabytes_is_refused_whatever_it_is(project: Path) -> None:
    stage(project, "notes.txt", b"a line\n" * (60 * MEGABYTE // 7))
    stage(project, "data/all.parquet", b"PAR1" + b"\0" * 60 * MEGABYTE)

    assert refused(guard_staged(project, LIMITS)) == {
        "data/all.parquet": "data (parquet) above 1 MB",
        "notes.txt": "above 10 MB",
    }


def test_data_is_refused_above_a_limit_of_its_own(project: Path) -> None:
    stage(project, "few.csv", "x\n" * 100)
    stage(project, "many.csv", "x\n" * MEGABYTE)

    assert refused(guard_staged(project, LIMITS)) == {"many.csv": "data (csv) above 1 MB"}
    assert guard_staged(project, GuardSettings(max_data_mb=2)).refused == ()


def test_code_links_submodules_and_pointers_pass(project: Path) -> None:
    repository(project / "vendored")
    (project / "model.pt").symlink_to("/models/model.pt")
    stage(project, "train.py", "print(2)\n")
    stage(project, "weights.safetensors", POINTER)
    stage(project, "model.pt.dvc", "outs:\n- md5: 0\n")

    assert "160000" in git(project, "ls-files", "--stage", "vendored")
    assert guard_staged(project, LIMITS) == Guarded(files=3)


def test_what_only_begins_like_a_pointer_is_no_pointer(project: Path) -> None:
    stage(project, "weights.pt", POINTER + "x" * 2000)

    assert refused(guard_staged(project, LIMITS)) == {"weights.pt": "weights (pt)"}


def test_what_is_staged_is_judged_and_not_what_lies_on_disk(project: Path) -> None:
    stage(project, "a.pt", b"staged")
    (project / "a.pt").unlink()
    (project / "b.pt").write_bytes(b"on disk alone")

    assert refused(guard_staged(project, LIMITS)) == {"a.pt": "weights (pt)"}


def test_what_the_history_has_may_move_but_not_change(project: Path) -> None:
    stage(project, "old.pt", b"in the history since long ago")
    commit(project)
    (project / "old.pt").rename(project / "new.pt")
    git(project, "add", "--all")

    assert guard_staged(project, LIMITS).refused == ()
    stage(project, "new.pt", b"other weights")
    assert refused(guard_staged(project, LIMITS)) == {"new.pt": "weights (pt)"}


def test_the_same_bytes_under_two_names_are_judged_by_both(project: Path) -> None:
    stage(project, "a.txt", "the same")
    stage(project, "b.pt", "the same")

    assert refused(guard_staged(project, LIMITS)) == {"b.pt": "weights (pt)"}


def test_the_first_commit_is_guarded_as_well(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    stage(tmp_path, "a.pt", b"w")

    assert refused(guard_staged(tmp_path, LIMITS)) == {"a.pt": "weights (pt)"}


def test_names_that_no_one_should_give_are_named(project: Path) -> None:
    stage(project, b"line\nbreak.pt", b"1")
    stage(project, b"caf\xe9 \x07.pt", b"2")
    stage(project, "with space and 'quotes'.pt", b"3")

    assert set(refused(guard_staged(project, LIMITS))) == {
        r"line\x0abreak.pt",
        r"caf\xe9 \x07.pt",
        "with space and 'quotes'.pt",
    }


def test_patterns_let_files_pass(project: Path) -> None:
    stage(project, "tests/golden/deep/a.pt", b"1")
    stage(project, "src/a.pt", b"2")

    found = guard_staged(project, GuardSettings(allow=("tests/golden/*", "docs/*")))

    assert refused(found) == {"src/a.pt": "weights (pt)"}


def test_each_commit_of_a_range_is_judged_also_what_was_taken_back(project: Path) -> None:
    start = git(project, "rev-parse", "HEAD")
    stage(project, "a.pt", b"1")
    added = commit(project)
    git(project, "rm", "--quiet", "a.pt")
    commit(project)

    found = guard_commits(project, start, LIMITS)

    assert [(kept.path, kept.commit) for kept in found.refused] == [("a.pt", added)]
    assert f"git rebase --interactive {added[:12]}^" in found.refused[0].fix
    assert guard_commits(project, "HEAD", LIMITS) == Guarded(files=0)


def test_a_merge_brings_nothing_that_is_in_the_base_and_hides_nothing(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "topic")
    stage(project, "topic.py", "1")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    stage(project, "main.pt", b"merged long ago")
    commit(project)
    git(project, "checkout", "--quiet", "topic")
    git(project, "merge", "--quiet", "--no-commit", "main")
    assert guard_staged(project, LIMITS).refused == ()

    stage(project, "hidden.pt", b"slipped into the merge")
    assert set(refused(guard_staged(project, LIMITS))) == {"hidden.pt"}
    commit(project)

    assert set(refused(guard_commits(project, "main", LIMITS))) == {"hidden.pt"}


@pytest.mark.parametrize("since", ["no-such-branch", "--all", "0" * 40, "", "HEAD:train.py"])
def test_an_unknown_commit_is_named(project: Path, since: str) -> None:
    with pytest.raises(NotFound, match="git knows no commit"):
        guard_commits(project, since, LIMITS)


def test_a_blob_that_git_lacks_is_no_pass(project: Path) -> None:
    stage(project, "a.txt", "gone soon")
    blob = git(project, "rev-parse", ":a.txt")
    (project / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(Unavailable, match=blob):
        guard_staged(project, LIMITS)


def test_outside_of_a_repository_there_is_nothing_to_guard(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not inside a git repository"):
        guard_staged(tmp_path, LIMITS)


def test_the_hook_stops_a_commit_and_lets_the_others_through(project: Path) -> None:
    desk = Desk(project)
    assert "guards every commit from now on" in desk("guard", "--install")
    assert "already" in desk("guard", "--install")
    stage(project, "a.pt", b"1")

    stopped = desk.run("git", "commit", "-m", "weights")
    assert stopped.returncode != 0
    assert "a.pt" in stopped.stdout + stopped.stderr
    write(project / "train.py", "print(3)\n")
    assert desk.run("git", "commit", "-m", "code", "train.py").returncode == 0
    assert desk.run("git", "commit", "-m", "weights").returncode != 0


def test_a_hook_that_is_there_stays_as_it_is(project: Path) -> None:
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nmake lint\n")

    with pytest.raises(Conflict, match="add the line `cairn guard`"):
        install(project)

    assert hook.read_text() == "#!/bin/sh\nmake lint\n"


def test_a_hook_that_cannot_be_written_is_named(project: Path) -> None:
    write(project / "our", "a file")
    git(project, "config", "core.hooksPath", "our/hooks")

    with pytest.raises(Unavailable, match="pre-commit cannot be written: Not a directory"):
        install(project)


def test_the_hook_goes_where_git_looks_for_it(project: Path) -> None:
    git(project, "config", "core.hooksPath", "our/hooks")

    hook, is_new = install(project)

    assert (hook, is_new) == (project / "our/hooks/pre-commit", True)
    assert hook.stat().st_mode & 0o111
    done = subprocess.run(
        [str(hook)], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_command_takes_its_limits_from_the_project(project: Path) -> None:
    desk = Desk(project)
    write(project / "cairn.toml", '[guard]\nmax_data_mb = 2\nallow = ["fixtures/*"]\n')
    stage(project, "fixtures/a.pt", b"1")
    stage(project, "many.csv", "x\n" * (MEGABYTE // 2 + 1))
    assert "nothing that does not belong in git" in desk("guard")

    stage(project, "b.pt", b"2")
    found = desk.json("guard", expect=Refused.exit_code)
    assert [kept["path"] for kept in found["refused"]] == ["b.pt"]
    assert "1 of 4 staged files does not belong in git" in desk("guard", expect=6)
    commit(project)
    assert "b.pt" in desk("guard", "--since", "HEAD~1", expect=6)
    desk.fails(
        "guard", "--install", "--since", "HEAD", code=Invalid.exit_code, says="together"
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("max_mb = 0", r"\[guard\]: max_mb must be a number of megabytes"),
        ('allow = "x"', r"\[guard\]: allow must be a list of patterns"),
        ("max = 1", r"\[guard\]: there is no key 'max', only max_mb, max_data_mb, allow"),
    ],
)
def test_wrong_limits_are_named(project: Path, line: str, says: str) -> None:
    write(project / "cairn.toml", f"[guard]\n{line}\n")

    Desk(project).fails("guard", code=Invalid.exit_code, says=says)


def test_pre_commit_asks_for_the_commits_of_its_range(project: Path) -> None:
    stage(project, "a.pt", b"1")
    commit(project)
    desk = Desk(project)

    done = desk.run(
        "env", "PRE_COMMIT_FROM_REF=HEAD~1", sys.executable, "-m", "cairn", "guard"
    )

    assert done.returncode == Refused.exit_code, done.stderr
