"""Several processes at one snapshot or restore: the same outcome, and every fault is told."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.core.errors import CairnError, Conflict, Corrupt, Invalid, NotFound, Unavailable
from cairn.objects import ObjectStore, in_memory, open_local
from cairn.objects.folders import intake_worker, restore_worker, workers
from cairn.objects.folders.tree import StoredTree, restore_tree, store_tree
from projects.folders import NARROW, Content, Narrow, read, write

FILES: dict[str, Content] = {
    **{
        f"{folder}/{number:02d}.bin": b"%d" % (number % 7) * number
        for folder in "abc"
        for number in range(30)
    },
    "a/05.bin/in the way": b"",
    "run": b"#!",
    "link": "a/01.bin",
    "deep/er/and/er": b"8",
    "empty": b"",
}
del FILES["a/05.bin"]

SCRIPT = """
import sys
from pathlib import Path
from cairn.objects.folders import workers
from cairn.objects import open_local
from cairn.objects.folders.tree import store_tree, restore_tree

workers.MANY_FILES = 20
folder = Path(sys.argv[1])
objects = open_local(folder / "objects")
stored = store_tree(objects, folder / "data")
restore_tree(objects, stored.digest, folder / "again")
print(stored.digest)
"""


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two processes share what one would do."""
    monkeypatch.setattr(workers, "MANY_FILES", 20)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    monkeypatch.setattr(intake_worker, "JOB_FILES", 8)
    monkeypatch.setattr(restore_worker, "JOB_FILES", 8)


@pytest.fixture(name="started")
def _started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Note which processes are started."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # pyright: ignore[reportCallIssue, reportArgumentType] (passed on)
            started.append(self)

    monkeypatch.setattr(workers.subprocess, "Popen", Noted)
    return started


def stored(folder: Path) -> tuple[ObjectStore, StoredTree]:
    objects = open_local(folder / "objects")
    return objects, store_tree(objects, write(folder / "data", FILES))


