"""Batches: objects large and small go into packs, once, and survive whoever is killed."""

import errno
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.digest import digest_bytes
from cairn.core.errors import Conflict, Corrupt, Unavailable
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.local import LocalBackend
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.blob import HEADER, LARGE, PIECE, RECIPE, read_recipe
from cairn.objects.packs.cipher import KeyCipher
from cairn.objects.packs.cut import SMALLEST
from cairn.objects.packs.pack import UNDER, read_pack, read_stored
from harm import packed

RANDOM = random.Random(3)
BIG = RANDOM.randbytes(LARGE + 700_000)
KEY = KeyCipher(b"k" * 32)

WRITING = """
import sys
from pathlib import Path
from cairn.objects import open_local

with open_local(Path(sys.argv[1])).batch() as batch:
    for number in range(200):
        batch.put(b"%d" % (number % int(sys.argv[2])) * 100)
    batch.put(b"large" * 1_000_000)
"""

KILLED_LATE = """
import os, signal, sys
from pathlib import Path
from cairn.objects.packs import pack_writer
from cairn.objects import open_local

pack_writer.PACK_BYTES = 1 << 20
with open_local(Path(sys.argv[1])).batch() as batch:
    for number in range(500):
        batch.put(number.to_bytes(4, "big") * 5_000)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let packs end at a megabyte, so that there are several."""
    monkeypatch.setattr("cairn.objects.packs.pack_writer.PACK_BYTES", 1 << 20)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "packs").iterdir())


def large_file(folder: Path, content: bytes) -> Path:
    path = folder / "large"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("cipher", [None, KEY], ids=["plain", "encrypted"])
@settings(max_examples=12)
@given(
    sizes=st.lists(
        st.integers(0, 3000) | st.sampled_from([LARGE - 1, LARGE, LARGE + 1, 9 << 20]),
        max_size=6,
    )
)
def test_whatever_is_stored_comes_back(sizes: list[int], cipher: KeyCipher | None) -> None:
    noise = random.Random(1).randbytes(1 << 16) * 150
    objects = ObjectStore(MemoryBackend({}), cipher=cipher)
    contents = [noise[at : at + size] for at, size in enumerate(sizes)]

    with objects.batch() as batch:
        digests = [batch.put(content) for content in contents]

    assert digests == [digest_bytes(content) for content in contents]
    assert [objects.get(digest) for digest in digests] == contents
    assert [objects.size(digest) for digest in digests] == sizes
    assert list(objects.digests()) == sorted(set(digests))
    for digest, content in zip(digests, contents, strict=True):
        middle = len(content) // 2
        assert objects.read_range(digest, middle, 70_000) == content[middle : middle + 70_000]
        assert objects.read_range(digest, len(content), 5) == b""


