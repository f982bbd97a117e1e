"""Folders become trees: every name there can be, and none from outside."""

import os
import random
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.objects import ObjectStore, in_memory, open_local
from cairn.objects.folders.folder import DEEPEST
from cairn.objects.folders.tree import StoredTree, restore_tree, store_tree, tree_entries
from cairn.objects.source import CHUNK
from projects.folders import Content, open_to_all, read, write

ODD_NAMES = {
    b"new\nline": b"1",
    b"not utf-8 \xff\xfe": b"2",
    b"back\\slash": b"3",
    b"-rf": b"4",
    b" space ": b"5",
    "größe".encode(): b"6",
    b"..hidden": b"7",
    b"...": b"8",
    b"\x01\x1b[31m": b"9",
    b"CON": b"10",
    b"x" * 255: b"11",
    b"a/b.c": b"12",
    b"a.b/c": b"13",
    b"a-b": b"14",
    b"A": b"15",
}
PARTS = st.binary(min_size=1, max_size=6).filter(
    lambda name: not {*b"/\0"} & {*name} and name not in (b".", b"..", b".git", b".cairn")
)


def paths(objects: ObjectStore, stored: StoredTree) -> list[bytes]:
    return [entry.path for entry in tree_entries(objects, stored.digest)]


def modes(objects: ObjectStore, stored: StoredTree) -> dict[bytes, str]:
    return {entry.path: entry.mode for entry in tree_entries(objects, stored.digest)}


def test_a_folder_comes_back_with_every_odd_name(tmp_path: Path) -> None:
    objects = in_memory()
    write(tmp_path / "data", ODD_NAMES)

    stored = store_tree(objects, tmp_path / "data")
    restore_tree(objects, stored.digest, tmp_path / "again")

    assert read(tmp_path / "again") == ODD_NAMES
    assert paths(objects, stored) == sorted(ODD_NAMES)
    assert stored == StoredTree(
        stored.digest, len(ODD_NAMES), sum(map(len, ODD_NAMES.values()))
    )


@given(
    files=st.dictionaries(
        st.lists(PARTS, min_size=1, max_size=3).map(b"/".join),
        st.binary(max_size=20),
        min_size=1,
    )
)
def test_any_folder_is_listed_in_the_order_of_its_paths(files: dict[bytes, bytes]) -> None:
    kept = {
        path: content
        for path, content in files.items()
        if not any(other.startswith(path + b"/") for other in files)
    }
    with open_to_all() as folder:
        write(folder, kept)
        objects = in_memory()

        stored = store_tree(objects, folder)

        found = list(tree_entries(objects, stored.digest))
        assert [entry.path for entry in found] == sorted(kept)
        assert {entry.path: objects.get(entry.digest) for entry in found} == kept


def test_the_digest_does_not_depend_on_place_time_or_order(tmp_path: Path) -> None:
    names = list(ODD_NAMES)
    write(tmp_path / "one", ODD_NAMES)
    random.Random(7).shuffle(names)
    for name in names:
        write(tmp_path / "two", {name: ODD_NAMES[name]})
    os.utime(tmp_path / "two" / "A", (0, 0))
    (tmp_path / "two" / "A").chmod(0o600)

    first = store_tree(in_memory(), tmp_path / "one")
    second = store_tree(in_memory(), tmp_path / "two")

    assert first == second


def test_a_byte_a_name_or_a_mode_changes_the_digest(tmp_path: Path) -> None:
    changes: list[Callable[[Path], object]] = [
        lambda folder: None,
        lambda folder: (folder / "a").write_bytes(b"2"),
        lambda folder: (folder / "a").rename(folder / "b"),
        lambda folder: (folder / "a").chmod(0o744),
        lambda folder: write(folder, {"more": b""}),
        lambda folder: ((folder / "a").unlink(), write(folder, {"a": "1"})),
    ]
    digests: set[str] = set()
    for number, change in enumerate(changes):
        folder = write(tmp_path / str(number), {"a": b"1"})
        change(folder)
        digests.add(store_tree(in_memory(), folder).digest)

    assert len(digests) == len(changes)


def test_a_single_file_is_a_tree_of_its_name(tmp_path: Path) -> None:
    objects = in_memory()
    write(tmp_path, {"test.csv": b"1,2\n"})

    stored = store_tree(objects, tmp_path / "test.csv")

    assert paths(objects, stored) == [b"test.csv"]
    assert (stored.files, stored.size_bytes) == (1, 4)


def test_the_path_itself_may_be_a_link(tmp_path: Path) -> None:
    objects = in_memory()
    write(tmp_path / "big", {"part/1.csv": b"1"})
    write(tmp_path, {"data": str(tmp_path / "big"), "one.csv": "big/part/1.csv"})

    assert paths(objects, store_tree(objects, tmp_path / "data")) == [b"part/1.csv"]
    assert paths(objects, store_tree(objects, tmp_path / "one.csv")) == [b"one.csv"]


