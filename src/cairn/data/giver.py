"""Whoever has the bytes of a snapshot's files: the store, or the place that a pin names."""

from pathlib import Path
from typing import Protocol

from cairn.core.digest import Digest


class Giver(Protocol):
    """Gives verified bytes by digest; raises `NotFound` or `Corrupt` where it cannot."""

    def get(self, digest: Digest) -> bytes:
        """Read a file into memory."""
        ...

    def read_range(self, digest: Digest, start: int, size: int) -> bytes:
        """Read some bytes of a file, to see what kind it is: a pin's are not verified."""
        ...

    def copy_to(self, digest: Digest, path: Path) -> None:
        """Copy a file."""
        ...
