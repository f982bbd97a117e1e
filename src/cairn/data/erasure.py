"""Erase objects of a store: the ledger says so first, then the bytes go."""

from collections.abc import Sequence

from cairn.core.digest import Digest
from cairn.core.erasure import MOST_OBJECTS, Cause, EraseObjects, ListErasures
from cairn.core.version import Manifest, Version
from cairn.objects.closure import Need, parts
from cairn.registry import Registry


def erase(registry: Registry, objects: Sequence[Digest], *, cause: Cause, reason: str) -> None:
    """Erase the bytes of objects at once.

    Raises `Refused` for an object without which the ledger cannot be read, and `Conflict`
    where other stores keep bytes in the same place; nothing is recorded then.
    """
    registry.objects.reclaimer()
    for at in range(0, len(objects), MOST_OBJECTS):
        some = tuple(objects[at : at + MOST_OBJECTS])
        registry.engine.send(EraseObjects(objects=some, cause=cause, reason=reason))
        registry.objects.erase(some)


def erased_of(registry: Registry, version: Version) -> dict[Digest, str]:
    """Say of a version's objects that were erased by whom and why."""
    erasures = registry.engine.send(ListErasures())
    gone = {digest: found for found in erasures for digest in found.objects}
    manifest = Need(version.name, version.digest, Manifest)
    needed = parts(registry.objects, [manifest] if gone else [])
    every = {part.digest for part in needed}
    return {
        digest: gone[digest].words()
        for digest in sorted(every & gone.keys())
        if not registry.objects.has(digest)
    }
