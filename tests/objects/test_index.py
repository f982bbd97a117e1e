"""The index remembers where blobs lie, for the next process too, and is never trusted."""

import os
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import NotFound
from cairn.objects import ObjectStore, in_memory, open_local
from cairn.objects.backends.local import INDEX, TICK_NANOSECONDS, LocalBackend
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs import index_file
from cairn.objects.packs.blob import Row
from cairn.objects.packs.index import Index
from cairn.objects.packs.index_file import ENTRY, ROW_BYTES, IndexFile, open_index, write_index
from cairn.objects.packs.pack import Pack
from harm import packed

NAMES = [f"{number:064x}" for number in range(1, 4)]
ID = st.binary(min_size=32, max_size=32) | st.integers(0, 40).map(
    lambda number: bytes([number * 6]) + bytes(31)
)
MANY = 20
"""As many packs of one object are more than are read again each time a store is opened."""

WRITING_AT_ONCE = """
import sys
from pathlib import Path
from cairn.objects import open_local

objects = open_local(Path(sys.argv[1]))
for number in range(30):
    objects.put(b"%s of %d" % (sys.argv[2].encode(), number))
"""


def row(id_: bytes, pack: int) -> bytes:
    return id_ + ENTRY.pack(pack, 32, 5, 5, 1, 0)


def filled(folder: Path, count: int = MANY) -> list[str]:
    """Store small objects, each in a pack of its own; returns their digests."""
    objects = open_local(folder)
    return [objects.put(b"object %d" % number) for number in range(count)]


def opened(folder: Path) -> IndexFile:
    found = open_index(folder / INDEX)
    assert found is not None
    return found


def settle(folder: Path) -> None:
    """Date a folder back, as if its last change were a while ago."""
    long_ago = time.time_ns() - 10 * TICK_NANOSECONDS
    os.utime(folder, ns=(long_ago, long_ago))


@settings(max_examples=30)
@given(ids=st.lists(ID, max_size=60), asked=st.lists(ID, max_size=10))
def test_a_file_finds_what_was_written_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, ids: list[bytes], asked: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("index") / INDEX
    rows = sorted(row(id_, at % 3) for at, id_ in enumerate(ids))

    write_index(path, NAMES, [b"".join(rows[:7]), b"".join(rows[7:])], stamp=5)

    found = open_index(path)
    assert found is not None
    assert (found.names, found.stamp, found.count) == (NAMES, 5, len(rows))
    assert b"".join(found.slices()) == b"".join(rows)
    for id_ in (*ids, *asked):
        assert [id_ + entry for entry in found.find(id_)] == [
            each for each in rows if each[:32] == id_
        ]
    assert {path.name for path in path.parent.rglob("*")} == {INDEX, "tmp"}
    for rows_a_look in (0, 10**6):  # one by one, and many together
        with mock.patch.object(index_file, "_ROWS_A_LOOK", rows_a_look):
            assert found.have({*ids, *asked}) == {*ids}


def test_changed_bytes_and_cuts_of_a_file_are_noticed(tmp_path: Path) -> None:
    write_index(
        tmp_path / INDEX, NAMES, [row(bytes([at]) * 32, 0) for at in range(9)], stamp=1
    )
    whole = (tmp_path / INDEX).read_bytes()
    (tmp_path / INDEX).chmod(0o644)

    for at in range(0, len(whole), 7):
        (tmp_path / INDEX).write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        assert open_index(tmp_path / INDEX) is None
    for at in range(0, len(whole), 31):
        (tmp_path / INDEX).write_bytes(whole[:at])
        assert open_index(tmp_path / INDEX) is None


def test_a_file_comes_when_packs_are_many_and_knows_them_all(tmp_path: Path) -> None:
    few = tmp_path / "few"
    digests = filled(tmp_path / "many")
    filled(few, 3)

    assert not (few / INDEX).exists()
    assert opened(tmp_path / "many").count > MANY // 2
    assert list(open_local(tmp_path / "many").digests()) == sorted(digests)


@pytest.mark.parametrize("harm", ["removed", "emptied", "cut", "changed", "zeros"])
def test_a_broken_file_is_made_again(tmp_path: Path, harm: str) -> None:
    digests = filled(tmp_path)
    path = tmp_path / INDEX
    whole = path.read_bytes()
    path.unlink()
    if harm != "removed":
        path.write_bytes(
            {
                "emptied": b"",
                "cut": whole[:-1],
                "changed": whole[:-9] + b"\xff" * 9,
                "zeros": bytes(500),
            }[harm]
        )

    objects = open_local(tmp_path)

    assert [objects.get(digest) for digest in digests] == [
        b"object %d" % number for number in range(MANY)
    ]
    assert opened(tmp_path).count == MANY


def test_a_large_file_is_doubted_before_anything_is_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.objects.packs.index_file._CHECKED_AT_ONCE", 0)
    digests = filled(tmp_path)
    open_local(tmp_path).put(b"so that the index covers all of the others")
    whole = (tmp_path / INDEX).read_bytes()
    (tmp_path / INDEX).chmod(0o644)
    for at in range(len(whole) - ROW_BYTES * 16, len(whole), ROW_BYTES):
        changed = whole[:at] + bytes(ROW_BYTES) + whole[at + ROW_BYTES :]
        (tmp_path / INDEX).write_bytes(changed)

        objects = open_local(tmp_path)

        assert all(map(objects.has, digests))
        assert objects.have(digests) == set(digests)
        assert sum(objects.check(digest) for digest in digests) == sum(
            len(b"object %d" % number) for number in range(MANY)
        )


