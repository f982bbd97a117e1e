"""Files and folders that change, vanish or turn into links while they are read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.core.errors import CairnError, Conflict, NotFound, Unavailable
from cairn.objects import ObjectStore, in_memory
from cairn.objects.folders.tree import store_tree
from cairn.objects.source import CHUNK
from projects.folders import as_nobody, open_to_all, write

CANARY = b"canary: from outside"


def store_while(folder: Path, change: Callable[[], object], objects: ObjectStore) -> None:
    """Store a folder and change it once the first file is read."""
    changes = iter([change])

    def on_progress(*_: int) -> None:
        next(changes, lambda: None)()

    store_tree(objects, folder, on_progress=on_progress)


def reading_twice(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Change something right after the first bytes of a file are read."""
    changes, pread = iter([change]), os.pread

    def changing(descriptor: int, length: int, place: int) -> bytes:
        content = pread(descriptor, length, place)
        next(changes, lambda: None)()
        return content

    monkeypatch.setattr(os, "pread", changing)


@pytest.mark.parametrize("size", [0, 10, CHUNK - 1, CHUNK, 3 * CHUNK])
@pytest.mark.parametrize("how", ["grows", "shrinks", "is written", "is replaced", "vanishes"])
def test_a_file_that_changes_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, size: int
) -> None:
    objects = in_memory()
    file = tmp_path / "data.csv"
    file.write_bytes(b"1" * size)
    os.utime(file, (1, 1))
    write(tmp_path, {"other": b"2" * size})
    changes: dict[str, Callable[[], object]] = {
        "grows": lambda: os.truncate(file, size + 1),
        "shrinks": lambda: os.truncate(file, size // 2) if size else os.truncate(file, 1),
        "is written": lambda: file.write_bytes(b"2" * size),
        "is replaced": lambda: (tmp_path / "other").replace(file),
        "vanishes": file.unlink,
    }
    reading_twice(monkeypatch, changes[how])

    with pytest.raises((Conflict, NotFound), match=r"data\.csv (changed|is not there)"):
        objects.put_file(file)

    assert list(objects.digests()) == []


def test_a_file_that_vanishes_before_it_is_read_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"a": b"1", "b": b"2"})

    with pytest.raises(NotFound, match="data/b is not there"):
        store_while(folder, (folder / "b").unlink, in_memory())


def test_a_folder_that_gains_a_file_meanwhile_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"a": b"1", "sub/b": b"2", "sub/c": b"3"})
    os.utime(folder, (1, 1))

    with pytest.raises(Conflict, match="data changed while it was read"):
        store_while(folder, lambda: write(folder, {"new": b"4"}), in_memory())


@pytest.mark.parametrize("outside", ["file", "folder"])
def test_what_turns_into_a_link_meanwhile_leads_nowhere(tmp_path: Path, outside: str) -> None:
    objects = in_memory()
    write(tmp_path / "out", {"secret": CANARY})
    folder = write(tmp_path / "data", {"a": b"1", "file": b"2", "folder/secret": b"3"})

    def swap() -> None:
        (folder / outside).rename(tmp_path / "was")
        target = tmp_path / "out"
        (folder / outside).symlink_to(target / "secret" if outside == "file" else target)

    with pytest.raises(Conflict, match=f"data/{outside} changed"):
        store_while(folder, swap, objects)

    assert all(objects.get(digest) != CANARY for digest in objects.digests())


def test_a_pipe_that_takes_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"a": b"1", "b": b"2"})

    def swap() -> None:
        (folder / "b").unlink()
        os.mkfifo(folder / "b")

    with pytest.raises(CairnError, match="data/b is a named pipe"):
        store_while(folder, swap, in_memory())


@pytest.mark.parametrize("locked", ["a", "sub", "sub/b"])
def test_what_may_not_be_read_is_named(locked: str) -> None:
    with open_to_all() as folder:
        write(folder / "data", {"a": b"1", "sub/b": b"2"})
        (folder / "data" / locked).chmod(0)

        with (
            as_nobody(),
            pytest.raises(Unavailable, match=f"cannot read .*/data/{locked}: perm"),
        ):
            store_tree(in_memory(), folder / "data")

        (folder / "data" / locked).chmod(0o700)
