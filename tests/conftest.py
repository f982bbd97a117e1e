"""What all tests share: a quiet environment, and a project to type commands in."""

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from suite import room, warm

if TYPE_CHECKING:
    from projects.desk import Desk

pytest_plugins = ["suite.budget"]

# Whoever starts the tests may keep Python from storing what it compiled; then each process
# that a test starts compiles scikit-learn anew, which takes 3.7 s instead of 1.4 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Workers share the cores already; threads of libraries would only wait for each other.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

room.move_in()

# The same examples in every run, and no deadline on a slow machine.
settings.register_profile("cairn", deadline=None, derandomize=True)
settings.load_profile("cairn")

# Whoever runs the tests in the background may have had these ignored, and children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Take what was imported out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Clean up, unless a failed test left something to look at."""
    gc.unfreeze()  # the interpreter ends as ever
    room.move_out(clean=exitstatus == pytest.ExitCode.OK)


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Load models back without importing scikit-learn each time."""
    with warm.loading_back():
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URI of a PostgreSQL server of this session."""
    from sources import postgresql_server

    with postgresql_server.running() as address:
        yield address


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> "Desk":
    """A project with data, two versions and a gate: to be copied, not used."""
    from projects.desk import make

    return make(tmp_path_factory.mktemp("furnished") / "project")


@pytest.fixture
def desk(furnished: "Desk", tmp_path: Path) -> "Desk":
    """A project with data, two versions and a gate, for one test alone."""
    from projects.desk import copy

    return copy(furnished, tmp_path / "project")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Begin each test in the project's folder, and each file with little to collect.

    With all of scikit-learn among it, a round of the garbage collector takes a tenth of a
    second, and each test that closes a database as the end of a process does makes one. So
    what is alive between two files is taken out of its rounds.
    """
    try:
        return (yield)
    finally:
        os.chdir(item.config.rootpath)
        if nextitem is None or nextitem.path != item.path:
            gc.collect()
            gc.freeze()
