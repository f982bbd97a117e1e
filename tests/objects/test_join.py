"""Small packs are joined as they come: nothing is lost, and a look stays short."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Unavailable
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.backend import Incoming
from cairn.objects.backends.local import INDEX, LocalBackend
from cairn.objects.packs.bulk import read_many
from cairn.objects.packs.cipher import KeyCipher
from cairn.objects.packs.index_file import open_index
from cairn.objects.packs.pack import PackWriter
from cairn.objects.transfer import plan, ship
from cairn.objects.upkeep.join import MANY
from harm import packed

FEW = 4


class Stopped(BaseException):
    """The process is killed."""


class Dying(LocalBackend):
    """Dies at a step of joining: before it reads, begins, settles or removes once more."""

    def __init__(self, folder: Path, steps: int) -> None:
        super().__init__(folder)
        self._left = steps
        self._is_joining = False

    @contextmanager
    def lock(self, under: str, *, wait: bool) -> Generator[bool]:
        """Begin to count."""
        self._is_joining = True
        with super().lock(under, wait=wait) as is_locked:
            yield is_locked

    def receive(self) -> Incoming:
        """Begin a file, if alive."""
        self._step()
        return super().receive()

    def settle(self, keys: AbstractSet[str]) -> None:
        """Sync, if alive."""
        self._step()
        super().settle(keys)

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        """Read, if alive."""
        self._step()
        return super().read(key, start, size)

    def drop(self, keys: Iterable[str]) -> None:
        """Remove one after the other, as long as alive."""
        for key in keys:
            self._step()
            super().drop([key])

    def _step(self) -> None:
        if self._is_joining:
            self._left -= 1
            if self._left < 0:
                raise Stopped


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so few packs be many that a test is quick."""
    monkeypatch.setattr("cairn.objects.upkeep.join.MANY", FEW)


def fill(objects: ObjectStore, count: int, *, first: int = 0) -> dict[Digest, bytes]:
    """Store small objects one by one."""
    contents = [b"object %d" % number for number in range(first, first + count)]
    return {objects.put(content): content for content in contents}


def packs(folder: Path) -> list[Path]:
    return list((folder / "packs").iterdir())


def read_all(objects: ObjectStore) -> dict[Digest, bytes]:
    return {digest: objects.get(digest) for digest in objects.digests()}


def test_many_small_packs_become_few_with_everything_in_them(tmp_path: Path) -> None:
    stored = fill(open_local(tmp_path), 3 * MANY)

    assert len(packs(tmp_path)) < MANY
    assert read_all(open_local(tmp_path)) == stored
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_three_hundredth_write_looks_at_no_more_than_the_tenth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: Counter[str] = Counter()

    def counted(name: str, many: Callable[[object], int]) -> None:
        real = getattr(LocalBackend, name)

        def count(*given: object) -> object:
            answer = real(*given)
            looked[name] += many(answer)
            return answer

        monkeypatch.setattr(LocalBackend, name, count)

    counted("names", len)  # pyright: ignore[reportArgumentType] (it answers with a list)
    for name in ("size", "read", "exists"):
        counted(name, lambda _: 1)
    objects = open_local(tmp_path)

    def work(number: int) -> int:
        looked.clear()
        fill(objects, MANY, first=number)
        return looked.total()

    early = work(0)
    fill(objects, 300 - 2 * MANY, first=MANY)
    late = work(300 - MANY)

    assert late < 3 * early
    assert len(packs(tmp_path)) < 2 * MANY


@pytest.mark.usefixtures("few")
def test_a_kill_at_any_step_loses_nothing_and_the_next_writer_goes_on(tmp_path: Path) -> None:
    died = 0
    for steps in range(100):
        folder = tmp_path / str(steps)
        stored = fill(open_local(folder), FEW - 1)
        last = b"object %d" % FEW
        stored[digest_bytes(last)] = last
        try:
            ObjectStore(Dying(folder, steps), cache=folder / INDEX).put(last)
        except Stopped:
            died += 1
        assert read_all(open_local(folder)) == stored

        stored |= fill(open_local(folder), 2 * FEW, first=2 * FEW)

        assert read_all(open_local(folder)) == stored
        assert len(packs(folder)) < 2 * FEW
        if died == steps:
            break
    assert died > 3 * FEW