def test_a_snapshot_and_a_restore_by_several_are_those_of_one(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    told: list[tuple[int, ...]] = []

    def on_progress(*state: int) -> None:
        told.append(state)

    objects = open_local(tmp_path / "objects")
    data = write(tmp_path / "data", FILES)

    found = store_tree(objects, data, on_progress=on_progress)
    restore_tree(
        objects,
        found.digest,
        tmp_path / "again",
        on_progress=on_progress,
    )

    assert len(started) == 4
    assert all(process.returncode == 0 for process in started)
    assert found == store_tree(in_memory(), data)
    assert read(tmp_path / "again") == read(data)
    assert (tmp_path / "again/run").stat().st_mode == data.joinpath("run").stat().st_mode
    assert told.count((found.files, found.size_bytes) * 2) == 2
    assert sorted(told[: found.files]) == told[: found.files]


def test_what_two_processes_stored_lies_in_a_pack_of_each(tmp_path: Path) -> None:
    objects, found = stored(tmp_path)

    assert 2 <= sum(1 for _ in objects.packs()) <= 3
    assert objects.check(found.digest) > 0


def test_a_script_and_a_thread_may_take_snapshots(tmp_path: Path) -> None:
    data = write(tmp_path / "data", FILES)
    (tmp_path / "script.py").write_text(SCRIPT)

    run = subprocess.run(
        [sys.executable, "script.py", str(tmp_path)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[StoredTree] = []
    thread = threading.Thread(
        target=lambda: found.append(store_tree(open_local(tmp_path / "more"), data))
    )
    thread.start()
    thread.join()

    assert run.stdout == f"{found[0].digest}\n"
    assert run.stderr == ""
    assert read(tmp_path / "again") == read(data)


SPOILT: dict[str, tuple[Callable[[Path], object], type[CairnError], str]] = {
    "a link where a file was": (
        lambda data: ((data / "b/07.bin").unlink(), (data / "b/07.bin").symlink_to("08.bin")),
        Conflict,
        r"data/b/07\.bin changed",
    ),
    "a pipe where a file was": (
        lambda data: ((data / "b/07.bin").unlink(), os.mkfifo(data / "b/07.bin")),
        Invalid,
        r"data/b/07\.bin is a named pipe",
    ),
    "nothing where a file was": (
        lambda data: (data / "b/07.bin").unlink(),
        NotFound,
        r"data/b/07\.bin is not there",
    ),
    "a link where a folder was": (
        lambda data: (
            (data / "b").rename(data.with_name("was")),
            (data / "b").symlink_to("a"),
        ),
        Conflict,
        "data/b changed",
    ),
    "another link": (
        lambda data: ((data / "link").unlink(), (data / "link").symlink_to("/etc/passwd")),
        Invalid,
        "data/link is a symbolic link that leads outside",
    ),
}


@pytest.mark.parametrize("how", list(SPOILT))
def test_what_changes_under_the_hands_of_a_worker_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    spoil, kind, message = SPOILT[how]
    data = write(tmp_path / "data", FILES)
    working = workers.working

    def spoilt(*args: object, **options: object) -> object:
        spoil(data)
        return working(*args, **options)  # pyright: ignore[reportArgumentType] (passed on)

    monkeypatch.setattr("cairn.objects.folders.freeze.working", spoilt)

    with pytest.raises(kind, match=message):
        store_tree(open_local(tmp_path / "objects"), data)

    assert list((tmp_path / "objects" / "tmp").iterdir()) == []


def test_a_damaged_object_is_never_restored_by_a_worker(tmp_path: Path) -> None:
    objects, found = stored(tmp_path)
    for pack in (tmp_path / "objects" / "packs").iterdir():
        content = bytearray(pack.read_bytes())
        at = content.find(b"3" * 20)
        if at >= 0:
            content[at] ^= 1
            pack.chmod(0o644)
            pack.write_bytes(content)

    with pytest.raises(Corrupt, match="is damaged"):
        restore_tree(objects, found.digest, tmp_path / "again")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "objects"]


@pytest.mark.parametrize("narrow", NARROW)
def test_a_disk_that_a_worker_fills_is_one_sentence(tmp_path: Path, narrow: Narrow) -> None:
    objects = open_local(tmp_path / "objects")
    data = write(tmp_path / "data", {**FILES, "big": bytes(2 << 20)})
    found = store_tree(objects, data)

    with narrow(tmp_path / "disk"):
        with pytest.raises(Unavailable, match=r"cannot write to .*disk/out: .*; .* again"):
            restore_tree(objects, found.digest, tmp_path / "disk" / "out")

        assert list((tmp_path / "disk").iterdir()) == []


def test_a_worker_that_is_killed_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    objects, found = stored(tmp_path)
    started.clear()

    def kill(*_: int) -> None:
        started[-1].send_signal(signal.SIGKILL)

    with pytest.raises(Unavailable, match="ended early"):
        restore_tree(objects, found.digest, tmp_path / "again", on_progress=kill)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "objects"]
    assert all(process.returncode is not None for process in started)


def test_workers_end_with_the_process_that_began_them() -> None:
    script = (
        "import os, sys, time\n"
        "from cairn.objects.folders import workers\n"
        "with workers.working('cairn.objects.folders.intake_worker', 0, count=2) as w:\n"
        "    print(*[x._process.pid for x in w._workers], flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )

    assert run.returncode == -signal.SIGKILL
    assert len(run.stdout.split()) == 2  # their end of the pipe closed: else this would hang


def test_no_worker_is_started_for_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setattr(workers, "MANY_FILES", 2_000)

    objects, found = stored(tmp_path)
    restore_tree(objects, found.digest, tmp_path / "again")

    assert started == []


def test_where_no_further_process_can_start_one_does_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/not/there")

    objects, found = stored(tmp_path)
    restore_tree(objects, found.digest, tmp_path / "again")

    assert read(tmp_path / "again") == read(tmp_path / "data")


def test_a_worker_that_cannot_begin_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.objects.folders.freeze.MODULE", "not.there")

    with pytest.raises(Unavailable, match="ended early"):
        stored(tmp_path)
