"""What every test of the inventory starts from."""

from pathlib import Path

import pytest

from projects.planted import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
