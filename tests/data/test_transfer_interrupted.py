"""Push and pull killed at any moment: nothing half there is believed, and they go on."""

import subprocess
import sys
from pathlib import Path

import pytest

from cairn.data.remotes.refs import Remote, open_remote
from cairn.data.remotes.selection import objects_of
from cairn.data.remotes.transfer import pull, push
from cairn.registry import Registry
from projects.remotes import actions, store
from projects.store import add_snapshot, register

# Repeats one transfer until it ends; the n-th attempt is killed before its n-th sync.
DRIVER = """\
import itertools, os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from cairn.data.remotes import transfer
from projects.remotes import store

move, folder, name = getattr(transfer, sys.argv[1]), Path(sys.argv[2]), sys.argv[3]


def attempt(limit):
    calls, sync = itertools.count(1), os.fsync

    def killed(descriptor):
        if next(calls) == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    os.fsync = killed
    done = move(store(folder, name), str(folder / "remote"))
    print(len(done.items), done.objects, flush=True)
    os._exit(0)


for limit in itertools.count(1):
    child = os.fork()
    if child == 0:
        attempt(limit)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else "done", flush=True)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with two versions and a snapshot of many files."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    folder = opened.settings.folder / "many"
    folder.mkdir()
    for number in range(50):
        (folder / str(number)).write_bytes(b"%d" % number * 5000)
    add_snapshot(opened, folder, name="many")
    register(opened, "first weights")
    register(opened, "second weights")
    return opened


def repeat(move: str, folder: Path, name: str) -> list[str]:
    """Run the driver; returns what it said, without the last `done`."""
    command = [
        sys.executable,
        "-c",
        DRIVER,
        move,
        str(folder),
        name,
        str(Path(__file__).parents[1]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    *said, last = done.stdout.split("\n")[:-1]
    assert last == "done"
    return said


def complete(remote: Remote) -> int:
    """Check that every ref of a remote is proven and has its objects; returns how many."""
    refs = remote.refs()
    for ref in refs:
        remote.read(ref)
    for digest in objects_of(remote.objects, refs):
        remote.objects.check(digest)
    return len(refs)


def test_a_push_that_is_killed_at_every_sync_goes_on(here: Registry, tmp_path: Path) -> None:
    said = repeat("push", tmp_path, "ada")

    assert said.count("killed") > 3
    remote = open_remote(here.settings, str(tmp_path / "remote"), to_write=False)
    assert complete(remote) == 4
    assert push(here, remote.address).already == 4


def test_a_pull_that_is_killed_at_every_sync_goes_on(here: Registry, tmp_path: Path) -> None:
    push(here, str(tmp_path / "remote"))
    store(tmp_path, "bob")

    said = repeat("pull", tmp_path, "bob")

    assert said.count("killed") > 3
    there = store(tmp_path, "bob")
    assert len(actions(there)) == 7  # a key, two snapshots, two versions, each judged once
    assert there.verify(objects=True).problems == ()
    assert there.version("churn:2").digest == here.version("churn:2").digest


def test_what_arrived_is_not_sent_again(here: Registry, tmp_path: Path) -> None:
    remote = str(tmp_path / "remote")
    push(here, remote)
    for ref in (tmp_path / "remote" / "refs").rglob("*"):
        if ref.is_file():
            ref.unlink()  # as if it was killed after the bytes and before the records

    again = push(here, remote)

    assert (len(again.items), again.objects, again.size_bytes) == (4, 0, 0)


def test_a_ref_is_never_there_before_its_objects(
    here: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    write = Remote.write

    def look_first(remote: Remote, *given: object) -> None:
        other = open_remote(here.settings, str(tmp_path / "remote"), to_write=False)
        seen.append(complete(other))
        write(remote, *given)  # pyright: ignore[reportArgumentType] (passed on as they are)

    monkeypatch.setattr(Remote, "write", look_first)

    push(here, str(tmp_path / "remote"))

    assert seen == [0, 1, 2, 3]


def test_nothing_that_a_killed_transfer_left_is_in_the_way(
    here: Registry, tmp_path: Path
) -> None:
    remote = tmp_path / "remote"
    push(here, str(remote))
    (remote / "tmp" / "half").write_bytes(b"cut off")
    (remote / "packs" / ("0" * 64)).write_bytes(b"cut off")
    there = store(tmp_path, "bob")

    pull(there, str(remote))

    assert there.verify(objects=True).problems == ()
    assert not (there.settings.store / "objects" / "packs" / ("0" * 64)).exists()
