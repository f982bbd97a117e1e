"""Processes that work beside this one on many small files.

Each is a Python of its own that is told what to do through a pipe. It is not forked, so it
is safe beside threads, and it does not import the script that is running, so it is safe in
one. It ends when the pipe does: when this process is done, or killed.
"""

import os
import selectors
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress

import msgspec

from cairn.core import errors
from cairn.core.errors import CairnError, Unavailable
from cairn.interpreter import isolated

MOST_WORKERS = 8
MANY_FILES, MANY_BYTES = 2_000, 256 << 20
WAITING_JOBS = 2
WAITING_REPLIES = 8
LAST_SECONDS = 10
FRAME = struct.Struct("<I")
_CHUNK = 1 << 16


class Reply(msgspec.Struct, array_like=True):
    """What a worker answers: a value, or an error by the name of its class."""

    value: msgspec.Raw
    kind: str = ""
    text: str = ""


def worker_count(files: int, size: int) -> int:
    """Tell how many processes are worth their start; fewer than 2 if none is."""
    if files <= MANY_FILES and size <= MANY_BYTES:
        return 0
    if not sys.executable or getattr(sys, "frozen", False):
        return 0
    return min(MOST_WORKERS, cores(), files)


def cores() -> int:
    """Tell how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


@contextmanager
def working(
    module: str, settings: object, *, count: int
) -> Generator["Workers | None", None, None]:
    """Start `count` processes that run `main()` of a module; they are gone when this ends.

    Each is sent `settings` first. None if the system lets no further process start.
    """
    with ExitStack() as stack:
        started: list[_Worker] = []
        with suppress(OSError):
            while len(started) < count:
                started.append(stack.enter_context(_worker(module)))
        for worker in started:
            worker.send(msgspec.msgpack.encode(settings))
        yield Workers(started) if started else None


class Workers:
    """Workers that take jobs in turn."""

    def __init__(self, workers: list["_Worker"]) -> None:
        self._workers = workers

    def work(self, jobs: Iterator[bytes]) -> Iterator[msgspec.Raw]:
        """Yield the reply to each job, in their order; few are under way or wait.

        Raises the error that a worker answers, and `Unavailable` for one that dies.
        """
        order: deque[_Worker] = deque()
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.output, selectors.EVENT_READ, worker)
            while True:
                self._hand_out(jobs, order)
                if not order:
                    return
                while not order[0].replies:
                    for key, _ in selector.select():
                        key.data.receive()
                    self._hand_out(jobs, order)
                yield order.popleft().replies.popleft()

    def finish(self) -> None:
        """Let all end their work, at the same time; raises as `work` does."""
        for worker in self._workers:
            worker.send(b"")
        for worker in self._workers:
            while not worker.replies:
                worker.receive()
            worker.replies.popleft()

    def _hand_out(self, jobs: Iterator[bytes], order: deque["_Worker"]) -> None:
        for worker in sorted(self._workers, key=lambda worker: worker.waiting):
            while worker.waiting < WAITING_JOBS and len(order) < self._most():
                job = next(jobs, None)
                if job is None:
                    return
                worker.send(job)
                order.append(worker)

    def _most(self) -> int:
        return WAITING_REPLIES * len(self._workers)


class _Worker:
    """One process; `waiting` counts the jobs that it has not answered yet."""

    def __init__(self, process: subprocess.Popen[bytes], jobs: int, output: int) -> None:
        self._process = process
        self._jobs = jobs
        self._read = b""
        self.output = output
        self.waiting = -1  # the settings are not answered
        self.replies: deque[msgspec.Raw] = deque()

    def send(self, content: bytes) -> None:
        """Send a job; what it answers comes to `replies`."""
        self.waiting += 1
        rest = memoryview(FRAME.pack(len(content)) + content)
        with suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(self._jobs, rest) :]
        while rest:  # it has ended, and may have said why
            self.receive()

    def receive(self) -> None:
        """Read some of what it answers; raises the error that it answers."""
        content = os.read(self.output, _CHUNK)
        if not content:
            raise self._died()
        self._read += content
        while len(self._read) >= FRAME.size:
            (size,) = FRAME.unpack_from(self._read)
            if len(self._read) < FRAME.size + size:
                return
            frame = self._read[FRAME.size : FRAME.size + size]
            self._read = self._read[FRAME.size + size :]
            self.replies.append(_value(msgspec.msgpack.decode(frame, type=Reply)))
            self.waiting -= 1

    def _died(self) -> Unavailable:
        status = self._process.wait()
        return Unavailable(
            f"a process that worked for this one ended early (exit status {status}): see that "
            "it has enough memory and run this again"
        )


@contextmanager
def _worker(module: str) -> Generator[_Worker, None, None]:
    """Run a worker, in a group of its own: an interrupt is for this process to answer."""
    process = subprocess.Popen(  # noqa: S603 (this Python, and a module of Cairn)
        isolated(module, plain=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield _Worker(process, process.stdin.fileno(), process.stdout.fileno())
        finally:
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(LAST_SECONDS)
            process.kill()


def _value(reply: Reply) -> msgspec.Raw:
    if not reply.kind:
        return reply.value
    kind = getattr(errors, reply.kind, None)
    if isinstance(kind, type) and issubclass(kind, CairnError):
        raise kind(reply.text)
    raise RuntimeError(reply.text)
