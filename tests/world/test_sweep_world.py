"""Sweeps beside four writers, at random: nothing that is referred to is ever removed."""

import os
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from cairn.core.digest import Digest
from cairn.objects import ObjectStore
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.lease import ALIVE_SECONDS, Lease
from cairn.objects.upkeep.reclaim import Reclaimer
from cairn.objects.upkeep.sweep import DAY, HOUR, SAFE, SMALL_PACKS, Fate

EVERY = os.environ.get("CAIRN_FAULTS") == "all"
WRITERS = st.integers(0, 3)
CONTENT = st.sampled_from([b"this" * 20, b"that" * 20, b"other" * 20])
BIG = st.sampled_from([False] * 7 + [True])
LARGE = b"".join(number.to_bytes(4, "big") for number in range(1_200_000))


class Writer(NamedTuple):
    """A store of a process of its own, and what it has stored and not yet referred to."""

    store: ObjectStore
    stored: list[Digest]


class Sweeps(RuleBasedStateMachine):
    """A backend with a clock, what the registry refers to, writers, and plans of sweeps."""

    plans: Bundle[tuple[Reclaimer, list[Fate]]] = Bundle("plans")

    @initialize()
    def begin(self) -> None:
        """Some of it is old already."""
        self.now = 1000 * DAY
        self.backend = MemoryBackend({}, clock=lambda: self.now)
        self.referred: dict[Digest, bytes] = {}
        self.contents: dict[Digest, bytes] = {}
        self.writers = [self._writer() for _ in range(4)]

    def _writer(self) -> Writer:
        lease = Lease(self.backend, clock=lambda: self.now)
        return Writer(ObjectStore(self.backend, lease=lease), [])

    @rule(
        number=WRITERS, contents=st.lists(CONTENT, min_size=1, max_size=4), big=st.booleans()
    )
    def store(self, number: int, contents: list[bytes], big: bool) -> None:
        """A writer stores objects in one batch; some lie here already."""
        store, stored = self.writers[number]
        with store.batch() as batch:
            for content in (*contents, *([LARGE] if big else [])):
                digest = batch.put(content)
                self.contents[digest] = content
                stored.append(digest)

    @rule(number=WRITERS)
    def refer(self, number: int) -> None:
        """A writer commits a record of what it stored."""
        _, stored = self.writers[number]
        self.referred |= {digest: self.contents[digest] for digest in stored}
        stored.clear()

    @rule(number=WRITERS)
    def end(self, number: int) -> None:
        """A writer's process ends without a record; its lease is given back."""
        self.writers[number] = self._writer()

    @rule()
    @precondition(lambda self: self.referred)
    def delete(self) -> None:
        """Nothing that was referred to is needed any more."""
        self.referred.clear()

    @rule(hours=st.sampled_from([80, 160]))
    def wait(self, hours: float) -> None:
        """Time passes; writers that have not ended say that they are alive."""
        self.now += hours * HOUR
        for store, stored in self.writers:
            if stored:
                store.hold()

    @rule(target=plans)
    def plan(self) -> tuple[Reclaimer, list[Fate]]:
        """A sweep looks and decides."""
        reclaimer = Reclaimer(self.backend)
        found = reclaimer.survey(
            lambda: b"".join(bytes.fromhex(each[7:]) for each in self.referred),
            now=self.now,
            ages=SAFE,
        )
        return reclaimer, found.fates

    @rule(plan=plans)
    def carry_out(self, plan: tuple[Reclaimer, list[Fate]]) -> None:
        """A sweep does what it decided, at once or after others have done much."""
        reclaimer, fates = plan
        reclaimer.carry_out(fates, now=self.now)

    @rule(hours=st.sampled_from([0, 80, 170]))
    def sweep(self, hours: float) -> None:
        """Time passes, and a sweep looks, decides and does it."""
        self.wait(hours)
        self.carry_out(self.plan())

    @invariant()
    def everything_that_is_referred_to_is_there(self) -> None:
        """Read it all, as another process would."""
        reader = ObjectStore(self.backend)
        for digest, content in self.referred.items():
            assert reader.get(digest) == content


