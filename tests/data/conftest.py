"""A registry on an empty store, with a folder for data beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.registry import Registry
from projects.store import Clock, open_registry


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    folder.mkdir()
    opened = open_registry(folder, clock=Clock())
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined] (only the local engine has it)
