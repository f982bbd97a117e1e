"""Training code: where a training can start, and whether git keeps it."""

import pytest

from projects.planted import Project, notebook
from projects.repositories import commit, git, repository

TRAINING = """\
from sklearn.svm import SVC

def main():
    SVC().fit([[1], [2]], [0, 1])

if __name__ == "__main__":
    main()
"""


def test_scripts_and_notebooks_that_train_are_entry_points(project: Project) -> None:
    project.plant("train.py", TRAINING)
    project.plant("loop.py", "for batch in data:\n    loss(batch).backward()\n")
    project.plant("explore.ipynb", notebook("# Look", ["model.fit(x, y)"]))
    project.plant("serve.py", "import flask\nif __name__ == '__main__':\n    flask.run()\n")
    project.plant("features.py", "def rate(x):\n    return x / 2\n")

    found = {script.path: (script.kind, script.signs) for script in project.scan().code}

    assert found == {
        "explore.ipynb": ("notebook", ("calls fit, explore.ipynb:cell 2:1",)),
        "loop.py": ("script", ("calls backward, loop.py:2",)),
        "serve.py": ("script", ("runs as a script, line 2",)),
        "train.py": ("script", ("runs as a script, line 6", "calls fit, train.py:4")),
    }


def test_tests_are_no_training(project: Project) -> None:
    project.plant("tests/check.py", TRAINING)
    project.plant("test_train.py", TRAINING)

    assert project.scan().code == ()


def test_each_is_tracked_or_not(project: Project) -> None:
    repository(project.folder, {"train.py": TRAINING, ".gitignore": "secret.py\n"})
    project.plant("new.py", TRAINING)
    project.plant("secret.py", TRAINING)
    project.plant("naïve\n.py", TRAINING)
    git(project.folder, "add", "naïve\n.py")

    found = {script.path: script.git for script in project.scan().code}

    assert found == {
        "train.py": "tracked",
        "new.py": "untracked",
        "secret.py": "untracked",
        "naïve\\x0a.py": "tracked",
    }


def test_a_folder_inside_a_repository_is_asked_about_by_its_own_names(
    project: Project,
) -> None:
    repository(project.folder, {"churn/train.py": TRAINING, "fraud/train.py": TRAINING})

    found = Project(project.folder / "churn").scan()

    assert [(script.path, script.git) for script in found.code] == [("train.py", "tracked")]


def test_files_of_a_submodule_are_tracked(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    library = repository(tmp_path_factory.mktemp("library"), {"train.py": TRAINING})
    repository(project.folder)
    git(
        project.folder,
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add"),
        *(str(library), "library"),
    )
    commit(project.folder)

    found = {script.path: script.git for script in project.scan().code}

    assert found["library/train.py"] == "tracked"


def test_outside_of_a_repository_nothing_is_tracked(project: Project) -> None:
    project.plant("train.py", TRAINING)

    (found,) = project.scan().code

    assert found.git == "no-repository"


def test_a_repository_that_git_refuses_is_reported(project: Project) -> None:
    repository(project.folder, {"train.py": TRAINING})
    (project.folder / ".git" / "index").write_bytes(b"no index")

    found = project.scan()

    assert [script.git for script in found.code] == ["unknown"]
    assert [unread.path for unread in found.unread] == ["."]
    assert "git ls-files failed" in found.unread[0].reason


def test_a_program_named_in_the_repository_is_not_started(project: Project) -> None:
    repository(project.folder, {"train.py": TRAINING})
    spy = project.plant("../spy.sh", f"#!/bin/sh\ntouch {project.folder}/sprung\n")
    spy.chmod(0o755)
    git(project.folder, "config", "core.fsmonitor", str(spy))

    project.scan()

    assert not (project.folder / "sprung").exists()


def test_code_is_parsed_and_never_imported(project: Project) -> None:
    trap = "from pathlib import Path\nPath('{}').touch()\n".format(project.folder / "sprung")
    project.plant("train.py", trap + TRAINING)
    project.plant("setup.py", trap)
    project.plant("train.ipynb", notebook("", trap.splitlines()))

    project.scan()

    assert not (project.folder / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"def (\n", "line 1: not valid Python: invalid syntax"),
        (b"x = 1\n\0\n", "not valid Python: source code"),
        (b"# coding: klingon\n", "not valid Python: unknown encoding: klingon"),
        (b"x = \xff\n", "line 1: not valid Python"),
        (b"x = " + b"(" * 500 + b")" * 500, "not valid Python"),
        (b"x = " + b"-" * 50_000 + b"1\n", "not valid Python"),
        (b"#" * 2_000_001, "2.0 MB are too many to read as text"),
    ],
)
def test_broken_python_is_one_line(project: Project, content: bytes, reason: str) -> None:
    project.plant("broken.py", content)

    found = project.unread()

    assert reason in found["broken.py"]
    assert "\n" not in found["broken.py"]


def test_odd_but_valid_python_is_read_in_silence(project: Project) -> None:
    project.plant("odd.py", "import re\nre.compile('\\d')\nassert (1, 2)\nif 1 is 1: pass\n")

    assert project.unread() == {}


def test_a_broken_cell_does_not_hide_the_others(project: Project) -> None:
    cells = (["import os"], ["broken("], ["model.fit(x)"], ["also broken ("])
    project.plant("train.ipynb", notebook("", *cells))

    found = project.scan()

    assert found.code[0].signs == ("calls fit, train.ipynb:cell 4:1",)
    assert [unread.reason for unread in found.unread] == [
        "cell 3, line 1: not valid Python: '(' was never closed, and 1 more cells"
    ]


def test_a_notebook_in_another_language_is_listed_and_not_read(project: Project) -> None:
    project.plant("model.ipynb", notebook("", ["fit <- lm(y ~ x)"], language="R"))

    found = project.scan()

    assert [(script.path, script.signs) for script in found.code] == [("model.ipynb", ())]
    assert found.unread == ()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"cells": 3}', '{"cells": [{}]}', "[" * 99_999]
)
def test_a_damaged_notebook_is_still_a_notebook(project: Project, content: str) -> None:
    project.plant("train.ipynb", content)

    found = project.scan()

    assert [script.path for script in found.code] == ["train.ipynb"]
    assert [unread.reason for unread in found.unread] == ["not a notebook that can be read"]
