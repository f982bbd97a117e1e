"""The tests here have keys, a git configuration and a working folder of their own.

They write to the disk: to what watches a script, files in memory are the system's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from suite.room import disk, on_disk

__all__ = ["on_disk"]


@pytest.fixture(scope="package", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIRN_HOME", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("TMPDIR", str(disk()))
        yield


@pytest.fixture(autouse=True)
def _back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path.cwd())
