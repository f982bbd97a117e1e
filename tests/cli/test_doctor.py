"""What `cairn doctor` finds amiss, one thing at a time, each with its way out."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from cairn.core.errors import Refused
from projects.desk import Desk, copy
from projects.folders import as_nobody, open_to_all


class _Disk(NamedTuple):
    total: int
    used: int
    free: int


def without_commit(desk: Desk) -> None:
    shutil.rmtree(desk.folder / ".git")
    desk.git("init", "--quiet")


def with_a_row_that_lies(desk: Desk) -> None:
    desk("promote", "churn:1")
    with closing(sqlite3.connect(desk.folder / ".cairn" / "cairn.db")) as database:
        database.execute("UPDATE label_move SET version = 2")
        database.commit()


def without_its_key(desk: Desk) -> None:
    shutil.rmtree(desk.home / "keys")


def without_database(desk: Desk) -> None:
    (desk.folder / ".cairn" / "cairn.db").write_bytes(b"garbage" * 1000)


AMISS: dict[str, tuple[Callable[[Desk], None], str, str, str]] = {
    "no commit": (without_commit, "git", "Needed a single revision", "git add ."),
    "a row": (with_a_row_that_lies, "store", "label_move", "cairn verify --all"),
    "no database": (without_database, "project", "is damaged", "cairn rebuild"),
    "no key": (without_its_key, "ledger key", "nothing can be changed", "copy it to"),
}


def amiss(desk: Desk) -> dict[str, dict[str, str]]:
    """What the doctor finds amiss, by what it looked at."""
    signs = desk.json("doctor", expect=Refused.exit_code)
    return {sign["what"]: sign for sign in signs if not sign["well"]}


@pytest.mark.parametrize("what", AMISS)
def test_what_is_amiss_is_named_with_its_way_out(desk: Desk, what: str) -> None:
    harm, place, found, fix = AMISS[what]
    harm(desk)

    sick = amiss(desk)

    assert set(sick) == {place}
    assert found in sick[place]["found"]
    assert fix in sick[place]["fix"]
    assert "1 thing to mend:" in desk("doctor", expect=Refused.exit_code)


def test_a_disk_that_is_nearly_full_asks_for_a_sweep(desk: Desk) -> None:
    full = _Disk(10**12, 10**12, 10**6)

    with mock.patch.object(shutil, "disk_usage", return_value=full):
        sick = amiss(desk)

    assert sick["disk"]["fix"] == "cairn sweep"


def test_a_store_that_cannot_be_written_is_amiss(furnished: Desk) -> None:
    with open_to_all() as folder:
        desk = copy(furnished, folder / "project")
        desk("list")
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)

        with as_nobody():
            sick = amiss(desk)

        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)
    assert "Permission denied" in sick["project"]["found"]
    assert sick["project"]["fix"].startswith("make the store writable, or copy it elsewhere")


def test_a_folder_of_its_own_is_told_to_begin_with_git(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()

    sick = amiss(desk)

    assert {*sick} == {"git", "project"}
    assert sick["git"]["fix"].startswith("git init")
    assert sick["project"]["fix"] == "cairn init"
