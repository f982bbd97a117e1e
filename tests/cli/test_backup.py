"""A store is copied away and brought back, and a copy goes on by itself: as people type."""

import shutil
from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Corrupt, Forbidden, Invalid
from harm.packed import flip
from projects.desk import Desk
from projects.remotes import rewrite

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """What seals the keys; nobody is asked."""
    monkeypatch.setenv("CAIRN_BACKUP_PASSPHRASE", SECRET)


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    """A project with two files of weights and one version."""
    (tmp_path / "small").mkdir()
    desk = Desk(tmp_path / "small")
    desk("init")
    desk.write("a.bin", "weights a")
    desk.write("b.bin", "weights b")
    register(desk, "a.bin")
    return desk


def register(desk: Desk, path: str) -> None:
    desk("register", path, "--model", "m", "--retroactive")


def new_laptop(desk: Desk, folder: Path) -> Desk:
    """Another machine: what git has of the project, no store and no keys."""
    folder.mkdir()
    for name in ("cairn.toml", "gates"):
        source = desk.folder / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    return Desk(folder)


def questions(desk: Desk) -> dict[str, object]:
    """Everything that must be answered as before, but for who signs the ledger."""
    return {
        "list": desk.json("list"),
        "history": desk.json("history", "churn"),
        "snapshots": desk.json("snapshot", "list"),
        "show": desk.json("show", "churn:2"),
        "gate": desk.json("gate", "history", "churn@production"),
    }


def test_a_dead_laptop(desk: Desk, tmp_path: Path) -> None:
    desk("promote", "churn:1", "-m", "first")
    desk("backup", "../disk")
    desk("promote", "churn:2", "-m", "better")
    desk.write("late.csv", "id\n1\n")
    desk("snapshot", "add", "late.csv", "--name", "late")

    again = desk("backup", "../disk")
    before = questions(desk)
    shutil.rmtree(desk.folder)
    shutil.rmtree(desk.home)
    laptop = new_laptop_from_git(tmp_path / "project", tmp_path / "laptop")
    told = laptop("restore-store", "../disk", "--reason", "the laptop fell into the sea")

    assert "sealed in it: the key of the ledger" in again
    assert "who had the old key signed for that" in told
    assert "are whole and signed" in told
    assert "no problem found" in laptop("verify", "--all")
    assert questions(laptop) == before
    laptop("rollback", "churn", "-m", "it works here, too")
    (entry,) = laptop.json("ledger", "log", "--action", "ledger.continue")
    assert entry["reason"] == "the laptop fell into the sea"
    assert entry["before"]["log"] != entry["after"]["log"]


def new_laptop_from_git(gone: Path, folder: Path) -> Desk:
    """Another machine after the first one is gone: a checkout with its settings alone."""
    assert not gone.exists()
    folder.mkdir()
    (folder / "cairn.toml").write_text('store = ".cairn"\n')
    return Desk(folder)


def test_a_backup_takes_what_is_new_and_verifies_it(small: Desk, tmp_path: Path) -> None:
    first = small.json("backup", "../disk")
    second = small.json("backup", "../disk")
    register(small, "b.bin")
    third = small.json("backup", "../disk")

    assert (first["new_objects"], second["new_objects"]) == (first["objects"], 0)
    assert 0 < third["new_objects"] < first["objects"] + 3
    assert sorted(path.name for path in (tmp_path / "disk").iterdir()) == [
        *("backup.json", "cairn.db", "keys.json", "ledger", "objects", "store.json")
    ]
    keys = (tmp_path / "disk" / "keys.json").read_text()
    assert "PRIVATE" not in keys


def test_a_damaged_object_is_not_backed_up(small: Desk) -> None:
    (artifact,) = small.json("show", "m:1")["artifacts"]["files"]
    flip(small.folder / ".cairn" / "objects", artifact["digest"])

    small.fails("backup", "../disk", code=Corrupt.exit_code, says="damaged")


@pytest.mark.parametrize(
    ("folder", "error", "says"),
    [
        (".cairn/inner", Invalid, "in the store itself"),
        (".", Conflict, "holds something else"),
    ],
)
def test_a_backup_goes_nowhere_else(
    small: Desk, folder: str, error: type[Invalid], says: str
) -> None:
    small.fails("backup", folder, code=error.exit_code, says=says)


