"""What Cairn keeps is its user's alone, or a group's: nobody else looks into any of it."""

import ast
import grp
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cairn
from cairn.core.errors import Forbidden, NotFound, Refused
from projects.desk import Desk

HOME = Path(cairn.__file__).parent
KEPT = ("engine", "objects", "sql", "capture/interrupted.py", "capture/session.py")
"""Where Cairn writes what is its own: through `rights` alone."""
ELSEWHERE = {
    "objects/backends/sync.py": "the top of a remote is as its owner's umask has it",
    "objects/folders/restore.py": "what is restored is the reader's",
    "objects/folders/restore_file.py": "what is restored is the reader's",
    "objects/store.py": "a copy of an object is the reader's",
    "objects/repair.py": "it lies in a temporary folder, which is the user's alone",
    "engine/store.py": "the top of the store, which is closed to others at once",
}
MAKES = {
    *("mkdir", "makedirs", "write_text", "write_bytes", "touch"),
    *("copyfile", "copytree", "copy2", "O_CREAT"),
}


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Set the umask, for one test."""
    before = os.umask(0)
    os.umask(before)
    yield os.umask
    os.umask(before)


def day(desk: Desk, *init: str) -> None:
    """Do what people do on a day, so that every kind of file is there."""
    desk.folder.mkdir()
    desk("init", *init)
    desk.write("data/a.csv", "x,y\n1,2\n")
    desk("snapshot", "add", "data", "--name", "data")
    desk("register", "data/a.csv", "--model", "m", "--retroactive")
    for word in ("loud", "quiet"):
        desk.write(f"{word}.bin", word)
        desk("register", f"{word}.bin", "--model", "m", "--retroactive")
    desk("promote", "m:1", "staging")
    desk.run(sys.executable, "-m", "cairn", "run", "--model", "m", "--", "sh", "-c", "true")
    desk("whoami", "--new", str(desk.home / "people" / "bo.key"), "--name", "bo")
    desk("push", "../far")
    desk("backup", "../disk", "--without-keys")
    desk("sweep")
    desk("verify", "--all")
    (desk.folder / ".cairn/cairn.db").unlink()
    desk("rebuild")


def modes(folder: Path) -> dict[str, int]:
    """Say who may do what with a folder, and with everything in it."""
    found = {path: path.lstat().st_mode for path in (folder, *folder.rglob("*"))}
    assert len(found) > 3
    return {str(path): stat.S_IMODE(mode) for path, mode in found.items()}


def test_nothing_that_is_kept_is_anybody_elses_to_read(
    tmp_path: Path, umask: Callable[[int], int]
) -> None:
    umask(0)
    desk = Desk(tmp_path / "project")

    day(desk)
    copied = Desk(tmp_path / "copied")
    copied.folder.mkdir()
    copied("restore-store", "../disk", "--reason", "a drill", expect=NotFound.exit_code)
    copied.write("cairn.toml", "")
    copied("restore-store", "../disk", "--reason", "a drill")

    stores = (desk.folder / ".cairn", copied.folder / ".cairn", tmp_path / "disk")
    open_ = {
        path: oct(mode)
        for place in (*stores, desk.home, copied.home)
        for path, mode in modes(place).items()
        if mode & 0o077
    }
    assert open_ == {}
    assert {kind for kind in ("stat", "ledger", "runs") if (stores[0] / kind).is_dir()}
    assert "rights" in desk("doctor", expect=Refused.exit_code)


def test_the_store_of_a_group_is_all_of_its_members(
    tmp_path: Path, umask: Callable[[int], int]
) -> None:
    umask(0o077)
    desk = Desk(tmp_path / "project")

    day(desk, "--group", grp.getgrgid(os.getegid()).gr_name)

    store = desk.folder / ".cairn"
    found = {mode for path, mode in modes(store).items() if Path(path).is_dir()}
    assert found == {0o2770}
    files = {mode for path, mode in modes(store).items() if Path(path).is_file()}
    assert files == {0o660, 0o440}
    assert all(not mode & 0o077 for mode in modes(desk.home).values())


def test_a_group_that_is_not_there_or_not_ones_own_gets_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)

    desk.fails("init", "p", "--group", "no-such", code=4, says="there is no group no-such")
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    monkeypatch.setattr(os, "getegid", lambda: -1)
    monkeypatch.setattr(os, "getgroups", list)
    own = grp.getgrgid(0).gr_name
    said = "you are not in the group"
    desk.fails("init", "p", "--group", own, code=Forbidden.exit_code, says=said)

    assert not (tmp_path / "p").exists()


def test_a_disk_without_rights_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refused)
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()
    (desk.folder / ".cairn").mkdir()

    desk("init")
    desk.write("a.bin", "1")
    desk("register", "a.bin", "--model", "m", "--retroactive")
    desk("backup", "../disk", "--without-keys")

    assert "no problem found" in desk("verify", "--all")


def test_the_doctor_closes_a_store_that_is_open_to_others(desk: Desk) -> None:
    store = desk.folder / ".cairn"
    store.chmod(0o755)
    (sign,) = (s for s in desk.json("doctor", expect=6) if s["what"] == "rights")

    subprocess.run(shlex.split(sign["fix"]), check=True)

    assert not any(mode & 0o077 for mode in modes(store).values())
    assert "its owner's alone" in desk("doctor")


def test_what_is_kept_is_written_through_one_door() -> None:
    found = {
        file.relative_to(HOME).as_posix()
        for part in KEPT
        for file in (HOME / part, *(HOME / part).rglob("*.py"))
        if file.suffix == ".py" and _makes(ast.parse(file.read_text("utf-8")))
    }

    assert found == ELSEWHERE.keys()


def _makes(tree: ast.AST) -> bool:
    """Tell whether code makes files or folders by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MAKES:
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            first = node.args[0] if node.args else None
            mode = first.value if isinstance(first, ast.Constant) else ""
            if called == "open" and isinstance(mode, str) and set(mode) & set("wxa"):
                return True
    return False
