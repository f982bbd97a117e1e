"""One registry per engine: whatever holds for one must hold for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.registry import Registry
from store import Clock, open_registry


@pytest.fixture(autouse=True)
def _own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys and pins of a test to itself."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))


@pytest.fixture(params=["local"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """A registry over each engine, on an empty store."""
    assert request.param == "local"
    folder = tmp_path / "project"
    folder.mkdir()
    opened = open_registry(folder, clock=Clock())
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined]
