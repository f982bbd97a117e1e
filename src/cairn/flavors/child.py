"""The process that judges files: one for many of them, and within limits for each.

It imports what judging needs and nothing else, loads nothing of what it looks at, and ends
when whoever asked does. A question is a line with a path and a name; the answer is a line.
"""

import json
import os
import resource
import stat
import sys
from mmap import ACCESS_READ, mmap
from typing import IO

from cairn.flavors.content import Content
from cairn.flavors.formats import judge
from cairn.flavors.limits import MEMORY_BYTES, MEMORY_RATIO, cpu_seconds
from cairn.flavors.verdict import Verdict, unknown

_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Answer questions until there are no more."""
    while question := sys.stdin.buffer.readline():
        path, name = json.loads(question)
        answer(sys.stdout.buffer, judge_path(path, name))


def answer(out: IO[bytes], verdict: Verdict) -> None:
    """Write a verdict as a line."""
    out.write(json.dumps(verdict).encode() + b"\n")
    out.flush()


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
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))