def test_a_file_of_another_store_misleads_nobody(tmp_path: Path) -> None:
    filled(tmp_path / "one")
    digests = filled(tmp_path / "other", 3)
    (tmp_path / "one" / INDEX).rename(tmp_path / "other" / INDEX)

    objects = open_local(tmp_path / "other")

    assert list(objects.digests()) == sorted(digests)


def test_packs_that_other_processes_add_are_found(tmp_path: Path) -> None:
    mine, theirs = open_local(tmp_path), open_local(tmp_path)
    first = mine.put(b"first")
    assert theirs.get(first) == b"first"
    settle(tmp_path / "packs")
    assert not mine.has("sha256:" + "0" * 64)

    second = theirs.put(b"second")

    assert mine.get(second) == b"second"
    assert mine.have([first, second, "sha256:" + "0" * 64]) == {first, second}


def test_packs_that_other_processes_remove_are_missed(tmp_path: Path) -> None:
    digests = filled(tmp_path)
    mine = open_local(tmp_path)
    assert mine.get(digests[0]) == b"object 0"
    settle(tmp_path / "packs")
    assert mine.has(digests[1])

    packed.remove(tmp_path, digests[0])

    assert not mine.has(digests[0])
    with pytest.raises(NotFound, match=digests[0]):
        mine.get(digests[0])
    assert list(mine.digests()) == sorted(digests[1:])


def test_the_file_forgets_packs_that_are_gone(tmp_path: Path) -> None:
    digests = filled(tmp_path)
    for digest in digests[3:]:
        packed.remove(tmp_path, digest)

    more = filled(tmp_path, 2 * MANY)

    assert list(open_local(tmp_path).digests()) == sorted({*digests[:3], *more})
    last = opened(tmp_path)
    there = {path.name for path in (tmp_path / "packs").iterdir()}
    assert {name for name in last.names if name.strip("0")} <= there


def test_two_changes_within_a_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path)
    filled(tmp_path, 1)

    before = backend.stamp("packs/")
    settle(tmp_path / "packs")
    after = backend.stamp("packs/")

    assert before is None
    assert after is not None
    assert backend.stamp("packs/") == after
    assert backend.stamp("no such folder/") == 0


def test_a_look_asks_about_what_is_new_alone(tmp_path: Path) -> None:
    """Registering took longer with every pack in the store."""
    filled(tmp_path)
    backend = LocalBackend(tmp_path)
    index = Index(backend)
    index.refresh()
    new = open_local(tmp_path).put(b"of another process")

    with (
        mock.patch.object(backend, "size", wraps=backend.size) as asked,
        mock.patch.object(backend, "list") as listing,
    ):
        index.refresh(surely=True)

    assert index.has(bytes.fromhex(new.removeprefix("sha256:")))
    assert (asked.call_count, listing.call_count) == (1, 0)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    script = [sys.executable, "-c", WRITING_AT_ONCE, str(tmp_path)]
    writers = [subprocess.Popen([*script, name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    objects = open_local(tmp_path)

    expected = {b"%s of %d" % (name, at) for name in (b"a", b"b", b"c") for at in range(30)}
    assert {objects.get(digest) for digest in objects.digests()} == expected
    assert opened(tmp_path).is_intact()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_index_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    objects = ObjectStore(LocalBackend(tmp_path / "objects"), cache=tmp_path / "no" / "index")
    (tmp_path / "no").write_bytes(b"a file, where a folder is wanted")

    digests = [objects.put(b"object %d" % number) for number in range(MANY)]

    assert list(objects.digests()) == sorted(digests)


def test_a_pack_that_cannot_be_read_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digests = filled(tmp_path, 2)
    path = packed.find(tmp_path, digests[0]).path
    read = os.open

    def refuse(name: str, *rest: int, **options: int) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied")
        return read(name, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    objects = open_local(tmp_path)

    assert objects.get(digests[1]) == b"object 1"
    with pytest.raises(Exception, match="permission denied"):
        objects.get(digests[0])
    with pytest.raises(Exception, match="permission denied"):
        objects.has("sha256:" + "0" * 64)


@settings(max_examples=30)
@given(st.lists(st.lists(ID, max_size=8, unique=True), min_size=1, max_size=30), ID)
def test_an_index_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, packs: list[list[bytes]], other: bytes
) -> None:
    index = Index(MemoryBackend({}), cache=tmp_path_factory.mktemp("index") / INDEX)
    expected: dict[bytes, set[str]] = {}
    for number, ids in enumerate(packs):
        pack = Pack(f"{number + 1:064x}", 0, [Row(id_, 32, 5, 5, 1, 0) for id_ in ids])
        index.add(pack)
        for id_ in ids:
            expected.setdefault(id_, set()).add(pack.name)

    found = {id_: {place.pack for place in places} for id_, places in index.places()}

    assert found == expected
    assert list(found) == sorted(expected)
    for id_, names in expected.items():
        assert {place.pack for place in index.find(id_)} == names
    assert index.has(other) == (other in expected)


def test_what_is_in_memory_needs_no_file() -> None:
    objects = in_memory()

    digests = [objects.put(b"object %d" % number) for number in range(MANY)]

    assert list(objects.digests()) == sorted(digests)
