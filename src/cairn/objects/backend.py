"""What a place for bytes must offer; names are 64 hexadecimal digits, contents are opaque.

Create-only: there is no way to change or replace an object, and none to see half of one.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO, Protocol


class Incoming(Protocol):
    """Bytes on their way in, invisible until they are placed."""

    def write(self, content: bytes) -> None:
        """Append bytes; raises `Unavailable` when the disk is full or fails."""
        ...

    def end(self) -> None:
        """Say that no more comes, so that the disk may begin to work on it."""
        ...

    def seal(self) -> None:
        """Make the bytes durable."""
        ...

    def place(self, name: str) -> bool:
        """Let the sealed bytes appear as `name`; False, and no change, if one is there."""
        ...

    def discard(self) -> None:
        """Forget the bytes; harmless after `place`."""
        ...


class Backend(Protocol):
    """Where objects lie."""

    def receive(self) -> Incoming:
        """Begin a new object."""
        ...

    def shelf(self, name: str) -> str:
        """Tell which part of the backend lists an object; there are few."""
        ...

    def settle(self, shelves: AbstractSet[str]) -> None:
        """See that what is listed on these shelves outlives a power cut."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, unverified; raises `NotFound` or an `OSError`."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether an object lies here, unverified."""
        ...

    def size(self, name: str) -> int:
        """Tell how many bytes lie here, unverified; raises `NotFound`."""
        ...

    def names(self) -> Iterator[str]:
        """List all objects in ascending order."""
        ...

    def where(self, name: str) -> str:
        """Say to a person where the object lies."""
        ...

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine is the one that the objects lie in."""
        ...
