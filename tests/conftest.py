"""What all tests share: quiet property tests, and a project to type commands in."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from desk import Desk

# The same examples in every run, and no deadline on a slow machine.
settings.register_profile("cairn", deadline=None, derandomize=True)
settings.load_profile("cairn")

# Whoever runs the tests in the background may have had these ignored, and children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> "Desk":
    """A project with data, two versions and a gate: to be copied, not used."""
    from desk import make

    return make(tmp_path_factory.mktemp("furnished") / "project")


@pytest.fixture
def desk(furnished: "Desk", tmp_path: Path) -> "Desk":
    """A project with data, two versions and a gate, for one test alone."""
    from desk import copy

    return copy(furnished, tmp_path / "project")
