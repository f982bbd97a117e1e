"""Which software: files that say so, and how much they leave open."""

import pytest

from projects.planted import Project

PLANTED = {
    "requirements.txt": ("requirements", False, "numpy==2.1\npandas>=2\n# x\n-r base.txt\n"),
    "requirements-dev.txt": (
        "requirements",
        True,
        'numpy==2.1 ; python_version > "3"\npandas[sql]==2.2.1  # why\n'
        "x==1 --hash=sha256:ab \\\n"
        "git-thing @ git+https://example.org/x@" + "a" * 40 + "\n",
    ),
    "requirements/base.txt": ("requirements", False, "numpy==2.*\n"),
    "constraints.txt": ("requirements", False, ""),
    "uv.lock": ("lock", True, "version = 1\n"),
    "Pipfile.lock": ("lock", True, "{}"),
    "environment.yml": (
        "conda environment",
        True,
        "name: x\ndependencies:\n  - python=3.11.4\n  - pip\n  - pip:\n      - numpy==2.1\n",
    ),
    "conda.yaml": ("conda environment", False, "dependencies: [python=3.11, numpy]\n"),
    "Dockerfile": ("container", False, "FROM python:3.11 AS base\nFROM base\n"),
    "train.dockerfile": ("container", True, f"FROM python@sha256:{'a' * 64}\n"),
    "pyproject.toml": ("package", False, '[project]\nname = "x"\n'),
    "setup.py": ("package", False, "from setuptools import setup\nsetup()\n"),
    ".python-version": ("python version", False, "3.11.4\n"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_every_kind_is_found_and_judged(project: Project, name: str) -> None:
    kind, exact, content = PLANTED[name]
    project.plant(name, content)

    (found,) = project.scan().environment

    assert (found.path, found.kind, found.exact) == (name, kind, exact)


def test_a_file_that_leaves_versions_open_says_how_many(project: Project) -> None:
    project.plant("requirements.txt", "numpy==2.1\npandas>=2\nscipy\n")
    project.plant("Dockerfile", "FROM --platform=linux/amd64 python:3.11\n")

    notes = {file.path: file.note for file in project.scan().environment}

    assert notes == {
        "Dockerfile": "built from python:3.11, a tag that can move",
        "requirements.txt": "1 of 3 packages have an exact version",
    }


@pytest.mark.parametrize("content", ["dependencies: 3\n", "- a\n", "x: [\n", ""])
def test_a_broken_conda_environment_is_one_line(project: Project, content: str) -> None:
    project.plant("environment.yml", content)

    assert list(project.unread()) == ["environment.yml"]
