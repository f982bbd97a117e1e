"""Every place that bytes can lie in, with a way to damage them behind Cairn's back."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cairn.objects.backend import Backend
from cairn.objects.local import LocalBackend
from cairn.objects.memory import MemoryBackend


class Place(NamedTuple):
    """A backend, and what no backend can do: replace what lies under a key."""

    backend: Backend
    overwrite: Callable[[str, bytes], None]


@contextmanager
def local(folder: Path) -> Generator[Place]:
    """A folder of this machine."""
    backend = LocalBackend(folder / "objects")
    yield Place(backend, partial(_overwrite_file, backend))


@contextmanager
def memory(_: Path) -> Generator[Place]:
    """A dictionary."""
    contents: dict[str, bytes] = {}
    yield Place(MemoryBackend(contents), contents.__setitem__)


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "local": local,
    "memory": memory,
}


def _overwrite_file(backend: Backend, key: str, content: bytes) -> None:
    path = Path(backend.where(key))
    path.chmod(0o644)
    path.write_bytes(content)


def stored(backend: Backend, key: str, content: bytes) -> bool:
    """Store `content` under `key`; tell whether it was the first there."""
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
