"""Servers that tests start end with the tests, even with those that are killed.

A watcher holds the other end of a pipe. When this process is gone, however it ended, the pipe
ends, and the watcher ends every process that it was told of.
"""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache

PATIENCE_SECONDS = 5


def hold(*processes: int) -> None:
    """Let processes end with this one."""
    told = _watcher().stdin
    assert told is not None
    told.write("".join(f"{process}\n" for process in processes))
    told.flush()


@cache
def _watcher() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,  # whoever interrupts the tests does not interrupt it
    )


def _watch() -> None:
    # A descriptor is of this process, and never of a later one that has its number.
    held = [os.pidfd_open(int(line)) for line in sys.stdin]
    for descriptor in held:
        _send(descriptor, signal.SIGTERM)
    for descriptor in held:
        if not select.select([descriptor], [], [], PATIENCE_SECONDS)[0]:
            _send(descriptor, signal.SIGKILL)


def _send(descriptor: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(descriptor, number)


if __name__ == "__main__":
    _watch()