TestSweeps = Sweeps.TestCase
TestSweeps.settings = settings(
    max_examples=2000 if EVERY else 40, stateful_step_count=40, deadline=None
)


def aged() -> tuple[MemoryBackend, list[float]]:
    clock = [1000.0 * DAY]
    return MemoryBackend({}, clock=lambda: clock[0]), clock


def leave(backend: MemoryBackend, key: str) -> None:
    """Let something lie here again that was given back."""
    incoming = backend.receive()
    incoming.place(key)


def swept(backend: MemoryBackend, kept: list[Digest], now: float) -> list[str]:
    """Sweep; return what became of each pack."""
    reclaimer = Reclaimer(backend)
    joined = b"".join(bytes.fromhex(digest[7:]) for digest in kept)
    found = reclaimer.survey(lambda: joined, now=now, ages=SAFE)
    reclaimer.carry_out(found.fates, now=now)
    return sorted(fate.act for fate in found.fates)


def test_what_nothing_needs_is_gone_in_the_end_and_the_rest_lies_in_few_packs() -> None:
    backend, clock = aged()
    store = ObjectStore(backend)
    digests = [store.put(f"object {number}".encode()) for number in range(3 * SMALL_PACKS)]
    kept = digests[::2]

    for _ in range(4):
        clock[0] += 8 * DAY
        swept(backend, kept, clock[0])

    reader = ObjectStore(backend)
    assert sorted(reader.digests()) == sorted(kept)
    assert len(list(reader.packs())) == 1
    assert all(reader.check(digest) for digest in kept)
    assert list(backend.list("tombs/")) == []


def test_a_half_dead_pack_is_written_anew_without_what_is_dead() -> None:
    backend, clock = aged()
    store = ObjectStore(backend)
    with store.batch() as batch:
        live, dead = batch.put(b"l" * 1000), batch.put(b"d" * 1000)

    acts: list[list[str]] = []
    for _ in range(3):
        clock[0] += 8 * DAY
        acts.append(swept(backend, [live], clock[0]))

    assert acts == [["repack"], ["keep", "remove"], ["keep"]]
    assert ObjectStore(backend).get(live) == b"l" * 1000
    assert not ObjectStore(backend).has(dead)


def test_the_pieces_of_a_large_object_stay_with_it() -> None:
    backend, clock = aged()
    digest = ObjectStore(backend).put(LARGE)

    for _ in range(3):
        clock[0] += 8 * DAY
        swept(backend, [digest], clock[0])

    assert ObjectStore(backend).get(digest) == LARGE


def test_a_writer_that_died_delays_a_removal_by_a_week_only() -> None:
    backend, clock = aged()
    store = ObjectStore(backend)
    store.put(b"x")
    clock[0] += 4 * DAY
    lease = Lease(backend, clock=lambda: clock[0])
    lease.reusing()
    assert swept(backend, [], clock[0]) == ["bury"]
    (beat,) = backend.list("leases/")
    del lease
    leave(backend, beat.key)  # as if it had been killed

    clock[0] += SAFE.buried - HOUR
    during = swept(backend, [], clock[0])
    clock[0] += ALIVE_SECONDS
    after = swept(backend, [], clock[0])

    assert (during, after) == (["wait"], ["remove"])
    assert list(backend.list("leases/")) == []


def test_what_lies_in_a_pack_with_a_tomb_is_stored_anew() -> None:
    backend, clock = aged()
    digest = ObjectStore(backend).put(b"x")
    clock[0] += 4 * DAY
    swept(backend, [], clock[0])

    ObjectStore(backend).put(b"x")

    clock[0] += 8 * DAY
    assert swept(backend, [digest], clock[0]) == ["keep", "remove"]
    assert ObjectStore(backend).get(digest) == b"x"


def test_a_tomb_that_a_killed_sweep_left_behind_is_removed() -> None:
    backend, clock = aged()
    kept = ObjectStore(backend).put(b"x")
    leave(backend, "tombs/" + "ab" * 32)

    swept(backend, [kept], clock[0])

    assert list(backend.list("tombs/")) == []
