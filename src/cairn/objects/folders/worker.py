"""The other end of the pipe: a process that stores or writes files for the one that began it.

It is sent its settings, then jobs, and answers each with a value. An empty job is the last:
the answer to that one says that all is durable. If the pipe ends before, whatever is not
whole is forgotten.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator

import msgspec

from cairn.core.errors import CairnError
from cairn.objects.folders.workers import FRAME

Work = Callable[[bytes, Iterator[bytes]], Iterator[object]]
"""Given settings and jobs, yields a value for each job and ends when they do."""


def serve(work: Work) -> None:
    """Answer on what is the standard output now; what is printed goes to the error stream."""
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        jobs = _frames()
        for value in work(next(jobs), iter(jobs.__next__, b"")):
            _answer(output, value)
        _answer(output, None)
    except (EOFError, BrokenPipeError):
        sys.exit(1)
    except CairnError as error:
        _answer(output, None, kind=type(error).__name__, text=str(error))
    except Exception:  # noqa: BLE001 (a bug, which the other process shows)
        _answer(output, None, kind="bug", text=traceback.format_exc())


def _answer(output: int, value: object, *, kind: str = "", text: str = "") -> None:
    content = msgspec.msgpack.encode((value, kind, text))
    rest = memoryview(FRAME.pack(len(content)) + content)
    while rest:
        rest = rest[os.write(output, rest) :]


def _frames() -> Iterator[bytes]:
    while True:
        (size,) = FRAME.unpack(_read(FRAME.size))
        yield _read(size)


def _read(size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = os.read(0, size - len(content))
        if not more:
            raise EOFError
        content += more
    return content
