"""Bytes in a dictionary, for tests and for work that leaves nothing behind."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from io import BytesIO

from cairn.core.errors import NotFound
from cairn.objects.backends.backend import Found, Incoming


class MemoryBackend:
    """Bytes in `contents`, by key; `clock` gives seconds since the epoch."""

    def __init__(
        self, contents: dict[str, bytes], clock: Callable[[], float] = time.time
    ) -> None:
        self._contents = contents
        self._placed: dict[str, float] = {}
        self._clock = clock
        self._placing = threading.Lock()
        self._changes = 0

    def receive(self) -> Incoming:
        """Begin something new."""
        return _Incoming(self._place)

    def settle(self, keys: AbstractSet[str]) -> None:
        """Do nothing: memory does not outlive a power cut."""

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        """Read some bytes, unverified; raises `NotFound`."""
        end = None if size is None else start + size
        return self._content(key)[start:end]

    def size(self, key: str) -> int:
        """Tell how many bytes lie under a key; raises `NotFound`."""
        return len(self._content(key))

    def exists(self, key: str) -> bool:
        """Tell whether anything lies under a key."""
        return key in self._contents

    def list(self, under: str) -> Iterator[Found]:
        """List what lies under keys that begin with `under`, ascending."""
        for key in sorted(key for key in self._contents if key.startswith(under)):
            yield Found(key, len(self._contents[key]), self._placed.get(key, 0.0))

    def remove(self, key: str) -> None:
        """Take away what lies under a key, if anything."""
        self._contents.pop(key, None)
        self._placed.pop(key, None)
        self._changes += 1

    def stamp(self, under: str) -> int | None:  # noqa: ARG002 (all is one list here)
        """Return what differs once something was placed or removed."""
        return self._changes

    def names(self, under: str) -> Sequence[str]:
        """Name what lies under keys that begin with `under`."""
        return [key.removeprefix(under) for key in self._contents if key.startswith(under)]

    def where(self, key: str) -> str:
        """Say to a person where it lies."""
        return f"memory ({key})"

    def is_own(self, device: int, inode: int) -> bool:  # noqa: ARG002 (the protocol's names)
        """Tell that no folder of the machine holds these bytes."""
        return False

    def _content(self, key: str) -> bytes:
        if key not in self._contents:
            raise NotFound(f"there is no {key} in this memory")
        return self._contents[key]

    def _place(self, key: str, content: bytes) -> bool:
        with self._placing:
            if key in self._contents:
                return False
            self._contents[key] = content
            self._placed[key] = self._clock()
            self._changes += 1
            return True


class _Incoming:
    def __init__(self, place: Callable[[str, bytes], bool]) -> None:
        self._place = place
        self._written = BytesIO()

    def write(self, content: bytes | memoryview) -> None:
        self._written.write(content)

    def end(self) -> None:
        pass

    def seal(self) -> None:
        pass

    def place(self, key: str) -> bool:
        return self._place(key, self._written.getvalue())

    def discard(self) -> None:
        self._written.close()
