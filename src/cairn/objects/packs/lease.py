"""Leases: a writer that relies on bytes stored earlier says so before it looks for them.

A lease is a few empty keys: `leases/ID.0` says since when, and the highest `leases/ID.N` that
the writer was alive then. Both are times of the backend's clock. A writer that dies leaves its
lease behind, which counts for a week: so long may a writer rely on old bytes without a word.
"""

import os
import secrets
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress

from cairn.core.errors import CairnError
from cairn.objects.backends.backend import Backend

UNDER = "leases/"
ALIVE_SECONDS = 7 * 24 * 60 * 60
_BEAT_SECONDS = 60 * 60


class Lease:
    """One writer's lease, taken when it is first needed and given back with its owner."""

    def __init__(
        self, backend: Backend, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._name = ""
        self._beats: list[str] = []
        self._last = 0.0

    def reusing(self) -> None:
        """Hold the lease from now on at the latest; cheap to call for every object."""
        if self._beats and self._clock() - self._last < _BEAT_SECONDS:
            return
        if not self._beats:
            self._name = secrets.token_hex(16)
            weakref.finalize(self, _give_back, self._backend, self._beats, os.getpid())
        self._beat(f"{UNDER}{self._name}.{len(self._beats)}")

    def _beat(self, key: str) -> None:
        incoming = self._backend.receive()
        try:
            incoming.end()
            incoming.seal()
            incoming.place(key)
        finally:
            incoming.discard()
        # Not settled: after a power cut there is no writer any more whom it would protect.
        self._beats.append(key)
        self._last = self._clock()


def taken(backend: Backend, now: float) -> list[float]:
    """Return since when each writer that is at work has held its lease."""
    return [since for since, last in _leases(backend) if now - last < ALIVE_SECONDS]


def remove_expired(backend: Backend, now: float) -> None:
    """Remove what writers left that have not been heard of for a week."""
    dead: list[str] = []
    for name, beats in _by_name(backend):
        if now - max(modified for _, modified in beats) >= ALIVE_SECONDS:
            dead += [f"{UNDER}{name}.{number}" for number, _ in beats]
    for key in dead:
        backend.remove(key)


def _leases(backend: Backend) -> Iterator[tuple[float, float]]:
    for _, beats in _by_name(backend):
        yield min(beats)[1], max(modified for _, modified in beats)


def _by_name(backend: Backend) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Yield each lease's name with the numbers and times of its beats."""
    found: dict[str, list[tuple[int, float]]] = {}
    for key, _, modified in backend.list(UNDER):
        name, _, number = key.removeprefix(UNDER).partition(".")
        if number.isdecimal():
            found.setdefault(name, []).append((int(number), modified))
    yield from found.items()


def _give_back(backend: Backend, beats: list[str], owner: int) -> None:
    """End a lease; what cannot be removed now expires."""
    if os.getpid() != owner:  # a copy of the owner that forked off
        return
    for key in beats:
        with suppress(CairnError, OSError):
            backend.remove(key)
