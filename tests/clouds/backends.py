"""Every place that bytes can lie in, with a way to damage them behind Cairn's back."""

import os
import secrets
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import obstore

from cairn.objects.address import open_backend
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.cloud import CloudBackend
from cairn.objects.backends.local import LocalBackend
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.backends.provider import Patience, connect
from clouds import servers


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


@contextmanager
def cloud(scheme: str, folder: Path) -> Generator[Place]:
    """A prefix of its own in a bucket of a cloud on this machine."""
    server = servers.CLOUDS[scheme]()
    prefix = f"{folder.name}-{secrets.token_hex(4)}"
    backend = open_backend(f"{scheme}://{servers.BUCKET}/{prefix}")
    with mock.patch.dict(os.environ, server.environment(server.port)):
        yield Place(backend, partial(_overwrite_object, backend))


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "local": local,
    "memory": memory,
    "s3": partial(cloud, "s3"),
    "gs": partial(cloud, "gs"),
    "az": partial(cloud, "az"),
}


def _overwrite_file(backend: Backend, key: str, content: bytes) -> None:
    path = Path(backend.where(key))
    path.chmod(0o644)
    path.write_bytes(content)


def _overwrite_object(backend: Backend, key: str, content: bytes) -> None:
    assert isinstance(backend, CloudBackend)
    store = connect(backend.place, Patience(), reads=False)
    obstore.put(store, key, content)


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
