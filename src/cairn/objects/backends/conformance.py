"""What every backend must do, as a class of checks to inherit from (docs/guide/backends.md).

    class TestShelf(BackendConformance):
        def open(self) -> Backend:
            return ShelfBackend(...)  # an empty place, a new one at each call

Any test runner that collects classes will do. A check that fails raises `AssertionError` with
a sentence. Cairn's own backends pass the same checks.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cairn.core.errors import CairnError, NotFound
from cairn.objects.backends.backend import Backend

PACK, OTHER = "packs/" + "ab" * 32, "packs/" + "cd" * 32
CONTENTS = (b"", b"x", bytes(range(256)) * 9_000)
NAMES = (
    "a b",
    "\u00fc",
    "\u96ea",
    "100%",
    "a#b?c",
    "a+b",
    "a=b&c",
    "~t",
    "x.json",
    "@_-.",
    "A",
)
SHOWN = 200
LONG = 1_100
"""Keys in a long listing: the clouds list at most 1,000 at once."""


class BackendConformance:
    """Checks of one kind of backend; inherit, say how one is opened, and run the tests."""

    def open(self) -> Backend:
        """Return an empty backend that no other check uses."""
        raise NotImplementedError

    def test_what_is_placed_is_read_whole_and_in_ranges(self) -> None:
        """Any content comes back, whole or from any place, short only at its end."""
        backend = self.open()
        for number, content in enumerate(CONTENTS):
            key = f"packs/{number:064x}"
            store(backend, key, content)
            size = len(content)

            expect(backend.exists(key), f"{key} was placed, and `exists` denies it")
            equal(backend.size(key), size, f"the size of {key}")
            equal(backend.read(key), content, f"the content of {key}")
            equal(backend.read(key, 7), content[7:], f"{key} from byte 7")
            for start, wanted in ((0, 0), (0, 1), (1, 300), (255, 2 << 20), (size, 5)):
                found = backend.read(key, start, wanted)
                equal(found, content[start : start + wanted], f"{key} at {start}, {wanted}")

    def test_what_is_absent_is_not_found(self) -> None:
        """`NotFound` is raised, and no other error."""
        backend = self.open()
        store(backend, OTHER, b"something else")

        expect(not backend.exists(PACK), f"{PACK} was never placed, and `exists` claims it")
        raises_not_found(lambda: backend.read(PACK))
        raises_not_found(lambda: backend.read(PACK, 3, 4))
        raises_not_found(lambda: backend.size(PACK))

    def test_bytes_are_seen_when_they_are_placed_and_not_before(self) -> None:
        """Nobody sees half of anything."""
        backend = self.open()
        incoming = backend.receive()
        incoming.write(b"by")
        incoming.write(memoryview(b"tes"))
        incoming.end()
        incoming.seal()

        expect(not keys(backend), "bytes are listed before they are placed")
        expect(not backend.exists(PACK), "bytes are there before they are placed")
        expect(incoming.place(PACK), "`place` found something where nothing lay")
        incoming.discard()
        equal(keys(backend), [PACK], "what is listed after `place` and `discard`")
        equal(backend.read(PACK), b"bytes", "what was placed")

    def test_nothing_is_ever_replaced(self) -> None:
        """`place` leaves alone what lies there, be it empty or the same, and says so."""
        backend = self.open()
        for number, first in enumerate((b"first", b"")):
            for second in (b"", b"second", b"first"):
                key = f"packs/{number}{len(second):063d}"
                expect(store(backend, key, first), "`place` found what was not there")
                expect(not store(backend, key, second), "a second `place` claims to be first")
                equal(backend.read(key), first, "what lies there after a second `place`")

    def test_of_writers_at_the_same_time_one_is_first(self) -> None:
        """One `place` returns True, and its bytes are the ones that stay."""
        backend = self.open()
        contents = [b"%d" % number for number in range(16)]

        with ThreadPoolExecutor(8) as threads:
            firsts = list(threads.map(partial(store, backend, PACK), contents))

        equal(sum(firsts), 1, "how many of 16 writers at once were told to be first")
        equal(backend.read(PACK), contents[firsts.index(True)], "what the first one wrote")

    def test_discarded_bytes_leave_nothing(self) -> None:
        """`discard` may be called at any time, and more than once."""
        backend = self.open()
        for content in (b"", b"never mind"):
            incoming = backend.receive()
            incoming.write(content)
            incoming.discard()
            incoming.discard()

        expect(not keys(backend), "discarded bytes are listed")

    def test_a_listing_is_ascending_and_of_one_part(self) -> None:
        """Keys ascend as text, with their sizes and the time by the backend's clock."""
        backend = self.open()
        tombs = [f"tombs/{number:064x}" for number in range(3)]
        nested = ["refs/a/b", "refs/a-b", "refs/a.b", "refs/a0"]
        before = time.time()
        for key in (OTHER, PACK, *reversed(tombs), *nested):
            store(backend, key, key.encode())

        equal(keys(backend), sorted([OTHER, PACK, *tombs, *nested]), "the whole listing")
        equal(keys(backend, "packs/"), [PACK, OTHER], "the listing of packs/")
        equal(keys(backend, "refs/a/"), ["refs/a/b"], "the listing of refs/a/")
        equal(keys(backend, "leases/"), [], "the listing of leases/")
        for found in backend.list(""):
            equal(found.size, len(found.key), f"the size of {found.key} in a listing")
            now = before - 60 < found.modified < time.time() + 60
            expect(now, f"{found.key} was placed now, and `modified` is {found.modified}")

    def test_a_long_listing_is_whole(self) -> None:
        """A listing goes on where a page of it ends."""
        backend = self.open()
        wanted = [f"tombs/{number:064x}" for number in range(LONG)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(partial(store, backend, content=b"x"), wanted))

        equal(keys(backend, "tombs/"), wanted, f"a listing of {LONG} keys")

    def test_keys_may_have_any_ordinary_character(self) -> None:
        """A part of a key is any text without control characters, backslash and slash."""
        backend = self.open()
        wanted = sorted(f"refs/{name}/{name}" for name in NAMES)
        for key in wanted:
            store(backend, key, key.encode())

        equal(keys(backend, "refs/"), wanted, "keys with unusual characters")
        for key in wanted:
            equal(backend.read(key), key.encode(), f"the content of {key!r}")

    def test_what_is_removed_is_gone_and_nothing_else(self) -> None:
        """`remove` takes one key, is harmless when repeated, and makes room."""
        backend = self.open()
        store(backend, PACK, b"one")
        store(backend, OTHER, b"other")

        backend.remove(PACK)
        backend.remove(PACK)

        expect(not backend.exists(PACK), "what was removed is still there")
        equal(keys(backend), [OTHER], "what is listed after `remove`")
        expect(store(backend, PACK, b"again"), "what was removed keeps its key taken")
        equal(backend.read(PACK), b"again", "what was placed after `remove`")

    def test_a_person_is_told_where_it_lies(self) -> None:
        """`where` names the key, present or not."""
        where = self.open().where(PACK)

        expect(PACK in where, f"{where!r} does not tell a person where {PACK} lies")


def store(backend: Backend, key: str, content: bytes) -> bool:
    """Place `content` under `key` as Cairn does; tell whether it was the first there."""
    incoming = backend.receive()
    try:
        incoming.write(content)
        incoming.end()
        incoming.seal()
        placed = incoming.place(key)
    finally:
        incoming.discard()
    backend.settle({key})
    return placed


def keys(backend: Backend, under: str = "") -> list[str]:
    """List the keys that begin with `under`."""
    return [found.key for found in backend.list(under)]


def expect(holds: object, otherwise: str) -> None:
    """Raise `AssertionError` unless something holds; `assert` is silent under -O."""
    if not holds:
        raise AssertionError(otherwise)


def equal(found: object, wanted: object, what: str) -> None:
    """Raise `AssertionError` unless two values are equal."""
    expect(found == wanted, f"{what}: {_short(found)} instead of {_short(wanted)}")


def raises_not_found(ask: Callable[[], object]) -> None:
    """Raise `AssertionError` unless `ask` raises `NotFound`."""
    try:
        answer = ask()
    except NotFound:
        return
    except CairnError as error:
        raise AssertionError(f"{error.kind} instead of NotFound: {error}") from error
    raise AssertionError(f"{_short(answer)} instead of NotFound")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
