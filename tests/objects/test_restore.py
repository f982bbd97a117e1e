"""Trees become folders again: all of one, every byte verified, or nothing at all."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import CairnError, Corrupt, Invalid, NotFound, Unavailable
from cairn.core.tree import Entry, cut, write_root
from cairn.objects import ObjectStore, in_memory, open_local
from cairn.objects.folders.restore_file import LONGEST_TARGET
from cairn.objects.folders.tree import StoredTree, restore_tree, store_tree
from harm import packed
from projects.folders import NARROW, SMALL, Narrow, as_nobody, open_to_all, read, write

FILES = {"a.csv": b"1,2\n", "deep/er/b.csv": b"3,4\n", "run": b"#!", "z": b"7" * 5000}

KILLED_AT_EVERY_CALL = """
import os, signal, sys
from itertools import count
from pathlib import Path
from cairn.objects import open_local
from cairn.objects.folders.tree import restore_tree

def dying(call):
    def wrapped(*args, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **options)
    return wrapped

folder, digest = Path(sys.argv[1]), sys.argv[2]
for name in ("write", "fsync", "mkdir", "open", "rename", "chmod", "symlink"):
    setattr(os, name, dying(getattr(os, name)))
for left in count(1):
    child = os.fork()
    if child == 0:
        restore_tree(open_local(folder / "objects"), digest, folder / "out" / str(left))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def stored(objects: ObjectStore, folder: Path) -> Digest:
    return store_tree(objects, write(folder / "data", FILES)).digest


def craft(objects: ObjectStore, *entries: Entry) -> Digest:
    """Store a tree of any entries that the format can spell."""
    leaves = [(leaf, objects.put(content)) for leaf, content in cut(entries)]
    return objects.put(write_root([leaf for leaf, _ in leaves]))


def link(objects: ObjectStore, path: bytes, target: bytes) -> Entry:
    return Entry(path, "l", len(target), objects.put(target))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("before", ["nothing", "an empty folder", "no parent"])
def test_a_tree_is_restored_where_there_is_nothing(tmp_path: Path, before: str) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    into = tmp_path / ("new/er/out" if before == "no parent" else "out")
    if before == "an empty folder":
        into.mkdir(mode=0o750)

    restore_tree(objects, digest, into)

    assert read(into) == {name.encode(): content for name, content in FILES.items()}
    if before == "an empty folder":
        assert stat.S_IMODE(into.stat().st_mode) == 0o750


def test_nothing_is_restored_through_a_link(tmp_path: Path) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")

    with pytest.raises(Invalid, match="out is a link: name the folder itself"):
        restore_tree(objects, digest, tmp_path / "out")

    assert not any((tmp_path / "real").iterdir())


@pytest.mark.parametrize("place", [".cairn/objects/x", "store/new", "x/.GIT/hooks", "git~1/a"])
def test_nothing_is_restored_into_a_store_or_a_repository(tmp_path: Path, place: str) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    for name in ("ledger", "objects"):
        (tmp_path / "store" / name).mkdir(parents=True)
    (tmp_path / "store" / "store.json").write_text("{}")

    with pytest.raises(Invalid, match="lies in a folder of git or of Cairn itself"):
        restore_tree(objects, digest, tmp_path / place)

    assert not (tmp_path / place).exists()


@pytest.mark.parametrize(
    "before", ["a folder with files", "a file", "a hidden file", "a pipe"]
)
def test_nothing_is_overwritten(tmp_path: Path, before: str) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    into = tmp_path / "out"
    match before:
        case "a folder with files":
            write(into, {"mine": b"precious"})
        case "a hidden file":
            write(into, {".mine": b"precious"})
        case "a file":
            into.write_bytes(b"precious")
        case _:
            os.mkfifo(into)
    was = names(tmp_path)

    with pytest.raises(Invalid, match="out is there already: restore into a new or empty"):
        restore_tree(objects, digest, into)

    assert names(tmp_path) == was


def test_the_folder_that_somebody_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    with pytest.raises(Invalid, match="here is where you are and would be replaced"):
        restore_tree(objects, digest, Path())

    assert names(tmp_path) == ["data", "here"]


