"""Objects in a dictionary, for tests and for work that leaves nothing behind."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from io import BytesIO
from typing import BinaryIO

from cairn.core.errors import NotFound
from cairn.objects.backend import Incoming


class MemoryBackend:
    """Objects in `contents`, by name."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def receive(self) -> Incoming:
        """Begin a new object."""
        return _Incoming(self._contents)

    def shelf(self, name: str) -> str:  # noqa: ARG002 (the protocol's name)
        """Tell that all objects are listed together."""
        return ""

    def settle(self, shelves: AbstractSet[str]) -> None:
        """Do nothing: memory does not outlive a power cut."""

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, unverified; raises `NotFound`."""
        return BytesIO(self._content(name))

    def exists(self, name: str) -> bool:
        """Tell whether an object lies here, unverified."""
        return name in self._contents

    def size(self, name: str) -> int:
        """Tell how many bytes lie here, unverified; raises `NotFound`."""
        return len(self._content(name))

    def names(self) -> Iterator[str]:
        """List all objects in ascending order."""
        return iter(sorted(self._contents))

    def where(self, name: str) -> str:
        """Say to a person where the object lies."""
        return f"memory ({name[:12]})"

    def is_own(self, device: int, inode: int) -> bool:  # noqa: ARG002 (the protocol's names)
        """Tell that no folder of the machine holds these objects."""
        return False

    def _content(self, name: str) -> bytes:
        if name not in self._contents:
            raise NotFound(f"object sha256:{name} is not in this store")
        return self._contents[name]


class _Incoming:
    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents
        self._written = BytesIO()

    def write(self, content: bytes) -> None:
        self._written.write(content)

    def end(self) -> None:
        pass

    def seal(self) -> None:
        pass

    def place(self, name: str) -> bool:
        content = self._written.getvalue()
        return self._contents.setdefault(name, content) is content

    def discard(self) -> None:
        self._written.close()