def test_another_passphrase_opens_nothing(
    small: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small("backup", "../disk")
    laptop = new_laptop(small, tmp_path / "laptop")
    monkeypatch.setenv("CAIRN_BACKUP_PASSPHRASE", "something else")

    laptop.fails(
        *("restore-store", "../disk", "--reason", "x"),
        code=Forbidden.exit_code,
        says="sealed with another passphrase",
    )

    assert not (laptop.folder / ".cairn").exists()


def test_a_damaged_backup_brings_nothing_back(small: Desk, tmp_path: Path) -> None:
    small("backup", "../disk")
    (artifact,) = small.json("show", "m:1")["artifacts"]["files"]
    flip(tmp_path / "disk" / "objects", artifact["digest"])
    laptop = new_laptop(small, tmp_path / "laptop")

    laptop.fails(
        *("restore-store", "../disk", "--reason", "x"),
        code=Corrupt.exit_code,
        says="damaged",
    )

    assert not (laptop.folder / ".cairn" / "store.json").exists()


def test_a_store_without_its_keys_goes_on_and_says_so(small: Desk, tmp_path: Path) -> None:
    small("backup", "../disk", "--without-keys")
    laptop = new_laptop(small, tmp_path / "laptop")

    told = laptop("restore-store", "../disk", "--reason", "the key is lost")

    assert "nobody signed for that with the old key" in told
    register(laptop, "../small/b.bin")
    assert "no problem found" in laptop("verify", "--all")


def test_an_empty_store_makes_room_and_one_with_entries_does_not(
    small: Desk, tmp_path: Path
) -> None:
    small("backup", "../disk")
    laptop = new_laptop(small, tmp_path / "laptop")
    laptop("init")
    laptop("restore-store", "../disk", "--reason", "new laptop")

    assert laptop.json("show", "m:1")["number"] == 1
    laptop.fails(
        *("restore-store", "../disk", "--reason", "again"),
        code=Conflict.exit_code,
        says="restore into another project, then push",
    )


def test_two_copies_of_a_project_part_ways_and_meet_again(small: Desk, tmp_path: Path) -> None:
    shutil.copytree(small.folder, tmp_path / "second", symlinks=True)
    second = Desk(tmp_path / "second")
    second.home = small.home
    register(second, "a.bin")
    second.write("c.bin", "weights c")
    register(second, "c.bin")
    register(small, "b.bin")

    told = small("verify", expect=Corrupt.exit_code)

    assert "another copy of this store was written to as well" in told
    assert "cairn restore-store --reason" in told
    assert "cairn rebuild" not in told
    small("restore-store", "--reason", "this copy goes on by itself")
    for copy in (small, second):
        assert "no problem found" in copy("verify", "--all")
    second("push", "../remote")
    small("pull", "../remote")
    assert {row["name"] for row in small.json("list")} == {"m:1", "m:2", "m:3"}
    assert "no problem found" in small("verify", "--all")


def test_an_older_copy_that_was_copied_back_goes_on(small: Desk, tmp_path: Path) -> None:
    shutil.copytree(small.folder / ".cairn", tmp_path / "older")
    register(small, "b.bin")
    shutil.rmtree(small.folder / ".cairn")
    shutil.copytree(tmp_path / "older", small.folder / ".cairn")

    assert "an older copy of the store" in small("verify", expect=Corrupt.exit_code)
    small("restore-store", "--reason", "the disk broke")

    assert "no problem found" in small("verify", "--all")
    register(small, "b.bin")
    assert "no problem found" in small("verify", "--all")


def test_a_key_is_replaced_and_old_checkpoints_still_hold(small: Desk) -> None:
    small.write("kept.txt", small("ledger", "checkpoint"))

    told = small("ledger", "rekey", "--reason", "a colleague left")

    assert "under a new key" in told
    assert "who had the old key signed for that" in told
    register(small, "b.bin")
    assert "no problem found" in small("verify", "--all")
    assert "no problem found" in small("verify", "--against", "kept.txt")
    small("ledger", "rekey", "--reason", "once more")
    assert "no problem found" in small("verify", "--against", "kept.txt")
    small("rebuild", "--yes")
    assert "no problem found" in small("verify", "--all")


def test_a_lost_key_is_replaced(small: Desk) -> None:
    for key in (small.home / "keys").iterdir():
        key.unlink()
    small.fails(
        *("register", "b.bin", "--model", "m", "--retroactive"),
        code=4,
        says="cairn ledger rekey",
    )

    told = small("ledger", "rekey", "--reason", "the key is lost")

    assert "nobody signed for that with the old key" in told
    register(small, "b.bin")
    assert "no problem found" in small("verify", "--all")


def test_who_changes_the_past_cannot_go_on_with_a_new_key(small: Desk) -> None:
    """The last checkpoint of the old key is in the entry, and covers all that came before."""
    small("ledger", "rekey", "--reason", "lost")
    path = small.folder / ".cairn" / "ledger" / "00000000.jsonl"
    before = path.read_bytes()
    assert b"a.bin" in before or b"weights" in before or b"default/m" in before
    rewrite(path, before.replace(b"default/m", b"default/n", 1))

    assert "PROBLEMS" in small("verify", expect=Corrupt.exit_code)
    small.fails("rebuild", "--yes", code=Corrupt.exit_code, says="signs; it was changed")


def test_what_was_interrupted_is_finished(small: Desk) -> None:
    store = small.folder / ".cairn"
    before = (store / "store.json").read_bytes()
    small("restore-store", "--reason", "first")
    after = (store / "store.json").read_bytes()
    (store / "store.next.json").write_bytes(after)
    (store / "store.json").write_bytes(before)

    small.fails("list", code=Conflict.exit_code, says="cairn restore-store --reason")
    small("restore-store", "--reason", "first")

    assert (store / "store.json").read_bytes() == after
    assert len(small.json("ledger", "log", "--action", "ledger.continue")) == 1
    assert "no problem found" in small("verify", "--all")
