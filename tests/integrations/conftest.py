"""A registry beside a real DVC project."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.registry import Registry
from projects.store import Clock, open_registry
from sources import dvc_project


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DVC project of two states: to be copied, not used."""
    return dvc_project.make(tmp_path_factory.mktemp("dvc"))


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A DVC project for one test alone."""
    return dvc_project.copy(made, tmp_path)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "registry"
    folder.mkdir()
    opened = open_registry(folder, clock=Clock())
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined] (only the local engine has it)
