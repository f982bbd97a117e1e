"""Batches beside what lies there already: copies, tombs, old files, other keys."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt, NotFound, Unavailable
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.local import LocalBackend
from cairn.objects.packs.blob import LARGE, OBJECT
from cairn.objects.packs.cipher import KeyCipher
from cairn.objects.packs.pack import UNDER
from clouds.backends import stored
from harm import packed

BIG = random.Random(3).randbytes(LARGE + 700_000)
KEY = KeyCipher(b"k" * 32)


def test_of_several_copies_an_intact_one_is_read(tmp_path: Path) -> None:
    backends = [LocalBackend(tmp_path / name) for name in ("one", "two")]
    for backend, extra in zip(backends, (b"a", b"b"), strict=True):
        with ObjectStore(backend).batch() as batch:
            batch.put(b"content")
            batch.put(extra)
    digest = digest_bytes(b"content")
    damaged = packed.flip(tmp_path / "one", digest)
    both = backends[1]
    stored(both, UNDER + damaged.name, damaged.read_bytes())

    objects = ObjectStore(both)

    assert len(objects.places(digest)) == 2
    assert objects.get(digest) == b"content"
    assert objects.put(b"content") == digest


def test_what_lies_only_in_packs_that_will_go_is_written_anew(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    small, large = objects.put(b"small"), objects.put(BIG)
    backend = LocalBackend(tmp_path)
    doomed = [found.key for found in backend.list(UNDER)]
    for key in doomed:
        stored(backend, key.replace(UNDER, "tombs/"), b"{}")

    fresh = open_local(tmp_path)
    with fresh.batch() as batch:
        batch.put(b"small")
        batch.put(BIG)
    for key in doomed:
        backend.remove(key)

    assert fresh.get(small) == objects.get(small) == b"small"
    assert fresh.get(large) == BIG


class Noted:
    """A lease that notes when it was asked for, and may change the store just then."""

    def __init__(self) -> None:
        self.asked = 0
        self.meanwhile: Callable[[], object] = list

    def reusing(self) -> None:
        """Note it."""
        self.asked += 1
        self.meanwhile()


def test_the_lease_is_held_before_an_old_blob_is_relied_on(tmp_path: Path) -> None:
    lease = Noted()
    objects = ObjectStore(LocalBackend(tmp_path), lease=lease)
    objects.put(b"new")
    at_first = lease.asked
    objects.put(b"new")

    assert (at_first, lease.asked) == (0, 1)


def test_a_tomb_that_comes_before_the_lease_is_seen(tmp_path: Path) -> None:
    backend, lease = LocalBackend(tmp_path), Noted()
    objects = ObjectStore(backend, lease=lease)
    objects.put(b"content")
    (pack,) = objects.packs()
    lease.meanwhile = partial(stored, backend, f"tombs/{pack.name}", b"{}")

    digest = objects.put(b"content")

    assert len(objects.places(digest)) == 2


def test_old_objects_lie_on_as_files_and_new_ones_in_packs(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path)
    for content in (b"old", BIG):
        digits = digest_bytes(content).removeprefix("sha256:")
        stored(backend, f"sha256/{digits[:2]}/{digits[2:]}", content)
    objects = open_local(tmp_path)

    again = [objects.put(b"old"), objects.put(BIG), objects.put(b"new")]

    assert [objects.get(digest) for digest in again] == [b"old", BIG, b"new"]
    assert [objects.size(digest) for digest in again] == [3, len(BIG), 3]
    assert objects.read_range(again[1], 5, 5) == BIG[5:10]
    assert list(objects.digests()) == sorted(again)
    assert objects.have([*again, "sha256:" + "0" * 64]) == set(again)
    assert len(list((tmp_path / "packs").iterdir())) == 1


def test_an_old_object_that_is_damaged_is_found_and_not_stored_over(tmp_path: Path) -> None:
    digits = digest_bytes(b"old").removeprefix("sha256:")
    stored(LocalBackend(tmp_path), f"sha256/{digits[:2]}/{digits[2:]}", b"OLD")
    objects = open_local(tmp_path)

    for ask in (objects.get, objects.check):
        with pytest.raises(Corrupt, match=f"the 3 bytes at {tmp_path}/sha256/.* are not its"):
            ask("sha256:" + digits)
    with pytest.raises(Corrupt):
        objects.put(b"old")
    with pytest.raises(NotFound):
        objects.get("sha256:" + "0" * 64)


def test_a_store_without_its_key_says_so(tmp_path: Path) -> None:
    sealed = ObjectStore(LocalBackend(tmp_path), cipher=KEY)
    digest, large = sealed.put(b"content"), sealed.put(BIG)

    for ask in (open_local(tmp_path).get, open_local(tmp_path).size):
        with pytest.raises(Unavailable, match="encrypted, and no key is set"):
            ask(digest)
    assert sealed.get(large) == BIG
    assert list(sealed.digests()) == sorted([digest, large])


def test_a_key_that_comes_later_leaves_what_was_stored_before(tmp_path: Path) -> None:
    plain = open_local(tmp_path).put(b"before")
    sealed = ObjectStore(LocalBackend(tmp_path), cipher=KEY)

    digests = [sealed.put(b"before"), sealed.put(b"after")]

    assert digests[0] == plain
    assert [sealed.get(digest) for digest in digests] == [b"before", b"after"]
    assert list(sealed.digests()) == sorted(digests)
    (pack, *_) = (pack for pack in sealed.packs() if pack.rows[0].is_encrypted)
    assert [row.kind for row in pack.rows] == [OBJECT]