@pytest.mark.parametrize("name", list(FILES))
def test_a_damaged_or_missing_object_leaves_nothing(tmp_path: Path, name: str) -> None:
    objects = open_local(tmp_path / "objects")
    digest = stored(objects, tmp_path)
    broken = digest_bytes(FILES[name])
    packed.overwrite(tmp_path / "objects", broken, b"x" + FILES[name][1:])

    with pytest.raises(Corrupt, match=broken):
        restore_tree(objects, digest, tmp_path / "out")
    packed.remove(tmp_path / "objects", broken)
    with pytest.raises(NotFound, match=broken):
        restore_tree(objects, digest, tmp_path / "out")

    assert names(tmp_path) == ["data", "objects"]


def test_a_tree_that_lies_about_sizes_is_corrupt(tmp_path: Path) -> None:
    objects = in_memory()
    digest = objects.put(b"four")
    target = objects.put(b"a")

    for entry in (Entry(b"a", "f", 5, digest), Entry(b"b", "l", 2, target)):
        with pytest.raises(Corrupt, match="bytes where its tree says"):
            restore_tree(objects, craft(objects, entry), tmp_path / "out")

    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "target",
    [b"/etc/passwd", b"..", b"../../x", b"a/../..", b"/", b"up/../../x", b"a\0b"],
)
def test_a_stored_link_that_leads_outside_is_refused(tmp_path: Path, target: bytes) -> None:
    objects = in_memory()
    tree = craft(objects, link(objects, b"bad", target))

    with pytest.raises(Invalid, match="bad is a symbolic link that leads"):
        restore_tree(objects, tree, tmp_path / "out")

    assert names(tmp_path) == []


def test_links_that_lead_outside_only_together_are_refused(tmp_path: Path) -> None:
    objects = in_memory()
    tree = craft(
        objects, link(objects, b"a/b/up", b"../.."), link(objects, b"a/out", b"b/up/..")
    )

    with pytest.raises(Invalid, match="a/out is a symbolic link that leads through"):
        restore_tree(objects, tree, tmp_path / "out")

    assert names(tmp_path) == []


def test_a_link_of_absurd_length_is_refused(tmp_path: Path) -> None:
    objects = in_memory()
    tree = craft(objects, link(objects, b"bad", b"a" * (LONGEST_TARGET + 1)))

    with pytest.raises(Corrupt, match=f"bad is a symbolic link of {LONGEST_TARGET + 1} bytes"):
        restore_tree(objects, tree, tmp_path / "out")


@pytest.mark.parametrize(
    "paths",
    [
        [b"../x"],
        [b"a/../../x"],
        [b"/etc/x"],
        [b"a//b"],
        [b"a/./b"],
        [b"a", b"a/b"],
        [b"b", b"a"],
    ],
    ids=repr,
)
def test_a_stored_path_that_leads_outside_is_corrupt(
    tmp_path: Path, paths: Sequence[bytes]
) -> None:
    objects = in_memory()
    file = objects.put(b"x").removeprefix("sha256:").encode()
    rows = b"".join(b"f 1 %s %s\n" % (file, path) for path in paths)
    leaf = objects.put(b"cairn leaf/1\n" + rows).removeprefix("sha256:").encode()
    line = b"%s %d %d %s\n" % (leaf, len(paths), len(paths), paths[0])
    tree = objects.put(b"cairn tree/1\n" + line)

    with pytest.raises(Corrupt):
        restore_tree(objects, tree, tmp_path / "out")

    assert names(tmp_path) == []


def test_a_name_that_is_too_long_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    objects = in_memory()
    tree = craft(objects, Entry(b"x" * 300, "f", 1, objects.put(b"x")))

    with pytest.raises(Unavailable, match=r"cannot write to .*out: file name too long"):
        restore_tree(objects, tree, tmp_path / "out")

    assert names(tmp_path) == []


