"""Commit plus patch is the exact working tree, byte for byte."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.capture.project.git import Checkout, observe
from cairn.capture.project.patch import freeze, make_patch, restore
from cairn.core.errors import Conflict, Corrupt, NotFound
from cairn.core.run import Code
from cairn.objects import in_memory
from projects.repositories import commit, files_of, git, repository, write


@pytest.fixture(name="configuration", autouse=True)
def _configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    config = tmp_path_factory.mktemp("home") / "gitconfig"
    config.touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return config


def checkout(folder: Path) -> Checkout:
    found = observe(folder)
    assert isinstance(found, Checkout), found
    return found


def patch_of(folder: Path, *, without: tuple[bytes, ...] = ()) -> bytes | None:
    found = checkout(folder)
    return make_patch(found, freeze(found), without=without)


def round_trip(folder: Path, into: Path) -> dict[str, tuple[str, bytes]]:
    objects = in_memory()
    found = checkout(folder)
    patch = make_patch(found, freeze(found))
    code = Code(commit=found.commit, patch=objects.put(patch) if patch else None)
    restore(folder, code, into, objects=objects)
    return files_of(into)


def gaps_of(folder: Path) -> list[str]:
    return [gap.reason for gap in freeze(checkout(folder)).gaps.values()]


def test_a_clean_tree_needs_no_patch(tmp_path: Path) -> None:
    folder = repository(tmp_path / "work")

    assert patch_of(folder) is None
    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_everything_that_can_change_comes_back(tmp_path: Path) -> None:
    folder = repository(
        tmp_path / "work",
        {
            "edited.py": "a = 1\n",
            "gone.py": "2\n",
            "moved.py": "3\n" * 40,
            "weights.bin": bytes(range(256)) * 8,
            "tool.sh": "#!/bin/sh\n",
            "becomes_link.py": "4\n",
            "becomes_file/inner.py": "5\n",
            "staged.py": "6\n",
        },
    )
    write(folder / "edited.py", "a = 2")
    (folder / "gone.py").unlink()
    (folder / "moved.py").rename(folder / "moved_here.py")
    write(folder / "weights.bin", bytes(reversed(range(256))) * 9)
    (folder / "tool.sh").chmod(0o755)
    (folder / "becomes_link.py").unlink()
    (folder / "becomes_link.py").symlink_to("edited.py")
    git(folder, "rm", "--quiet", "-r", "becomes_file")
    write(folder / "becomes_file", "now a file\n")
    git(folder, "add", "becomes_file")
    write(folder / "staged.py", "staged\n")
    git(folder, "add", "staged.py")
    write(folder / "staged.py", "and changed again\n")
    write(folder / "new" / "deep.py", "untracked\n")
    write(folder / "empty.py", "")
    write(folder / os.fsdecode(b"caf\xe9 \n.py"), "odd name\n")

    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_what_was_uncommitted_is_uncommitted_again(tmp_path: Path) -> None:
    folder = repository(tmp_path / "work")
    write(folder / "train.py", "print(2)\n")
    write(folder / "new.py", "3\n")

    round_trip(folder, tmp_path / "back")

    assert patch_of(tmp_path / "back") == patch_of(folder)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.sampled_from(["a.py", "b/c.py", "b/d.py", "e.py", "f/g/h.py"]),
        st.one_of(st.none(), st.binary(max_size=40)),
    ),
    st.dictionaries(
        st.sampled_from(["a.py", "b/c.py", "b/d.py", "e.py", "new.py", "f/g/h.py"]),
        st.one_of(st.none(), st.binary(max_size=40)),
    ),
)
def test_any_two_states_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, bytes | None],
    after: dict[str, bytes | None],
) -> None:
    room = tmp_path_factory.mktemp("any")
    committed = {name: content for name, content in before.items() if content is not None}
    folder = repository(room / "work", {"keep.py": b"kept\n", **committed})
    for name, content in after.items():
        if content is not None:
            write(folder / name, content)
        elif (folder / name).exists():
            (folder / name).unlink()

    assert round_trip(folder, room / "back") == files_of(folder)


@pytest.mark.parametrize("setting", ["true", "input", "false"])
def test_line_ends_come_back_whatever_git_is_told_to_convert(
    tmp_path: Path, configuration: Path, setting: str
) -> None:
    git(tmp_path, "config", "--file", str(configuration), "core.autocrlf", setting)
    folder = repository(tmp_path / "work", {"unix.py": "1\n2\n", "windows.py": "1\r\n2\r\n"})
    write(folder / "edited.py", "first\r\n")
    commit(folder)
    write(folder / "edited.py", "first\r\nsecond\r\n")
    write(folder / "new.py", "3\r\n")

    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_line_ends_by_attributes_come_back(tmp_path: Path) -> None:
    attributes = "* text=auto\n*.bat text eol=crlf\n"
    folder = repository(tmp_path / "work", {".gitattributes": attributes, "a.py": "1\n"})
    write(folder / "run.bat", "@echo\r\n")
    commit(folder)
    write(folder / "a.py", "1\r\n")  # git calls this unchanged
    write(folder / "run.bat", "@echo 2\r\n")

    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_filters_do_not_touch_what_comes_back(tmp_path: Path, configuration: Path) -> None:
    git(tmp_path, "config", "--file", str(configuration), "filter.up.clean", "tr a-z A-Z")
    git(tmp_path, "config", "--file", str(configuration), "filter.up.smudge", "tr A-Z a-z")
    folder = repository(
        tmp_path / "work", {".gitattributes": "*.sql filter=up\n", "q.sql": "select 1\n"}
    )
    write(folder / "q.sql", "Select 2\n")

    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_a_worktree_and_a_shallow_clone_come_back(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    commit(origin)
    git(origin, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "side")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin}", "shallow")
    for folder in (tmp_path / "tree", tmp_path / "shallow"):
        write(folder / "train.py", "print(2)\n")

        assert round_trip(folder, tmp_path / f"{folder.name}-back") == files_of(folder)


def test_a_repository_of_sha256_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--object-format=sha256")
    write(folder / "train.py", "1\n")
    commit(folder)
    write(folder / "train.py", "2\n")

    assert round_trip(folder, tmp_path / "back") == files_of(folder)


def test_the_same_changes_give_the_same_patch_in_another_clone(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {"train.py": "a\nb\nc\n", "data.bin": b"\0" * 99})
    git(tmp_path, "clone", "--quiet", "one", "two")
    for folder in (one, tmp_path / "two"):
        write(folder / "train.py", "a\nB\nc\n")
        write(folder / "data.bin", b"\1" * 99)
        write(folder / "new.py", "1\n")
    git(tmp_path / "two", "config", "diff.noprefix", "true")
    git(tmp_path / "two", "config", "diff.algorithm", "patience")
    git(tmp_path / "two", "config", "diff.context", "1")

    assert patch_of(one) == patch_of(tmp_path / "two")


def test_making_a_patch_leaves_the_repository_alone(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    write(folder / "train.py", "print(2)\n")
    write(folder / "new.py", "1\n")
    before = {place: place.stat().st_mtime_ns for place in (folder / ".git").rglob("*")}

    patch_of(folder)

    after = {place: place.stat().st_mtime_ns for place in (folder / ".git").rglob("*")}
    assert after == before


def test_outputs_are_left_as_the_commit_has_them(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"train.py": "1\n", "metrics.json": "{}\n"})
    write(folder / "metrics.json", '{"auc": 0.9}\n')
    write(folder / "report.txt", "done\n")

    assert patch_of(folder, without=(b"metrics.json", b"report.txt")) is None


def test_data_and_ignored_files_are_no_code(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"train.py": "1\n", ".gitignore": "local.py\n"})
    write(folder / "train.csv", "a,b\n")
    write(folder / "model.joblib", b"\x80")
    write(folder / "local.py", "x = 1\n")

    assert patch_of(folder) is None
    assert gaps_of(folder) == []


@pytest.mark.parametrize(
    "name", [".env", "conf/.env.local", "id_rsa", "x.pem", "secrets.yaml"]
)
def test_a_file_for_secrets_is_never_taken(tmp_path: Path, name: str) -> None:
    folder = repository(tmp_path)
    write(folder / name, "A=1\n")

    assert patch_of(folder) is None


def test_a_changed_file_for_secrets_is_a_gap(tmp_path: Path) -> None:
    folder = repository(tmp_path, {"train.py": "1\n", ".env": "A=1\n"})
    write(folder / ".env", "A=2\n")

    assert patch_of(folder) is None
    assert gaps_of(folder) == [
        ".env differs from the commit and is a file for secrets, so it is not recorded"
    ]


def test_a_source_with_a_secret_is_left_out_whole_and_named(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    write(folder / "train.py", 'connect(password="correct-horse-battery")\n')
    write(folder / "other.py", "2\n")

    patch = patch_of(folder) or b""

    assert b"correct-horse" not in patch
    assert b"other.py" in patch
    assert gaps_of(folder) == [
        (
            "train.py is uncommitted and seems to hold a value for 'password', "
            "so it is not recorded"
        )
    ]


def test_a_huge_source_and_a_pipe_are_gaps(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    write(folder / "dump.sql", b"-" * (6 << 20))
    (folder / "train.py").unlink()
    os.mkfifo(folder / "train.py")

    assert sorted(gaps_of(folder)) == [
        "dump.sql is uncommitted and has 6 MiB, so it is not recorded",
        "train.py is uncommitted and is neither a file nor a link, so it is not recorded",
    ]


def test_the_store_is_no_code_even_if_git_does_not_ignore_it(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    write(folder / ".cairn" / "runs" / "note.txt", "1\n")
    found = checkout(folder)

    frozen = freeze(found, outside=[folder / ".cairn"])

    assert frozen.files == {}


def test_nothing_is_restored_over_existing_files(tmp_path: Path) -> None:
    folder = repository(tmp_path / "work")
    code = Code(commit=git(folder, "rev-parse", "HEAD"))

    with pytest.raises(Conflict, match="is not empty"):
        restore(folder, code, folder, objects=in_memory())


def test_a_commit_that_is_not_there_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    folder = repository(tmp_path / "work")

    with pytest.raises(NotFound, match="has no commit 111111111111"):
        restore(folder, Code(commit="1" * 40), tmp_path / "back", objects=in_memory())

    assert [place.name for place in tmp_path.iterdir()] == ["work"]


def test_a_patch_that_does_not_fit_is_corrupt_and_nothing_is_left(tmp_path: Path) -> None:
    folder = repository(tmp_path / "work")
    write(folder / "train.py", "print(2)\n")
    objects = in_memory()
    patch = objects.put((patch_of(folder) or b"").replace(b"print(1)", b"print(7)"))
    code = Code(commit=git(folder, "rev-parse", "HEAD"), patch=patch)

    with pytest.raises(Corrupt, match="does not fit its commit"):
        restore(folder, code, tmp_path / "back", objects=objects)

    assert [place.name for place in tmp_path.iterdir()] == ["work"]