@pytest.mark.usefixtures("few")
def test_the_new_pack_is_durable_before_an_old_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(open_local(tmp_path), FEW - 1)
    old = {f"packs/{path.name}" for path in packs(tmp_path)}
    done: list[set[str]] = []
    for name in ("settle", "drop"):
        real = getattr(LocalBackend, name)

        def note(backend: LocalBackend, keys: Iterable[str], real: Any = real) -> None:
            done.append(set(keys))
            real(backend, done[-1])

        monkeypatch.setattr(LocalBackend, name, note)

    fill(open_local(tmp_path), 1, first=FEW)

    written, reused, new, gone = done
    assert reused == set()
    assert gone == old | written
    assert new == {f"packs/{path.name}" for path in packs(tmp_path)}


@pytest.mark.usefixtures("few")
def test_a_reader_at_work_finds_what_was_joined_under_it(tmp_path: Path) -> None:
    writer = open_local(tmp_path / "a")
    stored = fill(writer, FEW - 1)
    reader, other = open_local(tmp_path / "a"), open_local(tmp_path / "a")
    old = [reader.places(digest)[0].pack for digest in stored]
    assert other.have(stored) == set(stored)
    shipment = plan(open_local(tmp_path / "a"), target := open_local(tmp_path / "b"), stored)

    stored |= fill(writer, 1, first=FEW)

    assert not {path.name for path in packs(tmp_path / "a")}.intersection(old)
    assert {digest: reader.get(digest) for digest in stored} == stored
    assert dict(read_many(reader.reader, stored)) == stored
    assert other.have(stored) == set(stored)
    assert [other.size(digest) for digest in stored] == list(map(len, stored.values()))
    ship(shipment, check_first=True)
    assert stored.items() >= read_all(target).items()
    assert len(read_all(target)) == FEW - 1


@pytest.mark.usefixtures("few")
def test_what_is_encrypted_is_joined_and_listed_while_it_is(tmp_path: Path) -> None:
    cipher = KeyCipher(bytes(32))
    stored = fill(open_local(tmp_path, cipher=cipher), FEW - 1)
    listing = open_local(tmp_path, cipher=cipher)

    def join() -> None:
        stored.update(fill(open_local(tmp_path, cipher=cipher), 1, first=FEW))

    with mock.patch.object(listing.reader.index, "doubt", side_effect=join):
        listed = set(listing.digests())

    assert len(packs(tmp_path)) == 1
    assert len(listed) == FEW - 1
    assert read_all(open_local(tmp_path, cipher=cipher)) == stored


@pytest.mark.usefixtures("few")
def test_a_listing_goes_on_as_it_began(tmp_path: Path) -> None:
    stored = fill(open_local(tmp_path), FEW - 1)
    reader = open_local(tmp_path)
    listing = reader.digests()
    listed = {next(listing)}

    fill(open_local(tmp_path), 1, first=FEW)
    assert reader.have(stored) == set(stored)

    assert listed.union(listing) == set(stored)


@pytest.mark.usefixtures("few")
def test_packs_that_will_go_and_damaged_ones_stay_as_they_are(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    stored = fill(objects, FEW - 1)
    going, damaged = (packed.find(tmp_path, digest).path for digest in [*stored][:2])
    (tmp_path / "tombs").mkdir()
    (tmp_path / "tombs" / going.name).touch()
    packed.flip(tmp_path, [*stored][1])

    fill(objects, 3 * FEW, first=FEW)

    assert {going, damaged} < set(packs(tmp_path))
    assert len(packs(tmp_path)) < 2 * FEW
    assert [damage.key for damage in objects.checker().check("full").damage] == [
        f"packs/{damaged.name}"
    ]


@pytest.mark.usefixtures("few")
def test_nobody_joins_while_another_sweeps_or_erases(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    stored = fill(objects, 1)

    with open_local(tmp_path).unjoined() as is_alone:
        stored |= fill(objects, FEW, first=1)
        assert is_alone
        assert len(packs(tmp_path)) == FEW + 1
    stored |= fill(objects, FEW, first=FEW + 1)

    assert len(packs(tmp_path)) < FEW
    assert read_all(objects) == stored


@pytest.mark.usefixtures("few")
def test_a_full_disk_stops_the_joining_and_not_the_write(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    stored = fill(objects, FEW - 1)

    with mock.patch.object(PackWriter, "add_stored", side_effect=Unavailable("full")):
        stored |= fill(objects, 1, first=FEW)

    assert len(packs(tmp_path)) == FEW
    assert read_all(open_local(tmp_path)) == stored
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_index_forgets_in_time_where_blobs_have_lain(tmp_path: Path) -> None:
    objects = open_local(tmp_path)
    stored = fill(objects, 9 * MANY)
    index = open_index(tmp_path / INDEX)

    assert index is not None
    assert index.count < 3 * len(stored)
    assert objects.have(stored) == set(stored)
    assert open_local(tmp_path).have(stored) == set(stored)