def test_a_large_object_is_one_recipe_and_its_pieces(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")

    digest, size = objects.put_file(large_file(tmp_path, BIG))

    (pack,) = objects.packs()
    kinds = sorted(row.kind for row in pack.rows)
    assert (digest, size) == (digest_bytes(BIG), len(BIG))
    assert set(kinds[:-1]) == {PIECE}
    assert kinds[-1] == RECIPE
    assert pack.size < len(BIG) + 200 * len(kinds)


def test_bytes_that_two_large_files_share_are_stored_once(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")
    objects.put_file(large_file(tmp_path, BIG))
    before = size_of(tmp_path / "objects")

    inserted = RANDOM.randbytes(10_000)
    changed = BIG[:2_000_000] + inserted + BIG[2_000_000:]
    digest, _ = objects.put_file(large_file(tmp_path, changed))

    assert size_of(tmp_path / "objects") - before < 16 * SMALLEST
    assert objects.get(digest) == changed


@pytest.mark.usefixtures("small_packs")
def test_storing_again_stores_nothing(tmp_path: Path) -> None:
    objects = open_local(tmp_path / "objects")
    contents = [BIG, b"", *(b"%d" % number * 9_000 for number in range(300))]
    listings: list[dict[Path, int]] = []
    for _ in range(2):
        with open_local(tmp_path / "objects").batch() as batch:
            for content in contents:
                batch.put(content)
        there = (tmp_path / "objects" / "packs").iterdir()
        listings.append({path: path.stat().st_ino for path in there})
    more = objects.put_file(large_file(tmp_path, BIG))

    assert more[0] == digest_bytes(BIG)
    assert len(listings[0]) > 3
    assert listings[0] == listings[1]
    assert len(list((tmp_path / "objects" / "packs").iterdir())) == len(listings[0])


@pytest.mark.usefixtures("small_packs")
def test_an_interrupted_batch_leaves_finished_packs_for_the_next_one(tmp_path: Path) -> None:
    contents = [number.to_bytes(4, "big") * 5_000 for number in range(500)]
    objects = open_local(tmp_path)

    def interrupted() -> None:
        with objects.batch() as batch:
            for content in contents[:400]:
                batch.put(content)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    kept = {path.name for path in (tmp_path / "packs").iterdir()}
    with open_local(tmp_path).batch() as batch:
        digests = [batch.put(content) for content in contents]

    assert len(kept) > 2
    assert kept < {path.name for path in (tmp_path / "packs").iterdir()}
    assert size_of(tmp_path) < sum(map(len, contents)) * 1.1
    assert all(open_local(tmp_path).check(digest) == 20_000 for digest in digests)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_writer_leaves_whole_packs_and_litter_only(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_LATE, str(tmp_path)], check=False)

    objects = open_local(tmp_path)
    digests = list(objects.digests())
    assert done.returncode == -signal.SIGKILL
    assert 100 < len(digests) < 500
    assert all(objects.check(digest) == 20_000 for digest in digests)
    assert {path.name for path in tmp_path.iterdir()} <= {"packs", "tmp", "index", "leases"}


def test_processes_that_store_the_same_at_once_agree(tmp_path: Path) -> None:
    script = [sys.executable, "-c", WRITING, str(tmp_path)]
    writers = [subprocess.Popen([*script, number]) for number in ("50", "60", "70")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    objects = open_local(tmp_path)

    expected = {b"%d" % number * 100 for number in range(70)} | {b"large" * 1_000_000}
    assert {objects.get(digest) for digest in objects.digests()} == expected


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = large_file(tmp_path, BIG)
    objects = open_local(tmp_path / "objects")
    read = os.pread

    def growing(descriptor: int, size: int, start: int) -> bytes:
        if start == 3 << 20:
            with path.open("ab") as file:
                file.write(b"more")
        return read(descriptor, size, start)

    monkeypatch.setattr(os, "pread", growing)
    with pytest.raises(Conflict, match="large changed while it was read"):
        objects.put_file(path)
    monkeypatch.undo()

    assert objects.get(objects.put_file(path)[0]) == BIG + b"more"


@pytest.mark.parametrize("which", [PIECE, RECIPE])
def test_a_large_object_with_a_damaged_part_is_not_mended_silently(
    tmp_path: Path, which: int
) -> None:
    objects = open_local(tmp_path)
    digest = objects.put(BIG)
    (pack,) = objects.packs()
    row = next(row for row in pack.rows if row.kind == which)
    file = packed.flip(tmp_path, f"sha256:{row.id.hex()}", at=70)

    message = rf"object {digest} is damaged: .*at {file} from"
    for ask in (objects.get, objects.check):
        with pytest.raises(Corrupt, match=message):
            ask(digest)
    with pytest.raises(Corrupt, match=message):
        objects.read_range(digest, 0, len(BIG))
    with pytest.raises(Corrupt, match=r"damaged: .* run `cairn fsck`"):
        objects.put(BIG)


def test_a_large_object_without_one_of_its_pieces_is_corrupt(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    digest = objects.put(BIG)
    (pack,) = objects.packs()
    row = next(row for row in pack.rows if row.kind == PIECE)
    packed.remove(tmp_path, f"sha256:{row.id.hex()}")

    with pytest.raises(Corrupt, match=f"its piece {row.id.hex()} is in no pack"):
        objects.get(digest)
    assert objects.get(objects.put(BIG)) == BIG


def test_pieces_of_another_object_are_found_out(tmp_path: Path) -> None:
    """A recipe that lists intact pieces in another order is not the object."""
    objects = open_local(tmp_path)
    digest = objects.put(BIG)
    (pack,) = objects.packs()
    row = next(row for row in pack.rows if row.kind == RECIPE)
    content = read_stored(LocalBackend(tmp_path), pack.name, row)[HEADER.size :]
    recipe = read_recipe(content)
    swapped = recipe._replace(pieces=list(reversed(recipe.pieces))).write()
    packed.overwrite(tmp_path, digest, swapped)

    with pytest.raises(Corrupt, match=rf"object {digest} is damaged: the \d+ bytes"):
        objects.get(digest)


@pytest.mark.usefixtures("small_packs")
def test_a_batch_that_failed_cannot_end_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = open_local(tmp_path)
    sync, synced = os.fsync, list[int]()

    def failing(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 4:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    def swallowed() -> None:
        with objects.batch() as batch:
            for number in range(500):
                with suppress(Unavailable):
                    batch.put(number.to_bytes(4, "big") * 5_000)

    objects.put(b"the folders are there from now on")
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(Unavailable, match="input/output error; check the disk"):
        swallowed()
    monkeypatch.undo()

    backend = LocalBackend(tmp_path)
    for found in backend.list(UNDER):
        assert read_pack(backend, found.key.removeprefix(UNDER), found.size).rows
    assert all(objects.check(digest) for digest in objects.digests())
    assert list((tmp_path / "tmp").iterdir()) == []
