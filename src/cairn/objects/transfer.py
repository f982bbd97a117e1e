"""Objects copied from one store to another: what is missing, checked where it leaves."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.objects.store import ObjectStore

Progress = Callable[[int, int, int, int], None]
"""Told objects done, bytes done, objects in all, bytes in all."""


class Shipment(NamedTuple):
    """What one store has, another lacks, and somebody wants there."""

    source: ObjectStore
    target: ObjectStore
    digests: tuple[Digest, ...]
    size_bytes: int


def plan(source: ObjectStore, target: ObjectStore, wanted: Iterable[Digest]) -> Shipment:
    """Say what has to be copied; raises `NotFound` if the source lacks some of it."""
    missing = tuple(sorted(digest for digest in set(wanted) if not target.has(digest)))
    return Shipment(source, target, missing, sum(source.size(digest) for digest in missing))


def ship(shipment: Shipment, on_progress: Progress | None = None) -> None:
    """Copy what is missing, each object verified before it is placed; durable at the end.

    Raises `Corrupt` naming the first object that is not its own; what was placed before stays,
    complete, and is not copied again.
    """
    size_bytes = 0
    with shipment.target.batch() as batch:
        for number, digest in enumerate(shipment.digests):
            content = shipment.source.get(digest)
            batch.put(content)
            size_bytes += len(content)
            if on_progress is not None:
                on_progress(number + 1, size_bytes, len(shipment.digests), shipment.size_bytes)
