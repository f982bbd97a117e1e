"""Content-addressed bytes: every object is named by its SHA-256 and verified when it is read.

`store.py` knows digests, a backend (`local.py`, `memory.py`) knows where bytes lie, and
`tree.py` turns folders into objects and back.
"""

from pathlib import Path

from cairn.objects.backends.local import INDEX, LocalBackend
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.batch import Batch
from cairn.objects.packs.blob import Cipher
from cairn.objects.store import ObjectStore

__all__ = ["Batch", "ObjectStore", "in_memory", "open_local"]


def open_local(
    folder: Path, *, cipher: Cipher | None = None, stats: Path | None = None
) -> ObjectStore:
    """Open the objects under `folder`, which is made when the first one is stored.

    Snapshots remember what they saw under `stats`. Processes that help have no key, so there
    are none with a `cipher`.
    """
    return ObjectStore(
        LocalBackend(folder),
        cache=folder / INDEX,
        cipher=cipher,
        folder=None if cipher else folder,
        stats=stats,
    )


def in_memory() -> ObjectStore:
    """Make an empty store that lives as long as this process."""
    return ObjectStore(MemoryBackend({}))
