"""Where tests write: in memory if there is room, on the disk where a disk is the subject.

A room belongs to one run of the tests and is locked while it lasts; the next run removes rooms
that nobody holds any more, so a run that was killed leaves nothing for long.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30
_ROOM, _DISK = "CAIRN_TESTS_ROOM", "CAIRN_TESTS_DISK"
_held: list[int] = []


def move_in() -> None:
    """Let this process, and those that it starts, write into a room of this run.

    The workers of a run find the room of the one that started them.
    """
    if _ROOM not in os.environ:
        on_disk = Path(tempfile.gettempdir())
        os.environ[_DISK] = str(_take(on_disk))
        os.environ[_ROOM] = str(_take(MEMORY)) if _has_space(MEMORY) else os.environ[_DISK]
    os.environ["TMPDIR"] = os.environ[_ROOM]
    tempfile.tempdir = None  # it is asked for anew


def move_out(*, clean: bool) -> None:
    """Give the rooms back if this process took them, and clean them if nobody has to look."""
    if not _held:
        return
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()
    rooms = {os.environ.pop(_ROOM), os.environ.pop(_DISK)}
    for room in rooms if clean else ():
        shutil.rmtree(room, ignore_errors=True)


@pytest.fixture(scope="session", name="tmp_path_factory")
def on_disk(request: pytest.FixtureRequest) -> pytest.TempPathFactory:
    """Temporary folders on the disk, for a conftest.py whose tests need one."""
    folder = Path(tempfile.mkdtemp(dir=disk()))
    return pytest.TempPathFactory(
        folder / "tmp",
        1,
        request.config.getini("tmp_path_retention_policy"),
        request.config.trace.get("tmpdir"),
        _ispytest=True,
    )


def disk() -> Path:
    """Return this run's room on the disk."""
    return Path(os.environ[_DISK])


def _has_space(place: Path) -> bool:
    try:
        free = shutil.disk_usage(place).free
        memory = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:  # not on macOS
        return False
    available = next(row for row in memory.splitlines() if row.startswith("MemAvailable:"))
    return min(free, int(available.split()[1]) * 1024) >= ENOUGH_BYTES


def _take(place: Path) -> Path:
    rooms = place / f"cairn-tests-{os.getuid()}"
    rooms.mkdir(mode=0o711, exist_ok=True)  # PostgreSQL passes through as another user
    for left in rooms.iterdir():
        _sweep(left)
    room = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=rooms))
    room.chmod(0o711)
    descriptor = os.open(room, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _held.append(descriptor)
    return room


def _sweep(room: Path) -> None:
    try:
        descriptor = os.open(room, os.O_RDONLY)
    except FileNotFoundError:  # somebody else swept it
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(room, ignore_errors=True)
    except BlockingIOError:  # a run is in there
        pass
    finally:
        os.close(descriptor)
