"""What tests of commands share: a project in which two versions were live, one by one."""

from pathlib import Path

import pytest

from projects.desk import Desk, copy


@pytest.fixture(scope="session")
def promoted(furnished: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project in which version 1 was live, and version 2 is: to be copied, not used."""
    desk = copy(furnished, tmp_path_factory.mktemp("promoted") / "project")
    desk("promote", "churn:1", "-m", "first")
    desk("promote", "churn:2", "-m", "better")
    return desk


@pytest.fixture
def live(promoted: Desk, tmp_path: Path) -> Desk:
    """A project in which version 1 was live, and version 2 is, for one test alone."""
    return copy(promoted, tmp_path / "project")
