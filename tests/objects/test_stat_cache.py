"""Snapshots that know what the last one saw: as right as the first, and less work."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.objects import ObjectStore, in_memory, open_local
from cairn.objects.folders import folder, plan, stat_cache
from cairn.objects.folders.tree import StoredTree, restore_tree, store_tree, tree_entries
from cairn.objects.source import Source
from projects.folders import Content, open_to_all, read, write

FILES: dict[str, Content] = {
    "a.csv": b"1,2\n",
    "deep/b.csv": b"3,4\n",
    "deep/er/c.csv": b"",
    "deep/link": "b.csv",
    "z": b"7" * 5000,
}
LATER_NS = 10**12


def late_clock() -> int:
    return time.time_ns() + LATER_NS


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be older than the snapshot: what was just written counts as settled."""
    monkeypatch.setattr(stat_cache, "clock_ns", late_clock)


later = pytest.mark.usefixtures("_later")


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the name of every file that is opened to be read."""
    names: list[str] = []

    def opened(self: Source, descriptor: int, name: str) -> None:
        names.append(Path(name).name)
        initialise(self, descriptor, name)

    initialise = Source.__init__
    monkeypatch.setattr(Source, "__init__", opened)
    return names


def open_store(place: Path) -> ObjectStore:
    return open_local(place / "objects", stats=place / "stat")


def fresh(data: Path) -> StoredTree:
    """Store a folder where nothing is remembered."""
    return store_tree(in_memory(), data)


@later
def test_nothing_is_read_of_a_folder_that_did_not_change(
    tmp_path: Path, files_read: list[str]
) -> None:
    data = write(tmp_path / "data", {**FILES, ".git/config": b"left out"})
    first = store_tree(open_store(tmp_path), data)
    files_read.clear()

    second = store_tree(open_store(tmp_path), data)

    assert second == first == fresh(data)
    assert second.left_out == (".git",)
    assert files_read == ["a.csv", "b.csv", "c.csv", "z"]  # by the one that remembers nothing


@later
def test_a_single_file_is_remembered_too(tmp_path: Path, files_read: list[str]) -> None:
    write(tmp_path, {"test.csv": b"1,2\n", "link": "test.csv"})
    first = store_tree(open_store(tmp_path), tmp_path / "test.csv")
    files_read.clear()

    again = store_tree(open_store(tmp_path), tmp_path / "test.csv")
    assert files_read == []
    by_link = store_tree(open_store(tmp_path), tmp_path / "link")
    right = fresh(tmp_path / "link")
    (tmp_path / "test.csv").write_bytes(b"3,4\n")
    changed = store_tree(open_store(tmp_path), tmp_path / "test.csv")

    assert again == first
    assert by_link == right
    assert changed == fresh(tmp_path / "test.csv") != first


def change_behind_times(path: Path) -> None:
    """Change bytes, and put size and time of change back as they were."""
    about = path.stat()
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda data: None,
    "content": lambda data: (data / "a.csv").write_bytes(b"9,9\n"),
    "content, with its old time": lambda data: change_behind_times(data / "a.csv"),
    "mode": lambda data: (data / "a.csv").chmod(0o755),
    "name": lambda data: (data / "a.csv").rename(data / "b.csv"),
    "place": lambda data: (data / "a.csv").rename(data / "deep/a.csv"),
    "two swapped": lambda data: (
        (data / "a.csv").rename(data / "x"),
        (data / "deep/b.csv").rename(data / "a.csv"),
        (data / "x").rename(data / "deep/b.csv"),
    ),
    "one more": lambda data: write(data, {"deep/er/new": b"n", "0/first": b"0"}),
    "one less": lambda data: (data / "deep/er/c.csv").unlink(),
    "a link elsewhere": lambda data: (
        (data / "deep/link").unlink(),
        (data / "deep/link").symlink_to("er/c.csv"),
    ),
    "a link for a file": lambda data: (
        (data / "z").unlink(),
        (data / "z").symlink_to("a.csv"),
    ),
    "a folder for a file": lambda data: ((data / "z").unlink(), write(data, {"z/z": b"1"})),
    "another folder": lambda data: (
        data.rename(data.with_name("was")),
        write(data, {"a.csv": b"1,2\n", "deep/b.csv": b"4,3\n"}),
    ),
}


@later
@pytest.mark.parametrize("what", list(CHANGES))
def test_every_change_is_seen(tmp_path: Path, what: str) -> None:
    data = write(tmp_path / "data", FILES)
    store_tree(open_store(tmp_path), data)

    CHANGES[what](data)
    found = store_tree(open_store(tmp_path), data)

    assert found == fresh(data)
    restore_tree(open_store(tmp_path), found.digest, tmp_path / "again")
    assert read(tmp_path / "again") == read(data)


@later
def test_only_what_changed_is_read(tmp_path: Path, files_read: list[str]) -> None:
    data = write(tmp_path / "data", FILES)
    store_tree(open_store(tmp_path), data)
    (data / "deep/b.csv").write_bytes(b"5,6\n")
    (data / "deep/er/new").write_bytes(b"7,8\n")
    files_read.clear()

    store_tree(open_store(tmp_path), data)
    assert files_read == ["b.csv", "new"]
    files_read.clear()
    store_tree(open_store(tmp_path), data)

    assert files_read == []


def test_a_file_as_young_as_the_snapshot_is_read_again(
    tmp_path: Path, files_read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "data", {"old": b"1", "young": b"2"})
    changed = (data / "young").stat().st_ctime_ns
    old = (data / "old").stat().st_ctime_ns
    monkeypatch.setattr(stat_cache, "FINE_NS", 0)
    monkeypatch.setattr(stat_cache, "COARSE_NS", 0)
    monkeypatch.setattr(stat_cache, "clock_ns", lambda: max(changed, old) - 1)
    first = store_tree(open_store(tmp_path), data)
    monkeypatch.setattr(stat_cache, "clock_ns", lambda: max(changed, old) + LATER_NS)
    files_read.clear()

    second = store_tree(open_store(tmp_path), data)
    assert "young" in files_read
    files_read.clear()
    third = store_tree(open_store(tmp_path), data)

    assert first == second == third
    assert files_read == []


def test_how_late_is_too_late_depends_on_the_clock_of_the_disk() -> None:
    started = 10**18
    fine, coarse = started - 30_000_001, started - 1_000_000_000

    assert stat_cache.is_racy((0, 0, started, 1, 0, 0), started)
    assert stat_cache.is_racy((0, 0, 1, started - 1, 0, 0), started)
    assert not stat_cache.is_racy((0, 0, fine, fine, 0, 0), started)
    assert stat_cache.is_racy((0, 0, coarse, coarse, 0, 0), started)
    assert not stat_cache.is_racy((0, 0, coarse, coarse + 1, 0, 0), started)


@later
def test_a_cache_that_is_damaged_anywhere_costs_time_only(tmp_path: Path) -> None:
    data = write(tmp_path / "data", FILES)
    objects = open_store(tmp_path)
    right = store_tree(objects, data)
    [cache] = (tmp_path / "stat").iterdir()
    whole = cache.read_bytes()
    places = random.Random(3).sample(range(len(whole)), 60)

    for at in places:
        for damaged in (
            whole[:at],
            whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :],
            whole[:at] + whole[at + 1 :],
        ):
            cache.write_bytes(damaged)
            assert store_tree(objects, data) == right
    cache.write_bytes(b"")
    assert store_tree(objects, data) == right
    assert cache.read_bytes() == whole


@later
def test_another_folders_cache_answers_nothing_wrong(tmp_path: Path) -> None:
    one = write(tmp_path / "one", FILES)
    two = write(tmp_path / "two", dict.fromkeys(FILES, b"other"))
    store_tree(open_store(tmp_path), one)
    [cache] = (tmp_path / "stat").iterdir()

    cache.rename(stat_cache.cache_path(tmp_path / "stat", two))

    assert store_tree(open_store(tmp_path), two) == fresh(two)


@later
def test_what_is_known_but_not_stored_any_more_is_stored_again(tmp_path: Path) -> None:
    data = write(tmp_path / "data", FILES)
    first = store_tree(open_store(tmp_path), data)
    (tmp_path / "objects").rename(tmp_path / "gone")

    again = store_tree(open_store(tmp_path), data)

    assert again == first
    restore_tree(open_store(tmp_path), again.digest, tmp_path / "again")
    assert read(tmp_path / "again") == read(data)


@later
def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    data = write(tmp_path / "data", FILES)
    (tmp_path / "stat").write_bytes(b"in the way")

    found = [store_tree(open_store(tmp_path), data) for _ in range(2)]

    assert found == [fresh(data)] * 2
    assert (tmp_path / "stat").read_bytes() == b"in the way"


@later
def test_a_refused_folder_leaves_no_cache(tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"a": b"1", "bad": "/etc/passwd"})

    with pytest.raises(Invalid, match="bad is a symbolic link"):
        store_tree(open_store(tmp_path), data)

    assert not (tmp_path / "stat").exists()


@later
def test_the_caches_of_long_ago_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stat_cache, "KEPT_CACHES", 2)
    for number in range(4):
        data = write(tmp_path / str(number), FILES)
        store_tree(open_store(tmp_path), data)
        os.utime(stat_cache.cache_path(tmp_path / "stat", data), (number, number))

    kept = {path.name for path in (tmp_path / "stat").iterdir()}
    expected = [stat_cache.cache_path(tmp_path, tmp_path / name).name for name in "23"]
    assert kept == set(expected)


NAMES = [
    b"a",
    b"a.b",
    b"b/a",
    b"b/c",
    b"b-c",
    b"\xff",
    b"d/e/f",
    b"d/e/g",
    b"d/x",
    b"%04d" % 7,
]


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.dictionaries(
            st.sampled_from(NAMES), st.sampled_from([b"", b"1", b"22", None]), max_size=4
        ),
        min_size=2,
        max_size=5,
    ),
    in_memory_bytes=st.sampled_from([0, 10**9]),
)
def test_any_history_of_a_folder_gives_the_trees_of_one_without_a_cache(
    steps: list[dict[bytes, bytes | None]], in_memory_bytes: int
) -> None:
    with open_to_all() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stat_cache, "clock_ns", late_clock)
        patch.setattr(plan, "IN_MEMORY", in_memory_bytes)
        patch.setattr(folder, "SLICE_NAMES", 3)
        patch.setattr(folder, "SLICE_MASK", 1)
        data = write(place / "data", {b"keep": b"k"})
        for step in steps:
            for name, content in step.items():
                path = data / os.fsdecode(name)
                path.unlink(missing_ok=True)
                if content is not None:
                    write(data, {name: content})

            assert store_tree(open_store(place), data) == fresh(data)


@later
def test_a_large_folder_is_seen_in_slices_and_one_file_more_moves_few(
    tmp_path: Path, files_read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write(tmp_path / "data", {f"{number:04d}": b"x" for number in range(600)})
    whole = fresh(plain)
    monkeypatch.setattr(folder, "SLICE_NAMES", 64)
    monkeypatch.setattr(folder, "SLICE_MASK", 0xF)
    first = store_tree(open_store(tmp_path), plain)
    files_read.clear()

    write(plain, {"0299.new": b"z"})
    second = store_tree(open_store(tmp_path), plain)

    assert first == whole
    assert files_read == ["0299.new"]
    assert second == fresh(plain)
    assert [
        entry.path for entry in tree_entries(open_store(tmp_path), second.digest)
    ] == sorted(os.fsencode(path.name) for path in plain.iterdir())
