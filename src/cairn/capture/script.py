"""Run the script: its output passes through unchanged, and a part of it is kept.

The script belongs to the same terminal as Cairn. Signals that reach Cairn alone are handed on,
and Cairn outlives the script, whatever ends it, to write down how it ended.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Literal, NamedTuple

from cairn.capture.held import Held, Watch
from cairn.core.errors import Invalid, Unavailable

KEPT_HEAD, KEPT_TAIL = 256 << 10, 768 << 10
LINGER_SECONDS = 2.0
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_STOPS = frozenset(
    {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL}
)

OnLine = Callable[[str], None]


class Ended(NamedTuple):
    """How a command ended; a negative code is the signal that killed it."""

    code: int
    seconds: float
    output: bytes
    held: Held | None = None

    @property
    def exit_code(self) -> int:
        """What a shell would report."""
        return 128 - self.code if self.code < 0 else self.code

    @property
    def was_stopped(self) -> bool:
        """Whether somebody stopped it, rather than it failing by itself."""
        return -self.code in _STOPS

    @property
    def status(self) -> Literal["succeeded", "failed", "interrupted"]:
        """What is recorded of it."""
        if self.was_stopped:
            return "interrupted"
        return "failed" if self.code else "succeeded"

    @property
    def reason(self) -> str:
        """The ending in words; empty if it succeeded."""
        if self.code < 0:
            verb = "stopped" if self.was_stopped else "crashed"
            return f"{verb} by {_signal_name(-self.code)}"
        return f"the command ended with exit code {self.code}" if self.code else ""


def check_command(command: Sequence[str]) -> None:
    """Raise `Invalid` unless the command's first word is a program."""
    if not command:
        raise Invalid("no command to run: write `cairn run --model NAME -- python train.py`")
    if shutil.which(command[0]) is not None:
        return
    if Path(command[0]).is_file():
        raise Invalid(
            f"{command[0]} is not a program: write `cairn run --model NAME -- python "
            f"{command[0]}`"
        )
    raise Invalid(f"{command[0]} is not installed: there is no such program on PATH")


def run_script(
    command: Sequence[str], *, variables: Mapping[str, str], on_line: OnLine | None
) -> Ended:
    """Run a command to its end, and look at what it holds open meanwhile.

    `variables` are added to its environment.

    Output goes to this process's own, or line by line to `on_line`. Raises `Unavailable` if
    it cannot be started.
    """
    started = time.monotonic()
    try:
        script = subprocess.Popen(  # noqa: S603 (the user's own command, as written)
            list(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **variables},
        )
    except OSError as error:
        raise Unavailable(f"{command[0]} cannot be started: {error.strerror}") from error
    kept = _Kept()
    with _signals_to(script), Watch(script.pid) as watch:
        readers = _read_output(script, kept, on_line)
        script.wait()
        for reader in readers:  # a child that lives on may hold the other end open
            reader.join(LINGER_SECONDS)
    seconds = time.monotonic() - started
    return Ended(script.returncode, seconds, kept.content(), watch.held)


class _Kept:
    """The beginning and the end of what was written, in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        with self._lock:
            room = KEPT_HEAD - len(self._head)
            self._head += chunk[:room]
            self._tail += chunk[room:]
            spare = len(self._tail) - KEPT_TAIL
            if spare > 0:
                del self._tail[:spare]
                self._dropped += spare

    def content(self) -> bytes:
        with self._lock:
            if not self._dropped:
                return bytes(self._head + self._tail)
            # Half a line may be half a secret, which nobody recognises.
            head, _, cut = bytes(self._head).rpartition(b"\n")
            more, _, tail = bytes(self._tail).partition(b"\n")
            gone = self._dropped + len(cut) + len(more) + 1
            return head + b"\n... %d bytes left out ...\n" % gone + tail


def _read_output(
    script: subprocess.Popen[bytes], kept: _Kept, on_line: OnLine | None
) -> list[threading.Thread]:
    pairs = ((script.stdout, sys.stdout), (script.stderr, sys.stderr))
    readers: list[threading.Thread] = []
    for source, target in pairs:
        if source is not None:
            passed = _by_line(on_line) if on_line else _straight(target)
            arguments = (source, kept, passed)
            readers.append(threading.Thread(target=_pass_on, args=arguments, daemon=True))
            readers[-1].start()
    return readers


def _pass_on(source: IO[bytes], kept: _Kept, passed: Callable[[bytes], None]) -> None:
    while chunk := os.read(source.fileno(), 1 << 16):
        kept.add(chunk)
        with suppress(OSError, ValueError):  # nobody listens any more: go on, for the record
            passed(chunk)
    passed(b"")
    source.close()


def _straight(target: IO[str]) -> Callable[[bytes], None]:
    def write(chunk: bytes) -> None:
        raw: IO[bytes] | None = getattr(target, "buffer", None)
        if raw is None:
            target.write(chunk.decode(errors="replace"))
        else:
            raw.write(chunk)
        target.flush()

    return write


def _by_line(on_line: OnLine) -> Callable[[bytes], None]:
    waiting = bytearray()

    def write(chunk: bytes) -> None:
        waiting.extend(chunk)
        *lines, rest = bytes(waiting).split(b"\n")
        waiting[:] = rest
        for line in lines if chunk else [*lines, *filter(None, [rest])]:
            on_line(line.decode(errors="replace"))

    return write


@contextmanager
def _signals_to(script: subprocess.Popen[bytes]) -> Generator[None]:
    """Hand signals on to the script and outlive them; Ctrl-C in a terminal reaches both."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pass_on(number: int, _frame: object) -> None:
        if number != signal.SIGINT or not _terminal_tells_both():
            with suppress(ProcessLookupError):
                script.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_tells_both() -> bool:
    """Tell whether Ctrl-C would reach the script by itself, as part of our own group."""
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
