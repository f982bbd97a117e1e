"""Prove that a version's weights are stored as recorded, before anybody waits for the answer.

The bytes are read while no change is open; a lease keeps them from being removed until the
label has moved.
"""

from collections.abc import Mapping
from contextlib import suppress

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Conflict
from cairn.core.version import Manifest
from cairn.objects import ObjectStore
from cairn.objects.closure import require_tree
from cairn.objects.folders.stored_tree import tree_entries

HASHED_BYTES = 1 << 30

Proofs = Mapping[Digest, CairnError | None]
"""What is wrong with each tree that was looked at: None is whole."""


class Unproven(Conflict):
    """A change relies on weights that nobody looked at before it began."""

    def __init__(self, tree: Digest) -> None:
        super().__init__("another change came between, again and again; try again")
        self.tree = tree


def prove(objects: ObjectStore, tree: Digest) -> CairnError | None:
    """Return what is wrong with the bytes of a tree; None if nothing is.

    Up to `HASHED_BYTES` every byte is read; beyond, presence and size must do, because people
    wait meanwhile. Loading verifies every byte in any case.
    """
    objects.hold()
    try:
        _, size_bytes = require_tree(objects, tree)
        for entry in tree_entries(objects, tree) if size_bytes <= HASHED_BYTES else ():
            objects.check(entry.digest)
    except CairnError as problem:
        return problem
    return None


def require(proofs: Proofs, manifest: Manifest) -> None:
    """Raise what is wrong with a version's weights; `Unproven` if nobody looked."""
    if manifest.artifacts is None:
        return
    tree = manifest.artifacts.tree
    if tree not in proofs:
        raise Unproven(tree)
    if problem := proofs[tree]:
        raise problem


def tree_of(objects: ObjectStore, version: Digest) -> Digest | None:
    """Find the weights of a version; None if it has none, or cannot be read."""
    with suppress(CairnError):
        artifacts = objects.get_record(version, Manifest).artifacts
        return artifacts.tree if artifacts else None
    return None