def test_links_within_the_folder_stay_links_even_in_circles(tmp_path: Path) -> None:
    links: dict[str, Content] = {
        "v2.csv": b"2",
        "latest.csv": "v2.csv",
        "deep/er/up.csv": "../../v2.csv",
        "deep/top": "../.",
        "gone": "not/there",
        "self": "self",
        "ping": "pong",
        "pong": "./ping",
        "here": ".",
        "through": "deep/top/v2.csv",
    }
    objects = in_memory()

    stored = store_tree(objects, write(tmp_path / "data", links))
    restore_tree(objects, stored.digest, tmp_path / "again")

    assert read(tmp_path / "again") == {name.encode(): to for name, to in links.items()}
    assert modes(objects, stored)[b"self"] == "l"


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "..", "../x", "deep/../../x", "../../data", "a/..", "deep/up/../x", "//x"],
)
def test_a_link_that_leads_outside_is_refused_by_name(tmp_path: Path, target: str) -> None:
    objects = in_memory()
    write(tmp_path / "data", {"a.csv": b"1", "deep/up": "..", "bad\nlink": target})

    with pytest.raises(Invalid, match=r"data/bad\\x0alink is a symbolic link that leads"):
        store_tree(objects, tmp_path / "data")

    assert list(objects.digests()) == []


def test_a_pipe_a_socket_and_a_device_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = in_memory()
    for kind in ("pipe", "socket"):
        write(tmp_path / kind, {"a.csv": b"1"})
    os.mkfifo(tmp_path / "pipe" / "fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path / "socket")  # a socket's path is short
        listening.bind("sock")

    with pytest.raises(Invalid, match="pipe/fifo is a named pipe"):
        store_tree(objects, tmp_path / "pipe")
    with pytest.raises(Invalid, match="socket/sock is a socket"):
        store_tree(objects, tmp_path / "socket")
    with pytest.raises(Invalid, match="fifo is a named pipe"):
        store_tree(objects, tmp_path / "pipe" / "fifo")
    with pytest.raises(Invalid, match="/dev/null is a device"):
        store_tree(objects, Path("/dev/null"))
    assert list(objects.digests()) == []


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / "empty").mkdir(parents=True)

    with pytest.raises(Invalid, match="data has no files in it"):
        store_tree(in_memory(), tmp_path / "data")


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    write(tmp_path, {"dangling": "nowhere", "loop": "loop"})

    with pytest.raises(NotFound, match="dangling is not there"):
        store_tree(in_memory(), tmp_path / "dangling")
    with pytest.raises(Unavailable, match=r"loop: .*symbolic links"):
        store_tree(in_memory(), tmp_path / "loop")


def test_folders_of_git_and_cairn_are_left_out_and_named(tmp_path: Path) -> None:
    objects = in_memory()
    write(
        tmp_path,
        {
            "a.csv": b"1",
            ".git/config": b"secret",
            "sub/.cairn/cairn.db": b"secret",
            "module/.git": b"gitdir: /elsewhere",
            ".gitignore": b"*.tmp",
            ".github/ci.yml": b"on: push",
        },
    )

    stored = store_tree(objects, tmp_path)

    assert paths(objects, stored) == [b".github/ci.yml", b".gitignore", b"a.csv"]
    assert stored.left_out == (".git", "module/.git", "sub/.cairn")


def test_a_folder_that_holds_the_objects_themselves_is_refused(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "store" / "objects")
    write(tmp_path, {"a.csv": b"1"})
    objects.put(b"something")

    with pytest.raises(Invalid, match="store/objects is where Cairn itself keeps objects"):
        store_tree(objects, tmp_path)


def test_folders_too_deep_are_refused(tmp_path: Path) -> None:
    deep = write(tmp_path, {"d/" * DEEPEST + "file": b"1"})
    store_tree(in_memory(), deep)

    write(tmp_path, {"d/" * (DEEPEST + 1) + "file": b"1"})

    with pytest.raises(Invalid, match=f"more than {DEEPEST} folders deep"):
        store_tree(in_memory(), deep)


def test_only_what_the_owner_may_execute_is_executable(tmp_path: Path) -> None:
    objects = in_memory()
    write(tmp_path, {"run": b"1", "others": b"2", "plain": b"3"})
    (tmp_path / "run").chmod(0o700)
    (tmp_path / "others").chmod(0o655)

    stored = store_tree(objects, tmp_path)
    restore_tree(objects, stored.digest, tmp_path / "again")

    assert modes(objects, stored) == {b"run": "x", b"others": "f", b"plain": "f"}
    assert (tmp_path / "again" / "run").stat().st_mode & stat.S_IXUSR
    assert not (tmp_path / "again" / "others").stat().st_mode & stat.S_IXUSR


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    told: list[tuple[int, ...]] = []
    objects = in_memory()
    write(tmp_path / "data", {"a": b"123", "b/c": b"", "d": "a"})

    def on_progress(*state: int) -> None:
        told.append(state)

    stored = store_tree(objects, tmp_path / "data", on_progress=on_progress)
    restore_tree(objects, stored.digest, tmp_path / "again", on_progress=on_progress)

    assert told == [(1, 3, 3, 4), (2, 3, 3, 4), (3, 4, 3, 4)] * 2


def test_storing_again_writes_nothing(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")
    data = write(tmp_path / "data", {"a": b"1", "b": bytes(CHUNK + 1)})
    first = store_tree(objects, data)
    packs = tmp_path / "objects" / "packs"
    before = {path: path.stat().st_ino for path in packs.iterdir()}

    second = store_tree(objects, data)

    assert second == first
    assert {path: path.stat().st_ino for path in packs.iterdir()} == before
