"""The process beside this one that judges files, and loads models back in forks of itself.

It is started when it is needed, answers a line for each question (`child.py`), and is started
again when it has died: a file that takes too much memory or time ends it, not this process.
"""

import atexit
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from cairn.flavors.limits import cpu_seconds
from cairn.flavors.verdict import Verdict, unknown
from cairn.interpreter import isolated


class Judging:
    """Asks the process; `command` is what starts it."""

    def __init__(self, command: Callable[[], list[str]]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = Lock()

    def judge(self, path: Path, size: int) -> Verdict:
        """Ask for a verdict; one that the process does not survive is `unknown`."""
        with self._lock:
            answer = self._ask(
                json.dumps([os.fsdecode(path), os.fsdecode(path.name)]).encode()
            )
            if not answer:
                return unknown("large", self._ended(size))
        form, safety, reasons, names = json.loads(answer)
        return Verdict(form, safety, tuple(reasons), tuple(names))

    def load_back(self, question: bytes, *, seconds: float) -> tuple[int, str]:
        """Have a model loaded (`loadback.Asked`); returns how that ended and its last words.

        The number is an exit code, negative for a signal. Raises `TimeoutError`, and then
        nothing of it runs any longer.
        """
        with self._lock:
            answer = self._ask(question, seconds=seconds)
            if not answer:
                return self._exit_code(), ""
        code, said = json.loads(answer)
        return code, said

    def process_id(self) -> int:
        """Tell which process judges."""
        with self._lock:
            return self._running().pid

    def close(self) -> None:
        """End the process and its forks, if it is one of this process."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _ask(self, question: bytes, *, seconds: float | None = None) -> bytes:
        """Put a question; the answer is empty if the process does not live to give it."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(question + b"\n")
            process.stdin.flush()
        if seconds is not None:
            answered = select.poll()
            answered.register(process.stdout, select.POLLIN)
            if not answered.poll(seconds * 1000):
                self.close()
                raise TimeoutError
        answer = process.stdout.readline()
        return answer if answer.endswith(b"\n") else b""

    def _running(self) -> "subprocess.Popen[bytes]":
        alive = self._process is not None and self._owner == os.getpid()
        if not alive or self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603 (this Python, and a module of Cairn)
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
            self._owner = os.getpid()
        return self._process

    def _ended(self, size: int) -> str:
        """Say why the process died while it judged a file."""
        code = self._exit_code()
        if code == -signal.SIGXCPU:
            return f"judging it takes more than {cpu_seconds(size)} s, Cairn's limit"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the process that judged it ended with {how}"

    def _exit_code(self) -> int:
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return code


judging = Judging(lambda: isolated("cairn.flavors.child", plain=True))
atexit.register(judging.close)
