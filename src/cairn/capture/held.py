"""What the processes of a run hold open, seen from outside, on Linux: files and connections.

Compiled code opens files without a word to Python. Looking many times a second finds what is
held for a while; what is read within milliseconds may be missed.
"""

import os
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_FIRST_SECONDS, _SLOWEST_SECONDS, _SLOWER = 0.01, 0.06, 1.1
_ALL_THREADS_EVERY = 8
_ESTABLISHED = "01"
_IPV4_DIGITS = 8


class HeldFile(NamedTuple):
    """A file that was open for reading: where, what it was then, and when."""

    path: str
    mark: tuple[int, int, int] | None
    time: int


@dataclass
class Held:
    """What was seen open so far."""

    files: list[HeldFile] = field(default_factory=list[HeldFile])
    hosts: set[str] = field(default_factory=set[str])


class Watch:
    """Looks at a process and its children until it is told to stop."""

    def __init__(self, process: int) -> None:
        self.held = Held()
        self._processes = {process}
        self._seen: set[tuple[int, str, str]] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        if Path("/proc/self/fd").is_dir():
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _look(self) -> None:
        pause, turn = _FIRST_SECONDS, 0
        while not self._stop.wait(pause):
            waiting = list(self._processes)
            while waiting:
                process = waiting.pop()
                waiting += self._find_children(process, all_threads=turn == 0)
                self._look_at(process)
            turn = (turn + 1) % _ALL_THREADS_EVERY
            pause = min(pause * _SLOWER, _SLOWEST_SECONDS)

    def _find_children(self, process: int, *, all_threads: bool) -> set[int]:
        """Add the children of a process, at least of its first thread; return new ones."""
        tasks = Path(f"/proc/{process}/task")
        found: set[int] = set()
        with suppress(OSError):
            for task in tasks.iterdir() if all_threads else [tasks / str(process)]:
                found.update(map(int, (task / "children").read_text().split()))
        new = found - self._processes
        self._processes |= new
        return new

    def _look_at(self, process: int) -> None:
        folder = f"/proc/{process}/fd"
        try:
            numbers = os.listdir(folder)  # noqa: PTH208 (many times a second)
        except OSError:
            self._processes.discard(process)
            return
        for number in numbers:
            with suppress(OSError, ValueError):
                target = os.readlink(f"{folder}/{number}")  # noqa: PTH115 (as above)
                if (process, number, target) not in self._seen:
                    self._seen.add((process, number, target))
                    self._note(process, number, target)

    def _note(self, process: int, number: str, target: str) -> None:
        if target.startswith("socket:["):
            self._note_socket(process, target[len("socket:[") : -1])
        elif target.startswith("/") and not target.startswith(("/dev/pts", "/dev/null")):
            found = Path(f"/proc/{process}/fd/{number}").stat()
            if stat.S_ISREG(found.st_mode) and _reads(process, number):
                mark = found.st_ino, found.st_size, found.st_mtime_ns
                self.held.files.append(HeldFile(target, mark, time.monotonic_ns()))

    def _note_socket(self, process: int, inode: str) -> None:
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[9] == inode and words[3] == _ESTABLISHED:
                    address = _address(words[2].partition(":")[0])
                    if not address.is_loopback:
                        self.held.hosts.add(str(address))


def _reads(process: int, number: str) -> bool:
    """Tell whether a file is open for reading, and for nothing else."""
    text = Path(f"/proc/{process}/fdinfo/{number}").read_text()
    flags = next(line for line in text.splitlines() if line.startswith("flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE == os.O_RDONLY


def _address(spelled: str) -> IPv4Address | IPv6Address:
    """Read an address as the kernel spells it: words of 32 bits, each little-endian."""
    raw = bytes.fromhex(spelled)
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    if len(spelled) == _IPV4_DIGITS:
        return IPv4Address(turned)
    found = IPv6Address(turned)
    return found.ipv4_mapped or found
