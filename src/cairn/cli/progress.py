"""Progress on anything that takes longer than a second, and only for eyes."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from cairn.cli.text import size
from cairn.core.words import counted

QUIET_SECONDS, EVERY_SECONDS = 1.0, 0.1
Report = Callable[[int, int, int, int], None]


@contextmanager
def progress(what: str) -> Generator[Report]:
    """Hand out a callback: files done, bytes done, files in all, bytes in all.

    Nothing is shown in the first second, nor when the error stream is not a terminal.
    """
    if not sys.stderr.isatty():
        yield _silent
        return
    line = _Line(what)
    try:
        yield line.update
    finally:
        line.clear()


@contextmanager
def working(what: str) -> Generator[None]:
    """Say what is done and since when, where nobody knows how much of it is left.

    Nothing is shown in the first second, nor when the error stream is not a terminal.
    """
    if not sys.stderr.isatty():
        yield
        return
    line, ended = _Line(what), threading.Event()
    ticking = threading.Thread(target=_tick, args=(line, ended), daemon=True)
    ticking.start()
    try:
        yield
    finally:
        ended.set()
        ticking.join()
        line.clear()


def _tick(line: "_Line", ended: threading.Event) -> None:
    wait = QUIET_SECONDS
    while not ended.wait(wait):
        line.waited()
        wait = EVERY_SECONDS


def _silent(_files: int, _done: int, _all_files: int, _total: int) -> None:
    """Show nothing."""


class _Line:
    """One line that is written over again and again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._start = self._last = time.monotonic()
        self._width = 0

    def update(self, files: int, done: int, all_files: int, total: int) -> None:
        """Show how far the work is, how fast, and how long it will still take."""
        now = time.monotonic()
        if now - self._start < QUIET_SECONDS or now - self._last < EVERY_SECONDS:
            return
        self._last = now
        rate = done / (now - self._start)
        left = f", {(total - done) / rate:.0f} s left" if rate and total else ""
        share = f"{100 * done // total:3d} % " if total else ""
        self._show(
            f"{self._what}: {share}{files:,} of {counted(all_files, 'file')}, {size(done)}, "
            f"{size(int(rate))}/s{left}"
        )

    def waited(self) -> None:
        """Show how long the work takes already."""
        self._show(f"{self._what}: {time.monotonic() - self._start:.0f} s")

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self._show("")
            sys.stderr.write("\r")

    def _show(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)
