"""What a store of objects must do, whatever it lies on."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

from cairn.core.digest import Digest, canonical
from cairn.core.errors import Corrupt, Invalid, NotFound
from cairn.core.snapshot import Files, Snapshot
from cairn.core.version import Manifest
from cairn.objects import ObjectStore
from cairn.objects.packs.blob import LARGE
from clouds.backends import PLACES
from harm.packed import find_in

ABSENT = "sha256:" + "0" * 64
CONTENTS = [b"", b"x", b"weights\n", bytes(range(256)) * 40, b"a" * (LARGE + 1)]
NO_DIGESTS = [
    "",
    "sha256:",
    "sha256:" + "0" * 63,
    "sha256:" + "0" * 64 + "\n",
    "SHA256:" + "0" * 64,
    "sha256:" + "A" * 64,
    "md5:" + "0" * 32,
    "sha256:../../../etc/passwd",
    "../" * 24,
]


class Place(NamedTuple):
    """A store, and a way to damage an object behind its back."""

    objects: ObjectStore
    damage: Callable[[Digest, bytes], None]


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with PLACES[request.param](tmp_path) as found:

        def damage(digest: Digest, damaged: bytes) -> None:
            key, start, size = find_in(found.backend, digest)
            assert len(damaged) == size
            whole = found.backend.read(key)
            found.overwrite(key, whole[:start] + damaged + whole[start + size :])

        yield Place(ObjectStore(found.backend), damage)


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_what_is_stored_comes_back_under_its_sha256(place: Place, content: bytes) -> None:
    digest = place.objects.put(content)

    sink = BytesIO()
    assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
    assert place.objects.get(digest) == content
    assert place.objects.size(digest) == place.objects.check(digest) == len(content)
    assert place.objects.write_to(digest, sink) == len(content)
    assert sink.getvalue() == content


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_a_file_goes_in_and_comes_out(place: Place, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").write_bytes(content)

    stored = place.objects.put_file(tmp_path / "in")
    place.objects.copy_to(stored[0], tmp_path / "out")

    assert stored == (place.objects.put(content), len(content))
    assert (tmp_path / "out").read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} <= {"in", "out", "objects"}


def test_the_same_content_is_stored_once(place: Place) -> None:
    first = place.objects.put(b"same")
    second = place.objects.put(b"same")

    assert first == second
    assert list(place.objects.digests()) == [first]


def test_objects_are_listed_in_ascending_order(place: Place) -> None:
    stored = {place.objects.put(b"%d" % number) for number in range(10)}

    assert list(place.objects.digests()) == sorted(stored)


def test_an_empty_store_lists_nothing(place: Place) -> None:
    assert list(place.objects.digests()) == []


def test_what_is_absent_is_not_found(place: Place, tmp_path: Path) -> None:
    place.objects.put(b"something else")

    assert not place.objects.has(ABSENT)
    for ask in (place.objects.get, place.objects.size, place.objects.check):
        with pytest.raises(NotFound, match=f"object {ABSENT} "):
            ask(ABSENT)
    with pytest.raises(NotFound):
        place.objects.copy_to(ABSENT, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", NO_DIGESTS)
def test_what_is_no_digest_reaches_no_file(place: Place, text: str) -> None:
    asks = (place.objects.get, place.objects.size, place.objects.check, place.objects.has)
    for ask in asks:
        with pytest.raises(Invalid, match="is not a digest"):
            ask(text)


def test_a_record_is_an_object_of_its_canonical_bytes(place: Place) -> None:
    record = Snapshot(source=Files(tree=ABSENT))

    digest = place.objects.put_record(record)

    assert place.objects.get(digest) == canonical(record)
    assert place.objects.get_record(digest, Snapshot) == record


def test_a_record_of_another_kind_is_corrupt_and_named(place: Place) -> None:
    digest = place.objects.put_record(Snapshot(source=Files(tree=ABSENT)))

    with pytest.raises(Corrupt, match=digest):
        place.objects.get_record(digest, Manifest)


def test_any_changed_byte_is_found(place: Place, tmp_path: Path) -> None:
    content = bytes(range(16))
    digest = place.objects.put(content)

    for at in range(len(content)):
        place.damage(digest, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(Corrupt, match=digest):
            place.objects.get(digest)
        with pytest.raises(Corrupt, match=digest):
            place.objects.check(digest)
        with pytest.raises(Corrupt, match=digest):
            place.objects.copy_to(digest, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert list(tmp_path.glob(".*")) == []


def test_storing_over_a_damaged_object_is_refused_with_what_to_do(place: Place) -> None:
    digest = place.objects.put(b"intact")
    place.damage(digest, b"broken")

    with pytest.raises(Corrupt, match=r"run `cairn fsck`, which moves away what is damaged"):
        place.objects.put(b"intact")

    with pytest.raises(Corrupt):
        place.objects.get(digest)


def test_a_copy_replaces_a_file_only_when_it_is_verified(place: Place, tmp_path: Path) -> None:
    digest = place.objects.put(b"new")
    (tmp_path / "out").write_bytes(b"old")

    place.damage(digest, b"bad")
    with pytest.raises(Corrupt):
        place.objects.copy_to(digest, tmp_path / "out")
    kept = (tmp_path / "out").read_bytes()
    place.damage(digest, b"new")
    place.objects.copy_to(digest, tmp_path / "out")

    assert kept == b"old"
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_batch_stores_many_objects_and_duplicates_once(place: Place) -> None:
    contents = [b"%d" % (number % 400) for number in range(700)]

    with place.objects.batch() as batch:
        stored = [batch.put(content) for content in contents]

    assert sorted(set(stored)) == list(place.objects.digests())
    assert [place.objects.get(digest) for digest in stored[::99]] == contents[::99]
    (pack,) = place.objects.packs()
    assert len(pack.rows) == 400


def test_writers_at_the_same_time_agree(place: Place) -> None:
    contents = [b"%d" % (number % 10) for number in range(40)]

    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(place.objects.put, contents))

    assert sorted(set(stored)) == list(place.objects.digests())
    assert [place.objects.get(digest) for digest in stored] == contents
