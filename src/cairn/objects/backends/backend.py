"""What a place for bytes must offer: keys are short paths (`packs/<64 hex>`), contents opaque.

Create-only: there is no way to change or replace what lies under a key, and none to see half
of it. `docs/reference/formats.md` says which keys there are.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """What lies under a key; `modified` in seconds since the epoch by the backend's clock."""

    key: str
    size: int
    modified: float


class Incoming(Protocol):
    """Bytes on their way in, invisible until they are placed."""

    def write(self, content: bytes | memoryview) -> None:
        """Append bytes; raises `Unavailable` when the disk is full or fails."""
        ...

    def end(self) -> None:
        """Say that no more comes, so that the disk may begin to work on it."""
        ...

    def seal(self) -> None:
        """Make the bytes durable."""
        ...

    def place(self, key: str) -> bool:
        """Let the sealed bytes appear under `key`; False, and no change, if some are there."""
        ...

    def discard(self) -> None:
        """Forget the bytes; harmless after `place`."""
        ...


class Backend(Protocol):
    """Where bytes lie."""

    def receive(self) -> Incoming:
        """Begin something new."""
        ...

    def settle(self, keys: AbstractSet[str]) -> None:
        """See that listings of these keys outlive a power cut."""
        ...

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        """Read from `start`, at most `size` bytes, fewer only where the content ends.

        Nothing is verified here. Raises `NotFound`, `Unavailable`.
        """
        ...

    def size(self, key: str) -> int:
        """Tell how many bytes lie under a key; raises `NotFound`."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether anything lies under a key."""
        ...

    def list(self, under: str) -> Iterator[Found]:
        """List what lies under keys that begin with `under`, ascending.

        `under` is empty for everything, and ends with a slash otherwise.
        """
        ...

    def remove(self, key: str) -> None:
        """Take away what lies under a key, if anything; for the sweep and quarantine alone."""
        ...

    def where(self, key: str) -> str:
        """Say to a person where it lies."""
        ...

    def is_own(self, device: int, inode: int) -> bool:
        """Tell whether this folder of the machine is the one that the bytes lie in."""
        ...
