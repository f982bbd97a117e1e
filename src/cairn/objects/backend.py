"""What a place for bytes must offer; names are 64 hexadecimal digits, contents are opaque.

Create-only: there is no way to change or overwrite an object, and none to see half of one.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol


class Incoming(Protocol):
    """Bytes on their way in, invisible until they are placed."""

    def write(self, content: bytes) -> None:
        """Append bytes; raises `Unavailable` when the disk is full or fails."""
        ...

    def seal(self) -> None:
        """End the writing and make the bytes durable; may run in another thread."""
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

    def settle(self) -> None:
        """See that every object placed or found here so far outlives a power cut."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, unverified; raises `NotFound`."""
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
        """Tell whether this folder of the machine holds the objects themselves."""
        ...
