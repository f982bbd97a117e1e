"""Files that change, vanish, lead in circles, are devices or may not be read; full disks."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Invalid, NotFound, Unavailable
from projects.desk import Desk, copy
from projects.folders import NARROW, SMALL, Narrow, as_nobody, open_to_all, read, write

ADD = ("snapshot", "add", "data")
REGISTER = ("register", "data", "--model", "other", "--retroactive")
BOTH = pytest.mark.parametrize("words", [ADD, REGISTER], ids=["snapshot", "register"])


@pytest.fixture(autouse=True)
def _modules(desk: Desk) -> None:
    """Import what the commands need before a test takes rights or room away."""
    desk(*ADD)
    desk("list")


def at_first_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]
) -> None:
    """Do something whenever the first bytes of this file were read."""
    pread, inode = os.pread, path.stat().st_ino

    def changing(descriptor: int, length: int, place: int) -> bytes:
        content = pread(descriptor, length, place)
        if place == 0 and os.fstat(descriptor).st_ino == inode:
            change()
        return content

    monkeypatch.setattr(os, "pread", changing)


@BOTH
def test_a_file_that_changes_while_it_is_read_is_a_conflict(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = desk.write("data/grows.csv", "x\n")

    def grow() -> None:
        with path.open("a") as file:
            file.write("1\n")

    with desk.nothing_recorded(), monkeypatch.context() as patched:
        at_first_read(path, patched, grow)
        desk.fails(
            *words,
            code=Conflict.exit_code,
            says=r"data/grows\.csv changed while it was read: stop what writes to it",
        )


@BOTH
def test_a_file_that_vanishes_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    before, path = desk.write("data/y.csv", "x\n"), desk.write("data/z.csv", "x\n")

    def vanish() -> None:
        path.unlink(missing_ok=True)

    with desk.nothing_recorded(), monkeypatch.context() as patched:
        at_first_read(before, patched, vanish)
        text = desk(*words, expect=NotFound.exit_code)

    assert "data/z.csv is not there" in text


def pipe(path: Path) -> None:
    os.mkfifo(path)


def connection(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def way_out(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def way_up(path: Path) -> None:
    path.symlink_to("..")


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (pipe, "data/odd is a named pipe, which has no content to store: leave it out"),
    "a socket": (connection, "data/odd is a socket, which has no content to store"),
    "a link outside": (way_out, "data/odd is a symbolic link that leads outside the folder"),
    "a link to what is above": (way_up, "data/odd is a symbolic link that leads outside"),
}


@BOTH
@pytest.mark.parametrize("kind", ODD)
def test_what_has_no_content_is_refused_by_name(
    desk: Desk, words: tuple[str, ...], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, says = ODD[kind]
    monkeypatch.chdir(desk.folder)
    make(desk.folder / "data" / "odd")

    with desk.nothing_recorded():
        desk.fails(*words, code=Invalid.exit_code, says=says)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
@pytest.mark.parametrize("command", ["snapshot add {}", "register {} --model m --retroactive"])
def test_a_device_is_not_read(desk: Desk, command: str, device: str) -> None:
    with desk.nothing_recorded():
        desk.fails(
            *command.format(device).split(),
            code=Invalid.exit_code,
            says=f"{device} is a device, which has no content to store",
        )


@pytest.mark.parametrize("command", ["snapshot add circle", "register circle --model m"])
def test_a_link_in_a_circle_is_said_to_be_one(desk: Desk, command: str) -> None:
    circle(desk.folder / "circle")

    with desk.nothing_recorded():
        desk.fails(*command.split(), code=Unavailable.exit_code, says="circle|symbolic links")


def test_a_link_in_a_circle_within_a_folder_is_kept_as_the_link_it_is(desk: Desk) -> None:
    circle(desk.folder / "data" / "circle")

    desk(*ADD, "--name", "round")
    desk("snapshot", "restore", "snap:round", "back")

    assert read(desk.folder / "back")[b"circle"] == "circle"


def test_a_file_that_may_not_be_read_is_named(furnished: Desk) -> None:
    with open_to_all() as folder:
        desk = copy(furnished, folder / "project")
        desk.write("data/closed.csv", "x\n")
        for path in folder.rglob("*"):
            path.chmod(0o777)
        (desk.folder / "data" / "closed.csv").chmod(0)

        with desk.nothing_recorded(), as_nobody():
            desk.fails(
                *ADD,
                code=Unavailable.exit_code,
                says=r"closed\.csv: permission denied; check who may read it",
            )


def test_odd_names_are_frozen_shown_and_brought_back(desk: Desk) -> None:
    names = [
        b"new\nline",
        b"\xff\xfe.csv",
        b"cr\r.csv",
        b"\xe2\x80\xaetxt.exe",
        b"-rf",
        b"\x1b[0m",
    ]
    write(desk.folder / "odd", {name: name for name in names})

    desk("snapshot", "add", "odd", "--name", "odd", expect=3)  # one is not a table
    desk("register", "odd", "--model", "odd", "--retroactive")
    shown = desk("snapshot", "show", "snap:odd")
    desk("snapshot", "restore", "snap:odd", "back")
    exported = desk.json("export", "odd:1", "out")["place"]

    assert all(text in shown for text in (r"new\x0aline", r"\xff\xfe.csv", r"\u202etxt.exe"))
    assert all(line.isprintable() for line in shown.splitlines())
    assert read(desk.folder / "back") == {name: name for name in names}
    assert set(names) < set(read(desk.folder / exported))
    assert "no problem found" in desk("verify", "--all")


def test_an_empty_folder_is_no_data(desk: Desk) -> None:
    (desk.folder / "empty" / "inner").mkdir(parents=True)

    with desk.nothing_recorded():
        desk.fails(
            *("snapshot", "add", "empty"),
            code=Invalid.exit_code,
            says="empty has no files in it: name a folder with data",
        )


def test_the_store_is_no_data(desk: Desk) -> None:
    with desk.nothing_recorded():
        desk.fails(
            *("snapshot", "add", ".cairn"),
            code=Invalid.exit_code,
            says="is where Cairn itself keeps objects",
        )


@BOTH
@pytest.mark.parametrize("narrow", NARROW)
def test_a_full_disk_leaves_nothing_behind(
    desk: Desk, words: tuple[str, ...], narrow: Narrow
) -> None:
    (desk.folder / "data" / "large.bin").write_bytes(os.urandom(2 * SMALL))
    objects = desk.folder / ".cairn" / "objects"
    before = packs(objects)

    with desk.nothing_recorded(), narrow(objects):
        text = desk(*words, expect=Unavailable.exit_code)

    assert "cannot write to" in text
    assert "run this again" in text
    assert packs(objects) == before


def packs(objects: Path) -> dict[bytes, object]:
    """Everything that lies with the objects but the leases of writers."""
    found = read(objects)
    return {name: found[name] for name in found if not name.startswith(b"leases/")}


@pytest.mark.parametrize("narrow", NARROW)
def test_a_full_disk_stops_a_restore_without_a_trace(desk: Desk, narrow: Narrow) -> None:
    (desk.folder / "data" / "large.bin").write_bytes(os.urandom(2 * SMALL))
    desk(*ADD, "--name", "large")

    with narrow(desk.folder / "target"):
        desk.fails(
            *("snapshot", "restore", "snap:large", "target/back"),
            code=Unavailable.exit_code,
            says="cannot write to .*target/back",
        )

        assert list((desk.folder / "target").iterdir()) == []
    assert "no problem found" in desk("verify", "--all")
