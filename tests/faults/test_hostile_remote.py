"""A remote that was made to harm whoever pulls: names, links, sizes, counts, pipes, recipes.

Each is refused in a sentence, within little time and memory, and nothing is recorded.
"""

import hashlib
import os
import resource
import signal
import struct
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from blake3 import blake3

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Corrupt, Refused
from cairn.core.snapshot import AddSnapshot, Files, Snapshot
from cairn.core.tree import LEAF_HEAD, ROOT_HEAD
from cairn.data.remotes import refs
from cairn.data.remotes.transfer import pull, push
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.local import LocalBackend
from cairn.objects.folders.tree import restore_tree, store_tree, tree_entries
from cairn.objects.packs.blob import OBJECT, PIECE, RECIPE, Recipe
from cairn.objects.packs.pack import PackWriter
from cairn.registry import Registry
from projects.folders import write
from projects.remotes import actions, store
from projects.store import register

SECONDS, MEMORY_BYTES = 10, 300 << 20
PIECE_BYTES = 4 << 20


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The store that pulls."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return store(tmp_path, "ada")


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A remote with one version, as it should be."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    there = store(tmp_path, "mallory")
    register(there, "weights")
    push(there, str(tmp_path / "remote"))
    return tmp_path / "remote"


@pytest.fixture(autouse=True)
def _bounded() -> Generator[None]:
    """End whatever takes too long, and see that little memory was taken."""

    def late(_number: int, _frame: object) -> None:
        raise AssertionError(f"it took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most) << 10
    assert taken < MEMORY_BYTES, f"it took {taken >> 20} MiB"


def add_pack(folder: Path, *blobs: tuple[int, bytes, bytes]) -> Path:
    """Put a pack among objects, whatever its blobs say; returns its file."""
    backend = LocalBackend(folder)
    writer = PackWriter(backend.receive())
    for blob in blobs:
        writer.add(*blob)
    pack = writer.finish()
    writer.place(pack)
    (folder / "index").unlink(missing_ok=True)
    return folder / pack.key


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def repeated(times: int) -> tuple[Digest, list[tuple[int, bytes, bytes]]]:
    """A few blobs that stand for an object of `times` times 4 MiB."""
    piece, whole = bytes(PIECE_BYTES), hashlib.sha256()
    whole.update(piece)  # what it says it is; nobody gets as far as to compare it
    id_ = blake3(piece).digest()
    recipe = Recipe(whole.digest(), [(id_, PIECE_BYTES)] * times)
    return f"sha256:{whole.hexdigest()}", [
        (PIECE, id_, piece),
        (RECIPE, recipe.id, recipe.write()),
    ]


def replaced_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_link(path: Path) -> None:
    moved = path.with_name("moved")
    path.rename(moved)
    path.symlink_to(moved)


def replaced_by_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("change", [replaced_by_pipe, replaced_by_link, replaced_by_device])
@pytest.mark.parametrize("what", ["packs", "refs"])
def test_only_files_of_bytes_are_opened(
    here: Registry, remote: Path, what: str, change: Callable[[Path], None]
) -> None:
    for path in [path for path in (remote / what).rglob("*") if path.is_file()]:
        change(path)

    with pytest.raises(CairnError, match=r"nothing of Cairn's is|is not a ref"):
        pull(here, str(remote))

    assert actions(here) == []


@pytest.mark.parametrize(("limit", "most"), [("MOST_REFS", 3), ("MOST_BYTES", 3 << 20)])
def test_refs_without_end_are_refused_before_any_is_read(
    here: Registry, remote: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    ref = next(path for path in (remote / "refs").rglob("*") if path.is_file())
    for number in range(4):
        other = ref.with_name(f"{number:064x}")
        other.write_bytes(b"")
        os.truncate(other, (1 << 20) - 1)
    monkeypatch.setattr(refs, limit, most)

    with pytest.raises(
        Corrupt, match=r"has more than .* refs or .* and none of them was read"
    ):
        pull(here, str(remote))

    assert actions(here) == []


@pytest.mark.parametrize("name", [".git/config", "a/.GIT/hooks/post-checkout", ".g\u200cit/x"])
def test_a_tree_with_a_name_of_gits_is_not_pulled(
    here: Registry, tmp_path: Path, name: str
) -> None:
    there = store(tmp_path, "mallory")
    tree = tree_with(there.objects, name)
    snapshot = there.objects.put_record(Snapshot(source=Files(tree=tree)))
    with pytest.raises(Refused, match="git's own folder"):
        there.engine.send(AddSnapshot(snapshot=snapshot, origin="x", name="evil"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cairn.objects.closure.check_free", bool)
        there.engine.send(AddSnapshot(snapshot=snapshot, origin="x", name="evil"))
    push(there, str(tmp_path / "remote"))

    with pytest.raises(Refused, match="would become part of git's own folder"):
        pull(here, str(tmp_path / "remote"))

    assert "snapshot.add" not in [action for action, _ in actions(here)]
    with pytest.raises(Refused, match="would become part of git's own folder"):
        restore_tree(there.objects, tree, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def tree_with(objects: ObjectStore, name: str) -> Digest:
    """Store a tree of one file, whatever it is called."""
    file = objects.put(b"[core]\n\thooksPath = .\n")
    leaf = LEAF_HEAD + f"f 22 {file.removeprefix('sha256:')} {name}\n".encode()
    digest = objects.put(leaf).removeprefix("sha256:")
    return objects.put(ROOT_HEAD + f"{digest} 1 22 {name}\n".encode())


def test_what_is_stored_leaves_such_names_out(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")
    odd = {".GIT/x": b"1", "a/.Git": b"2", "b/.g\u200cit/x": b"3", "kept": b"4"}

    tree = store_tree(objects, write(tmp_path / "data", odd)).digest

    assert [entry.path for entry in tree_entries(objects, tree)] == [b"kept"]


def test_a_few_bytes_do_not_become_a_record_of_gigabytes(tmp_path: Path) -> None:
    digest, blobs = repeated(500)
    add_pack(tmp_path, *blobs)

    objects = open_local(tmp_path)

    with pytest.raises(Corrupt, match=r"has 2097152000 bytes, and may have \d+ at most"):
        objects.get_record(digest, Snapshot)
    with pytest.raises(Corrupt, match=r"has 2097152000 bytes, and may have \d+ at most"):
        list(tree_entries(objects, digest))


def test_a_small_blob_beside_a_recipe_does_not_hide_its_size(tmp_path: Path) -> None:
    digest, blobs = repeated(500)
    add_pack(tmp_path, *blobs)
    add_pack(tmp_path, (OBJECT, bytes.fromhex(digest.removeprefix("sha256:")), b"{}"))

    with pytest.raises(Corrupt):
        open_local(tmp_path).get_record(digest, Snapshot)


def test_a_recipe_is_not_read_if_it_is_larger_than_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, blobs = repeated(30)
    add_pack(tmp_path, *blobs)
    monkeypatch.setattr("cairn.objects.packs.blob.RECIPE_BYTES", 1000)

    with pytest.raises(Corrupt, match="recipes of 1144 bytes do not exist"):
        open_local(tmp_path).get(digest)


def test_a_pack_whose_index_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    at, count = 64, 30_000_000
    path = tmp_path / "packs" / ("ab" * 32)
    path.parent.mkdir()
    with path.open("wb") as file:
        file.write(b"cairn pack/1\n\0\0\0")
        file.truncate(at + count * 48)  # with nothing on the disk
        file.seek(0, os.SEEK_END)
        file.write(struct.pack("<32sII8s", bytes(32), at, count, b"\npack/1\n"))

    assert list(open_local(tmp_path).digests()) == []


def test_a_blob_that_says_it_is_huge_is_not_read(tmp_path: Path) -> None:
    content = b"x" * 100
    path = add_pack(tmp_path, (OBJECT, sha256(content), content))
    whole = bytearray(path.read_bytes())
    row = len(whole) - 48 - 48
    struct.pack_into("<II", whole, row + 36, (1 << 32) - 100, (1 << 32) - 100)
    whole[-48:-16] = blake3(bytes(whole[row:-48])).digest()
    path.chmod(0o644)
    path.write_bytes(bytes(whole))

    with pytest.raises(Corrupt, match="do not exist"):
        open_local(tmp_path).get("sha256:" + sha256(content).hex())
