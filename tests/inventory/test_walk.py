"""A project is walked once, whatever lies in it."""

import os
from pathlib import Path

import pytest

from cairn import inventory
from cairn.core.errors import NotFound
from cairn.inventory.walk import open_regular
from projects.folders import as_nobody, open_to_all
from projects.planted import Project

CSV = "x\n1\n"


def names(project: Project) -> list[str]:
    return [data.path for data in project.scan().data]


@pytest.mark.parametrize(
    "folder",
    [".git", ".venv", "venv", "node_modules", "__pycache__", ".cairn", ".tox", "a/.dvc/cache"],
)
def test_what_belongs_to_tools_is_left_out(project: Project, folder: str) -> None:
    project.plant(f"{folder}/deep/data.csv", CSV)
    project.plant("data.csv", CSV)

    assert names(project) == ["data.csv"]


def test_environments_are_left_out_under_any_name(project: Project) -> None:
    project.plant("my-env/pyvenv.cfg")
    project.plant("my-env/lib/data.csv", CSV)
    project.plant("conda/conda-meta/history")
    project.plant("conda/share/data.csv", CSV)

    assert names(project) == []


def test_names_of_any_bytes_are_spelled_on_one_line(project: Project) -> None:
    project.plant("new\nline.csv", CSV)
    project.plant("back\\slash.csv", CSV)
    project.plant("Zürich 東京.csv", CSV)
    project.plant("bell\x07\x85.csv", CSV)
    (project.folder / os.fsdecode(b"latin-\xe9.csv")).write_text(CSV)

    found = names(project)

    assert sorted(found) == [
        "Zürich 東京.csv",
        "back\\x5cslash.csv",
        "bell\\x07\x85.csv",
        "latin-\\xe9.csv",
        "new\\x0aline.csv",
    ]
    inventory.write(project.scan(), project.page)
    assert inventory.read(project.page) == project.scan()


def test_links_that_lead_nowhere_or_in_circles_are_one_line_each(project: Project) -> None:
    (project.folder / "a").symlink_to("b")
    (project.folder / "b").symlink_to("a")
    (project.folder / "gone.csv").symlink_to("nowhere.csv")
    (project.folder / "here").symlink_to(".")
    project.plant("sub/data.csv", CSV)
    (project.folder / "sub" / "up").symlink_to("..")

    assert project.unread() == {
        "a": "links to itself",
        "b": "links to itself",
        "gone.csv": "links to nothing",
    }
    assert names(project) == ["sub/data.csv"]


def test_a_link_to_a_folder_elsewhere_is_reported_and_not_followed(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "all.csv").write_text(CSV)
    (project.folder / "data").symlink_to("../lake")

    assert project.unread() == {"data": "links to a folder outside of the project: ../lake"}
    assert names(project) == []


def test_a_link_into_a_cache_that_is_left_out_is_a_file_of_the_project(
    project: Project,
) -> None:
    project.plant(".dvc/cache/ab/cdef", CSV)
    (project.folder / "train.csv").symlink_to(".dvc/cache/ab/cdef")
    (project.folder / "same.csv").symlink_to("train.csv")

    assert names(project) == ["same.csv", "train.csv"]


def test_a_pipe_is_reported_and_never_waited_for(project: Project) -> None:
    os.mkfifo(project.folder / "model.pkl")

    assert project.unread() == {"model.pkl": "is a named pipe, not a file"}


def test_a_file_that_cannot_be_read_is_one_line(project: Project) -> None:
    for name in ("train.py", "train.csv", "config.yaml", "README.md", "metrics.json", "a.sql"):
        (project.folder / name).symlink_to("/proc/self/mem")  # opens, and fails to read

    found = project.unread()

    assert len(found) == 6
    assert set(found.values()) == {"cannot be read: Input/output error"}


def test_what_its_owner_keeps_to_himself_is_one_line_each() -> None:
    with open_to_all() as folder:
        project = Project(folder / "project")
        project.plant("closed/train.csv", CSV)
        for name in ("train.csv", "model.bin", "weights.gguf", "train.py"):
            project.plant(name, CSV).chmod(0)
        (project.folder / "closed").chmod(0)

        with as_nobody():
            found = project.unread()

        (project.folder / "closed").chmod(0o700)

    assert set(found) >= {"closed", "train.csv", "train.py"}
    assert set(found.values()) == {"cannot be read: Permission denied"}


def test_a_link_to_a_device_is_reported_and_not_read(project: Project) -> None:
    (project.folder / "zeros.csv").symlink_to("/dev/zero")

    assert project.unread() == {"zeros.csv": "links to something that is not a file"}


def test_a_file_that_became_a_pipe_is_not_waited_for(project: Project) -> None:
    os.mkfifo(project.folder / "pipe")

    with pytest.raises(OSError, match="is not a regular file any more"):
        open_regular(str(project.folder / "pipe"))


def test_a_folder_that_vanishes_or_never_was_is_named(project: Project) -> None:
    with pytest.raises(NotFound, match=r"gone is not a folder"):
        inventory.scan(project.folder / "gone")


def test_progress_is_told_file_by_file(project: Project) -> None:
    project.plant("a.csv", CSV)
    project.plant("b.gguf", "GGUF....")
    told: list[tuple[int, int, int, int]] = []

    inventory.scan(project.folder, on_progress=lambda a, b, c, d: told.append((a, b, c, d)))

    assert told == [(1, 0, 2, 0), (2, 0, 2, 0), (1, 8, 1, 8)]
