"""Places that several stores share: everybody may write, and nobody removes."""

from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Refused
from cairn.objects import ObjectStore, open_local
from cairn.objects.backends.backend import Backend, Incoming
from cairn.objects.backends.local import LocalBackend
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.backends.owners import claim, owners

ONE, OTHER = "a" * 32, "b" * 32


class Forgetful(MemoryBackend):
    """A service that replaces what lies there, whatever it is told."""

    def __init__(self) -> None:
        super().__init__({})

    def receive(self) -> Incoming:
        """Forget everything, so that nothing is ever in the way."""
        for found in list(self.list("")):
            self.remove(found.key)
        return super().receive()


def shared(*identities: str) -> Backend:
    backend = MemoryBackend({})
    for identity in identities:
        claim(backend, identity)
    return backend


def test_a_store_claims_its_place_once() -> None:
    assert owners(shared(ONE, ONE)) == [ONE]


def test_a_place_of_one_store_is_swept_and_one_of_two_is_not() -> None:
    ObjectStore(shared(ONE)).reclaimer()

    with pytest.raises(Conflict, match=f"2 stores .{ONE}, {OTHER}., .* nothing is removed"):
        ObjectStore(shared(ONE, OTHER)).reclaimer()


def test_a_folder_of_its_own_needs_no_claim(tmp_path: Path) -> None:
    open_local(tmp_path / "objects").reclaimer()

    assert owners(LocalBackend(tmp_path / "objects")) == []


def test_a_place_that_replaces_objects_is_refused() -> None:
    with pytest.raises(Refused, match="replaces what it was told to leave alone"):
        claim(Forgetful(), ONE)
