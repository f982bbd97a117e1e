"""What is frozen by hand is looked into for secrets first, as what a run reads is."""

from pathlib import Path

import pytest

from cairn.core.errors import Refused
from projects.desk import Desk

TOKEN = "ghp_" + "a1B2" * 9


@pytest.fixture
def first(tmp_path: Path) -> Desk:
    """A project with data and nothing else."""
    (tmp_path / "first").mkdir()
    desk = Desk(tmp_path / "first")
    desk("init")
    desk.write("data/a.csv", "x\n1\n")
    return desk


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.txt", f"the key is {TOKEN}", "notes.txt holds an access token"),
        (".env", "A=1", ".env is a file for secrets"),
        ("b.bin", "\0k3Jx9QpLmZ27vTbY", "b.bin holds a secret that is also in API_TOKEN in"),
    ],
)
def test_data_with_a_secret_is_frozen_only_if_somebody_means_it(
    first: Desk, monkeypatch: pytest.MonkeyPatch, name: str, content: str, says: str
) -> None:
    monkeypatch.setenv("API_TOKEN", "k3Jx9QpLmZ27vTbY")
    first.write(f"data/{name}", content)

    first.fails("snapshot", "add", "data", code=Refused.exit_code, says=says)
    assert first.json("snapshot", "list") == []
    told = first("snapshot", "add", "data", "--with-secrets")

    assert "2 files" in told


def test_what_is_too_large_to_look_into_is_said(first: Desk) -> None:
    assert "secrets" not in first("snapshot", "add", "data")
    first.write("data/large.txt", f"{TOKEN} " * 120_000)

    told = first("snapshot", "add", "data")

    assert "1 file was not searched for secrets: up to 4 MiB a file, 8 MiB in all, are" in told


def test_the_store_itself_is_not_looked_into(first: Desk) -> None:
    first.write(".cairn/left.txt", TOKEN)

    first("snapshot", "add", ".")


def test_code_of_a_recipe_with_a_secret_is_not_kept(first: Desk) -> None:
    first.write("make.py", f"KEY = '{TOKEN}'")
    words = ("snapshot", "recipe", "--code", "make.py", "--", "python", "make.py")

    first.fails(*words, code=Refused.exit_code, says="make.py holds an access token")