def test_names_that_the_disk_takes_for_one_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = in_memory()
    digest = store_tree(objects, write(tmp_path / "data", {"A/x": b"1", "a/x": b"2"})).digest
    files = store_tree(objects, write(tmp_path / "more", {"A": b"1", "a": b"2"})).digest
    make, open_ = os.mkdir, os.open

    def mkdir(name: str | bytes, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        make(name.lower() if isinstance(name, bytes) else name, mode, dir_fd=dir_fd)

    def open_lower(
        name: str | bytes, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
    ) -> int:
        name = name.lower() if isinstance(name, bytes) else name
        return open_(name, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", mkdir)
    monkeypatch.setattr(os, "open", open_lower)
    for tree in (digest, files):
        with pytest.raises(Invalid, match="a cannot be told from another name here"):
            restore_tree(objects, tree, tmp_path / "out")
    monkeypatch.undo()

    assert names(tmp_path) == ["data", "more"]


@pytest.mark.parametrize("narrow", NARROW)
def test_a_full_disk_leaves_nothing(tmp_path: Path, narrow: Narrow) -> None:
    objects = in_memory()
    write(tmp_path / "data", {"a": b"1", "b": bytes(2 * SMALL)})
    digest = store_tree(objects, tmp_path / "data").digest
    with narrow(tmp_path / "disk"):
        with pytest.raises(Unavailable, match=r"cannot write to .*disk/out: .*; .* again"):
            restore_tree(objects, digest, tmp_path / "disk" / "out")

        assert names(tmp_path / "disk") == []


@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir", "write", "symlink"])
def test_a_failing_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    objects = in_memory()
    write(tmp_path / "data", {"sub/link": "other"})
    digest = stored(objects, tmp_path)

    def failing(*_: object, **_options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(Unavailable, match="out: input/output error; check the disk"):
        restore_tree(objects, digest, tmp_path / "out")
    monkeypatch.undo()

    assert names(tmp_path) == ["data"]


def test_a_place_where_nobody_may_write_is_one_sentence(tmp_path: Path) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    with open_to_all() as folder:
        folder.chmod(0o555)

        with (
            as_nobody(),
            pytest.raises(Unavailable, match="out: permission denied; check who"),
        ):
            restore_tree(objects, digest, folder / "out")

        folder.chmod(0o755)


def test_somebody_who_takes_the_place_meanwhile_keeps_it(tmp_path: Path) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)

    def take(*_: int) -> None:
        if not (tmp_path / "out").exists():
            write(tmp_path / "out", {"theirs": b"precious"})

    with pytest.raises(CairnError):
        restore_tree(objects, digest, tmp_path / "out", on_progress=take)

    assert read(tmp_path / "out") == {b"theirs": b"precious"}
    assert names(tmp_path) == ["data", "out"]


def test_a_restore_killed_at_any_call_leaves_all_or_nothing(tmp_path: Path) -> None:
    digest = stored(open_local(tmp_path / "objects"), tmp_path)
    script = [sys.executable, "-c", KILLED_AT_EVERY_CALL, str(tmp_path), digest]

    subprocess.run(script, check=True)

    whole = {name.encode(): content for name, content in FILES.items()}
    restored = [path for path in (tmp_path / "out").iterdir() if path.name[0] != "."]
    litter = [path for path in (tmp_path / "out").iterdir() if path.name[0] == "."]
    assert all(read(folder) == whole for folder in restored)
    assert len(litter) > 20
    assert all(path.name.endswith(".partial") for path in litter)


def test_what_a_killed_restore_left_is_removed_by_the_next_to_the_same_place(
    tmp_path: Path,
) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    write(tmp_path / f".out.{'0' * 16}.partial", {"left": b"over"})
    kept = [".out.partial", f".other.{'0' * 16}.partial", f".out.{'0' * 15}x.partial"]
    for name in kept:
        write(tmp_path / name, {"not": b"ours"})

    restore_tree(objects, digest, tmp_path / "out")

    assert names(tmp_path) == sorted([*kept, "data", "out"])


def test_a_restore_under_way_to_the_same_place_is_left_alone(tmp_path: Path) -> None:
    objects = in_memory()
    digest = stored(objects, tmp_path)
    second: list[StoredTree] = []

    def restore_meanwhile(*_: int) -> None:
        if not second:
            second.append(restore_tree(objects, digest, tmp_path / "out"))

    with pytest.raises(CairnError, match="out"):
        restore_tree(objects, digest, tmp_path / "out", on_progress=restore_meanwhile)

    assert second[0].digest == digest
    assert read(tmp_path / "out") == {
        name.encode(): content for name, content in FILES.items()
    }
    assert names(tmp_path) == ["data", "out"]
