"""Which packs may go: decided from what lies where, what is needed, and how old it is.

Nothing is locked. A pack that nobody needs gets a tomb first and is removed a week later, if
still nobody needs it then. Whoever writes meanwhile either sees the tomb and stores the bytes
anew, or looked before there was one and holds a lease that is older, which the removal waits
for. So a pack is never removed between somebody's look and their reference to it.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from cairn.core.sweep import Act

HOUR = 60 * 60
DAY = 24 * HOUR
DEAD_SHARE = 0.3
SMALL_BYTES = 4 << 20
SMALL_PACKS = 32


class Ages(NamedTuple):
    """How long to wait, in seconds: for a tomb after writing, for removal after the tomb."""

    grace: float = 72 * HOUR
    buried: float = 7 * DAY


SAFE = Ages()


class Lying(NamedTuple):
    """A pack, or an object of its own: the ids in it with the bytes that each takes.

    `modified` and `tomb`, the time of its tomb, are seconds by the backend's clock.
    """

    key: str
    size: int
    modified: float
    tomb: float | None
    blobs: Mapping[bytes, int]


class Fate(NamedTuple):
    """What becomes of a pack and why; `live` are the ids that only it is to provide."""

    key: str
    size: int
    act: Act
    why: str
    live: tuple[bytes, ...]
    dead_bytes: int


def decide(
    lying: Sequence[Lying],
    needed: Container[bytes],
    *,
    now: float,
    oldest_lease: float | None,
    ages: Ages,
) -> list[Fate]:
    """Say for each pack what becomes of it, in the order given."""
    holders = _holders(lying, needed)
    small = {pack.key for pack in lying if _is_small(pack, holders, now, ages)}
    gathered = small if len(small) >= SMALL_PACKS else set[str]()
    return [
        _buried(pack, holders, needed, now=now, oldest_lease=oldest_lease, ages=ages)
        if pack.tomb is not None
        else _standing(pack, holders, now=now, ages=ages, gathered=gathered)
        for pack in lying
    ]


def _holders(lying: Iterable[Lying], needed: Container[bytes]) -> dict[bytes, str]:
    """Choose for each needed blob one pack without a tomb: the one with least waste in it."""
    standing = [pack for pack in lying if pack.tomb is None]
    wasted = {
        pack.key: sum(size for blob, size in pack.blobs.items() if blob not in needed)
        for pack in standing
    }
    standing.sort(key=lambda pack: (wasted[pack.key], -pack.size, pack.key))
    holders: dict[bytes, str] = {}
    for pack in standing:
        for blob in pack.blobs:
            if blob in needed:
                holders.setdefault(blob, pack.key)
    return holders


def _is_small(pack: Lying, holders: Mapping[bytes, str], now: float, ages: Ages) -> bool:
    """Tell whether a pack is worth gathering with others of its kind."""
    return (
        pack.key.startswith("packs/")
        and pack.tomb is None
        and pack.size < SMALL_BYTES
        and now - pack.modified >= ages.grace
        and any(holders.get(blob) == pack.key for blob in pack.blobs)
    )


def _standing(
    pack: Lying,
    holders: Mapping[bytes, str],
    *,
    now: float,
    ages: Ages,
    gathered: Collection[str],
) -> Fate:
    live = tuple(blob for blob in pack.blobs if holders.get(blob) == pack.key)
    total = sum(pack.blobs.values())
    dead = total - sum(pack.blobs[blob] for blob in live)
    age = now - pack.modified

    def fate(act: Act, why: str) -> Fate:
        return Fate(pack.key, pack.size, act, why, live, dead)

    if age < ages.grace:
        return fate("keep", f"written {_ago(age)}: its writer may not be done")
    if not live:
        return fate("bury", _dead_words(pack, holders))
    if pack.key in gathered:
        return fate("repack", f"one of {len(gathered)} small packs, which are gathered")
    if dead > DEAD_SHARE * total:
        return fate("repack", f"{dead / total:.0%} of it is needed by nobody")
    return fate("keep", f"{len(live)} of {len(pack.blobs)} blobs are needed")


def _dead_words(pack: Lying, holders: Mapping[bytes, str]) -> str:
    elsewhere = any(blob in holders for blob in pack.blobs)
    return "all that is needed of it lies in another pack" if elsewhere else "nobody needs it"


def _buried(
    pack: Lying,
    holders: Mapping[bytes, str],
    needed: Container[bytes],
    *,
    now: float,
    oldest_lease: float | None,
    ages: Ages,
) -> Fate:
    live = tuple(blob for blob in pack.blobs if blob in needed and blob not in holders)
    dead = sum(pack.blobs.values()) - sum(pack.blobs[blob] for blob in live)
    age = now - (pack.tomb or 0)

    def fate(act: Act, why: str) -> Fate:
        return Fate(pack.key, pack.size, act, why, live, dead)

    if live:
        return fate("revive", f"{len(live)} of its blobs are needed again")
    if age < ages.buried:
        return fate("wait", f"its tomb is {_age(age)} old, removed after {_age(ages.buried)}")
    if oldest_lease is not None and oldest_lease <= (pack.tomb or 0):
        return fate("wait", "a writer is at work since before it was buried")
    return fate("remove", f"buried {_ago(age)}, and still nobody needs it")


def _ago(seconds: float) -> str:
    return f"{_age(seconds)} ago"


def _age(seconds: float) -> str:
    if seconds < 2 * HOUR:
        return f"{max(seconds, 0) / 60:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 3 * DAY else f"{seconds / DAY:.0f} days"
