"""Content-addressed bytes: every object is named by its SHA-256 and verified when it is read.

`store.py` knows digests, a backend (`local.py`, `memory.py`) knows where bytes lie, and
`tree.py` turns folders into objects and back.
"""

from pathlib import Path

from cairn.objects.batch import Batch
from cairn.objects.local import INDEX, LocalBackend
from cairn.objects.memory import MemoryBackend
from cairn.objects.store import ObjectStore

__all__ = ["Batch", "ObjectStore", "in_memory", "open_local"]


def open_local(folder: Path) -> ObjectStore:
    """Open the objects under `folder`, which is made when the first one is stored."""
    return ObjectStore(LocalBackend(folder), cache=folder / INDEX)


def in_memory() -> ObjectStore:
    """Make an empty store that lives as long as this process."""
    return ObjectStore(MemoryBackend({}))
