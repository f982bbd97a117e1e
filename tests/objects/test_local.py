"""Objects in a folder: where they lie, in which order, and what a fault leaves behind."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blake3 import blake3

from cairn.core.errors import Corrupt, Unavailable
from cairn.objects import open_local
from cairn.objects.backends.local import LITTER_SECONDS
from cairn.objects.folders.tree import restore_tree, store_tree
from cairn.objects.source import CHUNK
from harm import packed
from projects.folders import NARROW, SMALL, Narrow, as_nobody, open_to_all, read, write

FILES = {
    "a.csv": b"1,2\n",
    "deep/er/b.csv": b"3,4\n",
    "same.csv": b"1,2\n",
    "big": b"7" * (CHUNK + 1),
}

KILLED_AT_EVERY_CALL = """
import os, signal, sys
from itertools import count
from pathlib import Path
from cairn.objects.packs import pack_writer
from cairn.objects import open_local
from cairn.objects.folders.tree import store_tree

pack_writer.PACK_BYTES = 1000  # several packs

def dying(call):
    def wrapped(*args, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **options)
    return wrapped

folder = Path(sys.argv[1])
for name in ("write", "fsync", "link", "unlink", "mkdir", "open"):
    setattr(os, name, dying(getattr(os, name)))
for left in count(1):
    child = os.fork()
    if child == 0:
        store_tree(open_local(folder / f"objects{left}"), folder / "data")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_a_pack_is_a_read_only_file_named_by_its_digest(tmp_path: Path) -> None:
    open_local(tmp_path).put(b"content")

    (file,) = (tmp_path / "packs").iterdir()
    assert file.name == blake3(file.read_bytes()).hexdigest()
    assert stat.S_IMODE(file.stat().st_mode) & 0o222 == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_opening_makes_nothing(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")

    assert list(objects.digests()) == []
    assert list(tmp_path.iterdir()) == []


def test_foreign_files_in_the_folder_are_no_objects(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    digest = objects.put(b"content")
    write(tmp_path / "sha256", {"README": b"", "zz/x": b"", f"{digest[7:9]}/.swp": b""})
    write(tmp_path / "packs", {"README": b"", "ab" * 31: b"", "x/" + "ab" * 32: b""})

    assert list(objects.digests()) == [digest]


def test_nothing_has_its_name_before_it_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = open_local(tmp_path / "objects")
    objects.put(b"the folders are there from now on")
    done: list[str] = []
    fsync, link = os.fsync, os.link

    def note_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("sync folder" if is_folder else "sync file")
        fsync(descriptor)

    def note_link(source: Path, path: Path) -> None:
        done.append("name")
        link(source, path)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "link", note_link)
    with objects.batch() as batch:
        batch.put(b"one")
        batch.put(b"two")
        before = list(done)
    in_batch = list(done)
    objects.put(b"one")

    assert before == []
    assert in_batch == ["sync file", "name", "sync folder"]
    # Whoever stored it may not have; the first file and its name are those of the lease.
    assert done[len(in_batch) :] == ["sync file", "name", "sync folder"]


def test_a_disk_without_hard_links_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(_: Path, path: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(path))

    monkeypatch.setattr(os, "link", no_links)
    objects = open_local(tmp_path)
    digest = objects.put(b"content")

    again = objects.put(b"content")
    assert objects.get(digest) == b"content"
    assert again == digest
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_disk_that_takes_no_advice_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_advice(*_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "posix_fadvise", no_advice)
    objects = open_local(tmp_path)

    assert objects.get(objects.put(b"content")) == b"content"


def test_what_a_killed_writer_left_is_removed_a_day_later(tmp_path: Path) -> None:
    open_local(tmp_path).put(b"content")
    write(tmp_path / "tmp", {"old": b"half", "young": b"hal"})
    long_ago = time.time() - LITTER_SECONDS - 60
    os.utime(tmp_path / "tmp" / "old", (long_ago, long_ago))

    objects = open_local(tmp_path)

    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["young"]
    assert [objects.get(digest) for digest in objects.digests()] == [b"content"]


@pytest.mark.parametrize("narrow", NARROW)
def test_a_full_disk_is_one_sentence_and_nothing_half_written(
    tmp_path: Path, narrow: Narrow
) -> None:
    place = tmp_path / "disk"
    with narrow(place):
        objects = open_local(place / "objects")
        kept = objects.put(b"small")
        with pytest.raises(
            Unavailable, match=rf"cannot write to {place}.*: .*; .* run this again"
        ):
            objects.put(bytes(2 * SMALL))
        after = objects.put(b"small as well")

        assert sorted(objects.digests()) == sorted([kept, after])
        assert list((place / "objects" / "tmp").iterdir()) == []


@pytest.mark.parametrize("call", ["fsync", "link", "open"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_failing_disk_is_one_sentence_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    write(tmp_path / "data", FILES)
    objects = open_local(tmp_path / "objects")
    objects.put(b"the folders are there from now on")

    def failing(*_: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(Unavailable, match=f"(?i)cannot .*{os.strerror(code)}; "):
        objects.put(b"content")
    monkeypatch.undo()

    assert all(objects.check(digest) >= 0 for digest in objects.digests())
    assert list((tmp_path / "objects" / "tmp").iterdir()) == []
    assert objects.get(objects.put(b"content")) == b"content"


def test_a_folder_that_may_not_be_written_is_one_sentence() -> None:
    with open_to_all() as folder:
        objects = open_local(folder / "objects")
        digest = objects.put(b"content")
        for path in (folder / "objects").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)

        with as_nobody(), pytest.raises(Unavailable, match="permission denied; check who may"):
            objects.put(b"more")

        with as_nobody():
            assert objects.get(digest) == b"content"
        for path in (folder / "objects").rglob("*/"):
            path.chmod(0o755)


def test_an_object_that_may_not_be_read_is_one_sentence() -> None:
    with open_to_all() as folder:
        objects = open_local(folder / "objects")
        digest = objects.put(b"content")
        next((folder / "objects" / "packs").iterdir()).chmod(0)

        with (
            as_nobody(),
            pytest.raises(Unavailable, match=f"object {digest}: cannot read .*permission"),
        ):
            objects.get(digest)


def test_a_writer_killed_at_any_call_leaves_whole_objects_only(tmp_path: Path) -> None:
    write(tmp_path / "data", FILES)
    subprocess.run([sys.executable, "-c", KILLED_AT_EVERY_CALL, str(tmp_path)], check=True)

    stores = sorted(tmp_path.glob("objects*"))
    assert len(stores) > 25
    for store in stores:
        objects = open_local(store)
        assert all(objects.check(digest) >= 0 for digest in objects.digests())
        stored = store_tree(objects, tmp_path / "data")
        restore_tree(objects, stored.digest, store / "restored")
        assert read(store / "restored") == read(tmp_path / "data")


def test_an_object_damaged_on_disk_is_not_mended_silently(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    digest = objects.put(b"content")
    file = packed.overwrite(tmp_path, digest, b"CONTENT")

    with pytest.raises(Corrupt, match=str(file)):
        objects.put(b"content")
    file.rename(tmp_path / "kept for a look")
    objects.put(b"content")

    assert objects.get(digest) == b"content"
