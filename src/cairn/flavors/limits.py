"""What judging a file may cost; past a limit the verdict is `unknown`, and names the limit.

The bytes that a file unpacks to are counted over all levels of nesting: a small archive of
archives has no more to spend than any other file of its size.
"""

from cairn.core.errors import Corrupt

FREE_BYTES = 256 << 20
RATIO = 8
"""A file may unpack to `FREE_BYTES`, and `RATIO` times its own size."""

MEMORY_BYTES = 1 << 30
MEMORY_RATIO = 4
"""The process that judges may take `MEMORY_BYTES`, and so many times the file, on top."""

MAX_TEXT = 256 << 20
MAX_INSTRUCTIONS = 10_000_000
MAX_MEMBERS = 100_000
MAX_DEPTH = 3


class OverLimit(Exception):
    """Judging stops here: the message says which limit was reached."""


class Doubtful(Corrupt):
    """A reader stops here, and others may go on."""


class Budget:
    """The bytes that one file may still unpack to, whatever it is nested in."""

    def __init__(self, size: int) -> None:
        self.limit = FREE_BYTES + RATIO * size
        self.left = self.limit

    def take(self, count: int) -> None:
        """Spend some; raises `OverLimit` if there are not so many left."""
        self.left -= count
        if self.left < 0:
            raise OverLimit(
                f"it unpacks to more than {self.limit} bytes, and Cairn looks no further"
            )

    def room(self) -> int:
        """Tell how much may be unpacked to notice that it is too much."""
        return max(self.left, 0) + 1


def cpu_seconds(size: int) -> int:
    """Tell how long a file of some size may be judged."""
    return 60 + size // (4 << 20)
