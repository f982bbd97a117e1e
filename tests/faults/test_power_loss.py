"""The power goes at any moment: what was acknowledged is there, and the store is whole.

`CAIRN_FAULTS=all` tries more than ten thousand states of the disk, otherwise a few dozen.
"""

import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from harm.packed import crowd, is_joined
from harm.power import Call, Disk, laid_out, recorded
from harm.surviving import check, close
from projects.store import open_registry, register

HERE = Path(__file__).parent
EVERY = os.environ.get("CAIRN_FAULTS") == "all"
STATES = 10_500 if EVERY else 60
PARTS = 4
KEPT = (0.0, 1.0, 0.5, 0.2, 0.8)


class Recording(NamedTuple):
    """A project before some changes, and the calls that made them."""

    folder: Path
    calls: list[Call]

    @property
    def tops(self) -> tuple[Path, Path]:
        """The folders that hold the store and its key."""
        return self.folder / "before" / "project", self.folder / "before" / "home"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    folder = tmp_path_factory.mktemp("power")
    before = folder / "before"
    (before / "project").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIRN_HOME", str(before / "home"))
        registry = open_registry(before / "project")
        register(registry, "first")
        register(registry, "second")
        registry.promote("churn:1", ungated=True, reason="no data yet")
        close(registry)
    crowd(before / "project" / ".cairn" / "objects")
    shutil.copytree(before, folder / "kept")
    calls, output = recorded(
        [sys.executable, str(HERE / "changes.py"), str(before / "project")],
        folder / "trace",
        os.environ
        | {
            "CAIRN_HOME": str(before / "home"),
            "PYTHONPATH": str(HERE.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=folder,
    )
    assert output.split() == ["ack", "register", "ack", "promote", "ack", "rollback"]
    assert is_joined(before / "project" / ".cairn" / "objects")
    shutil.rmtree(before)
    shutil.copytree(folder / "kept", before)
    yield Recording(folder, calls)
    shutil.rmtree(folder)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    recording: Recording, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for tried, (acked, place) in enumerate(states(recording, recording.calls, part), 1):
        monkeypatch.setenv("CAIRN_HOME", str(place / "home"))
        check(place / "project", acked, f"state {tried} of part {part}, after {acked}")

    assert tried >= STATES // PARTS


def test_the_same_without_any_sync_loses_something(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsynced = [call for call in recording.calls if call.name not in ("fsync", "fdatasync")]
    lost = 0

    for acked, place in states(recording, unsynced, 0, count=30):
        monkeypatch.setenv("CAIRN_HOME", str(place / "home"))
        try:
            check(place / "project", acked, "")
        except (AssertionError, Exception):  # noqa: BLE001 (whatever comes of a broken store)
            lost += 1

    assert lost > 0


def states(
    recording: Recording, calls: list[Call], part: int, *, count: int = STATES // PARTS
) -> Iterator[tuple[list[str], Path]]:
    """Yield states of the disk, with what had been acknowledged, at moments spread evenly."""
    dice = random.Random(part)
    disk, acked = Disk(recording.tops), list[str]()
    place = recording.folder / f"cut-{part}"
    tops = {str(top): place / top.name for top in recording.tops}
    done = 0
    for number, call in enumerate(calls, 1):
        disk.apply(call)
        if call.name == "write" and call.content.startswith(b"ack "):
            acked.append(call.content.split()[1].decode())
        while done < count * number // len(calls):
            laid_out(disk.cut(dice, KEPT[done % len(KEPT)]), tops)
            yield list(acked), place
            done += 1
    shutil.rmtree(place, ignore_errors=True)
