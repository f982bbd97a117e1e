"""The process that judges files: one for many of them, and within limits for each.

It imports what judging needs and nothing else, loads nothing of what it looks at, and ends
when whoever asked does. A question is a line with a path and a name; the answer is a line.

A model that was judged is loaded back by a fork, which need not start, nor import what judging
has imported; nothing of a model runs in the process that judges others.
"""

import json
import os
import resource
import stat
import sys
from mmap import ACCESS_READ, mmap
from typing import IO, Any, NoReturn

from cairn.flavors.content import Content
from cairn.flavors.formats import judge
from cairn.flavors.limits import MEMORY_BYTES, MEMORY_RATIO, cpu_seconds
from cairn.flavors.verdict import Verdict, unknown

_PAGE = os.sysconf("SC_PAGE_SIZE")
_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_CPU)
_LONGEST_SAID = 64 << 10


def main() -> None:
    """Answer questions until there are no more."""
    before = {kind: resource.getrlimit(kind) for kind in _LIMITS}
    while question := sys.stdin.buffer.readline():
        match json.loads(question):
            case [path, name]:
                answer(sys.stdout.buffer, judge_path(path, name))
            case _:
                answer(sys.stdout.buffer, load_in_fork(question, before))


def answer(out: IO[bytes], found: Any) -> None:
    """Write a verdict, or how loading ended, as a line."""
    out.write(json.dumps(found).encode() + b"\n")
    out.flush()


def load_in_fork(question: bytes, limits: dict[int, tuple[int, int]]) -> tuple[int, str]:
    """Load a model back within these limits; returns the exit code, and the last line said."""
    said = os.memfd_create("said")
    try:
        process = os.fork()
        if process == 0:
            _load(question, limits, said)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        size = os.fstat(said).st_size
        end = os.pread(said, _LONGEST_SAID, max(0, size - _LONGEST_SAID))
    finally:
        os.close(said)
    lines = end.decode(errors="replace").strip().splitlines()
    return code, lines[-1] if lines else ""


def _load(question: bytes, limits: dict[int, tuple[int, int]], said: int) -> NoReturn:
    """Load a model and end; what it prints is no answer to anything that was asked."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(said, stream)
        sys.stderr = open(2, "w", buffering=1, closefd=False, errors="backslashreplace")  # noqa: SIM115 (standard error, which the process may lack)
        for kind, most in limits.items():
            resource.setrlimit(kind, most)
        from cairn.flavors.loadback import load_asked

        load_asked(question)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 (as an interpreter does at its end)
        from traceback import print_exc

        print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def judge_path(path: str, name: str) -> Verdict:
    """Judge a regular file within limits that grow with its size."""
    try:
        place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return unknown("unreadable", f"it cannot be read: {os.strerror(error.errno or 0)}")
    try:
        told = os.fstat(place)
        if not stat.S_ISREG(told.st_mode):
            return unknown("special", "it is neither a file nor a folder")
        limit(told.st_size)
        content: Content = mmap(place, 0, access=ACCESS_READ) if told.st_size else b""
        return judge(content, name)
    except MemoryError:
        return unknown("large", "it needs more memory to be judged than Cairn takes")
    finally:
        os.close(place)


def limit(size: int) -> None:
    """Limit what this process may use from now on, for a file of some size."""
    with open("/proc/self/statm") as told:  # noqa: PTH123 (pathlib costs more than all the rest)
        pages = int(told.read().split()[0])
    memory = pages * _PAGE + MEMORY_BYTES + MEMORY_RATIO * size
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds(size)
    for kind, most in zip(_LIMITS, (memory, seconds), strict=True):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))
