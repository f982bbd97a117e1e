"""Erase objects of a store: the ledger says so first, then the bytes go."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.erasure import (
    MOST_OBJECTS,
    Cause,
    EraseObjects,
    Erasure,
    ListErasures,
    latest,
)
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Manifest, Version
from cairn.objects.closure import Need, parts
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

DIGITS = len("sha256:") + 12


def erase(project: Project, objects: Sequence[Digest], *, cause: Cause, reason: str) -> None:
    """Erase the bytes of objects at once.

    Raises `Refused` for an object without which the ledger cannot be read, and `Conflict`
    where other stores keep bytes in the same place; nothing is recorded then.
    """
    project.objects.reclaimer()
    for at in range(0, len(objects), MOST_OBJECTS):
        some = tuple(objects[at : at + MOST_OBJECTS])
        project.engine.send(EraseObjects(objects=some, cause=cause, reason=reason))
        project.objects.erase(some)


def erased_here(project: Project) -> dict[Digest, str]:
    """Say of every object that was erased, and is not here, by whom and why."""
    erasures = project.engine.send(ListErasures())
    gone = {digest: found.words() for found in erasures for digest in found.objects}
    here = project.objects.have(gone)
    return {digest: words for digest, words in gone.items() if digest not in here}


def erased_of(project: Project, version: Version) -> dict[Digest, str]:
    """Say of a version's objects that were erased by whom and why."""
    gone = erased_here(project)
    manifest = Need(version.name, version.digest, Manifest)
    needed = parts(project.objects, [manifest] if gone else [])
    return {d: gone[d] for d in sorted({part.digest for part in needed} & gone.keys())}


class Erasures(NamedTuple):
    """What was erased in a store: what follows snapshots, and objects that are not here."""

    follows: Mapping[Digest, Digest]
    gone: Collection[Digest]

    def of(self, project: Project, info: SnapshotInfo) -> int:
        """Count the files of a snapshot that were erased."""
        if not self.gone:
            return 0
        entries = tree_entries(project.objects, info.tree)
        return sum(entry.digest in self.gone for entry in entries)


def everything_erased(project: Project) -> Erasures:
    """Read what was erased."""
    return Erasures(left_of_each(project), erased_here(project).keys())


def left_of_each(project: Project) -> dict[Digest, Digest]:
    """Map snapshots and evaluations that rows were erased of to what is left of them."""
    successors = _successors(project.engine.send(ListErasures()))
    return {digest: latest(digest, successors) for digest in successors}


def left_of(project: Project, digest: Digest) -> Digest | None:
    """Return what is left of a snapshot after erasures; None where nothing follows it."""
    return left_of_each(project).get(digest)


def said_of(project: Project, version: Version) -> tuple[str, ...]:
    """Say of a version's data and evaluations what was erased of them, and what is left."""
    erasures = project.engine.send(ListErasures())
    by = {old: erasure for erasure in reversed(erasures) for old in erasure.successors}
    manifest, successors = version.manifest, _successors(erasures)
    wholes = {given.snapshot: f"{given.role} data" for given in manifest.inputs}
    wholes |= dict.fromkeys(manifest.evaluations, "evaluation")
    return tuple(
        f"{what} {digest[:DIGITS]}: rows of it were {by[digest].words()}; "
        f"what is left is {latest(digest, successors)[:DIGITS]}"
        for digest, what in wholes.items()
        if digest in by
    )


def _successors(erasures: Iterable[Erasure]) -> dict[Digest, Digest]:
    return {old: new for erasure in erasures for old, new in erasure.successors.items()}
