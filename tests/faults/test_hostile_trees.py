"""Folders made to break a snapshot: each is kept whole, or refused in one sentence.

`CAIRN_FAULTS=all` fills a folder with a million names, otherwise with some thousands.
"""

import os
import resource
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cairn.core.errors import CairnError, Conflict
from cairn.objects import in_memory, open_local
from cairn.objects.folders.tree import restore_tree, store_tree, tree_entries
from projects.folders import as_nobody, open_to_all, read, write

NAMES = 1_000_000 if os.environ.get("CAIRN_FAULTS") == "all" else 9_000
MEMORY_BYTES = 600 << 20


def refused(folder: Path) -> str:
    """Return the one sentence with which a folder is refused; nothing is stored of it."""
    objects = in_memory()
    with pytest.raises(CairnError) as caught:
        store_tree(objects, folder)
    assert list(objects.digests()) == []
    [sentence] = str(caught.value).splitlines()
    return sentence


def kept(folder: Path, place: Path) -> None:
    """Store a folder and write it again, byte for byte."""
    objects = open_local(place / "objects")
    restore_tree(objects, store_tree(objects, folder).digest, place / "again")
    assert read(place / "again") == read(folder)


@contextmanager
def listening(path: Path) -> Generator[None, None, None]:
    """Bind a socket to a file of a folder that has others."""
    write(path.parent, {"a": b"1"})
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(path))
        yield


def test_links_in_circles_are_kept_and_never_followed(tmp_path: Path) -> None:
    circles = {
        "self": "self",
        "a/up": "..",
        "a/b/top": "../..",
        "ping": "pong",
        "pong": "ping",
    }

    kept(write(tmp_path / "data", {**circles, "a/b/file": b"1"}), tmp_path)


def test_names_of_255_bytes_odd_bytes_and_every_depth_are_kept(tmp_path: Path) -> None:
    long = b"\xff" * 255
    files = {
        long: b"1",
        b"d/" + long: b"2",
        b"/".join([b"x" * 200] * 15) + b"/file": b"3",
        b"\xc3\x28/\xe2\x82": b"4",
        b"\r\n/ \t": b"5",
    }

    kept(write(tmp_path / "data", files), tmp_path)


def test_names_that_differ_in_case_or_form_only_are_kept_apart(tmp_path: Path) -> None:
    one, two = "\u00e9", "e\u0301"  # the same letter, in two forms
    files = {"README": b"1", "readme": b"2", one: b"3", two: b"4", "ß": b"5", "SS": b"6"}

    kept(write(tmp_path / "data", files), tmp_path)


def test_what_has_no_content_is_refused_by_name(tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"a": b"1", "z/z": b"2"})
    os.mkfifo(data / "z" / "pipe")

    assert refused(data).endswith(
        "z/pipe is a named pipe, which has no content to store: leave it out"
    )
    with listening(tmp_path / "more" / "sock"):
        assert "sock is a socket" in refused(tmp_path / "more")


@pytest.mark.parametrize("what", ["a", "sub", "sub/b"])
def test_what_may_not_be_read_is_refused_by_name(what: str) -> None:
    with open_to_all() as folder:
        write(folder / "data", {"a": b"1", "sub/b": b"2"})
        (folder / "data" / what).chmod(0)

        with as_nobody():
            sentence = refused(folder / "data")

        (folder / "data" / what).chmod(0o700)
        assert sentence.startswith("cannot read ")
        assert f"data/{what}: permission denied" in sentence


def appending(path: Path, stop: threading.Event) -> Callable[[], None]:
    def append() -> None:
        while not stop.is_set():
            with path.open("ab") as file:
                file.write(b"more")

    return append


@pytest.mark.parametrize("size", [10, 5 << 20])
def test_a_file_that_grows_while_it_is_read_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    data = write(tmp_path / "data", {"log": b"x" * size, "other": b"1"})
    pread = os.pread

    def growing(descriptor: int, length: int, place: int) -> bytes:
        content = pread(descriptor, length, place)
        with (data / "log").open("ab") as file:
            file.write(b"more")
        return content

    monkeypatch.setattr(os, "pread", growing)

    assert "data/log changed while it was read: stop what writes to it" in refused(data)


def test_a_file_that_grows_without_end_is_refused_or_whole(tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"log": b"x" * 100_000})
    stop = threading.Event()
    writer = threading.Thread(target=appending(data / "log", stop))
    writer.start()
    try:
        for _ in range(5):
            objects = in_memory()
            with suppress(Conflict):
                [entry] = tree_entries(objects, store_tree(objects, data).digest)
                assert len(objects.get(entry.digest)) == entry.size
    finally:
        stop.set()
        writer.join()


def test_a_folder_of_very_many_names_is_kept_in_bounded_memory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    folder = os.open(data, os.O_RDONLY)
    for number in range(NAMES):
        os.close(os.open(f"{number:07d}", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
    os.close(folder)
    objects = open_local(tmp_path / "objects", stats=tmp_path / "stat")

    first = store_tree(objects, data)
    again = store_tree(objects, data)
    (data / "0000500x").write_bytes(b"one more")
    more = store_tree(objects, data)

    assert first == again
    assert (first.files, more.files) == (NAMES, NAMES + 1)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    assert NAMES < 1_000_000 or used < MEMORY_BYTES
