"""The objects of a store, with some that are gone on purpose passing for stored."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from cairn.core.digest import Digest
from cairn.objects.store import ObjectStore


class Excusing(ObjectStore):
    """Misses none of the `erased` objects; reading one of them fails as ever."""

    def __init__(self, objects: ObjectStore, erased: AbstractSet[Digest]) -> None:
        self.__dict__.update(objects.__dict__)
        self.erased = erased

    def has(self, digest: Digest) -> bool:
        """Tell whether an object is here, or was erased."""
        return digest in self.erased or super().has(digest)

    def have(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return which of many objects are here, or were erased."""
        wanted = set(digests)
        return super().have(wanted) | (wanted & self.erased)

    def check(self, digest: Digest) -> int:
        """Read an object from end to end and return its size; 0 of one that was erased."""
        if digest in self.erased and not super().has(digest):
            return 0
        return super().check(digest)
