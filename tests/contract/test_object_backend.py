"""What every place for bytes must do: one suite, each backend."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from backends import PLACES, stored
from cairn.core.errors import NotFound
from cairn.objects.backend import Backend

PACK, OTHER = "packs/" + "ab" * 32, "packs/" + "cd" * 32
LOOSE = "sha256/ab/" + "cd" * 31


@pytest.fixture(params=list(PLACES))
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    with PLACES[request.param](tmp_path) as place:
        yield place.backend


def keys(backend: Backend, under: str = "") -> list[str]:
    return [found.key for found in backend.list(under)]


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 9_000], ids=len)
def test_what_is_placed_is_read_whole_and_in_ranges(backend: Backend, content: bytes) -> None:
    stored(backend, PACK, content)

    assert backend.exists(PACK)
    assert backend.size(PACK) == len(content)
    assert backend.read(PACK) == content
    for start, size in ((0, 0), (0, 1), (1, 300), (255, 2 << 20), (len(content), 5)):
        assert backend.read(PACK, start, size) == content[start : start + size]
    assert backend.read(PACK, 7) == content[7:]


def test_what_is_absent_is_not_found(backend: Backend) -> None:
    stored(backend, OTHER, b"something else")

    assert not backend.exists(PACK)
    with pytest.raises(NotFound):
        backend.read(PACK)
    with pytest.raises(NotFound):
        backend.read(PACK, 3, 4)
    with pytest.raises(NotFound):
        backend.size(PACK)


def test_bytes_are_seen_when_they_are_placed_and_not_before(backend: Backend) -> None:
    incoming = backend.receive()
    incoming.write(b"by")
    incoming.write(memoryview(b"tes"))
    incoming.end()
    incoming.seal()

    before = (keys(backend), backend.exists(PACK))
    placed = incoming.place(PACK)
    incoming.discard()

    assert before == ([], False)
    assert placed
    assert keys(backend) == [PACK]
    assert backend.read(PACK) == b"bytes"


@pytest.mark.parametrize("second", [b"", b"second", b"first"])
def test_nothing_is_ever_replaced(backend: Backend, second: bytes) -> None:
    for first in (b"first", b""):
        key = f"packs/{len(first):064d}"

        assert stored(backend, key, first)
        assert not stored(backend, key, second)

        assert backend.read(key) == first


def test_of_writers_at_the_same_time_one_is_first(backend: Backend) -> None:
    contents = [b"%d" % number for number in range(16)]

    with ThreadPoolExecutor(8) as threads:
        firsts = list(threads.map(partial(stored, backend, PACK), contents))

    assert sum(firsts) == 1
    assert backend.read(PACK) == contents[firsts.index(True)]


def test_discarded_bytes_leave_nothing(backend: Backend, tmp_path: Path) -> None:
    incoming = backend.receive()
    incoming.write(b"never mind")
    incoming.discard()

    assert keys(backend) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_error_on_the_way_leaves_nothing(backend: Backend) -> None:
    incoming = backend.receive()
    with suppress(ZeroDivisionError):
        incoming.write(b"%d" % (1 // 0))
    incoming.discard()
    incoming.discard()

    assert keys(backend) == []


def test_a_listing_is_ascending_and_of_one_part(backend: Backend) -> None:
    tombs = [f"tombs/{number:064x}" for number in range(3)]
    nested = ["refs/a/b", "refs/a-b", "refs/a.b", "refs/a0"]
    before = time.time()
    for key in (OTHER, PACK, LOOSE, *reversed(tombs), *nested):
        stored(backend, key, key.encode())

    assert keys(backend) == sorted([OTHER, PACK, LOOSE, *tombs, *nested])
    assert keys(backend, "packs/") == [PACK, OTHER]
    assert keys(backend, "tombs/") == tombs
    assert keys(backend, "refs/a/") == ["refs/a/b"]
    assert keys(backend, "leases/") == []
    for found in backend.list(""):
        assert found.size == len(found.key)
        assert before - 60 < found.modified < time.time() + 60


def test_a_long_listing_is_whole(backend: Backend) -> None:
    wanted = [f"tombs/{number:064x}" for number in range(1_100)]
    for key in wanted:
        incoming = backend.receive()
        incoming.write(b"x")
        incoming.end()
        incoming.place(key)
        incoming.discard()

    assert keys(backend, "tombs/") == wanted


def test_what_is_removed_is_gone_and_nothing_else(backend: Backend) -> None:
    stored(backend, PACK, b"one")
    stored(backend, OTHER, b"other")

    backend.remove(PACK)
    backend.remove(PACK)

    assert not backend.exists(PACK)
    assert keys(backend) == [OTHER]
    assert stored(backend, PACK, b"one again")
    assert backend.read(PACK) == b"one again"


def test_a_person_is_told_where_it_lies(backend: Backend) -> None:
    assert PACK in backend.where(PACK)


def test_only_its_own_folder_is_its_own(backend: Backend, tmp_path: Path) -> None:
    stored(backend, PACK, b"x")
    folder = tmp_path / "objects"
    elsewhere = tmp_path.stat()

    assert not backend.is_own(elsewhere.st_dev, elsewhere.st_ino)
    if folder.exists():
        assert backend.is_own(folder.stat().st_dev, folder.stat().st_ino)
