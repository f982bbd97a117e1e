"""A workshop of its own for each test, with its keys in a temporary home."""

from pathlib import Path

import pytest

from cairn.registry import Registry
from projects.workshop import open_workshop


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return open_workshop(tmp_path / "project")
