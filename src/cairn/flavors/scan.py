"""A verdict on every file of a directory; nothing is loaded, nothing is followed out of it.

A process of its own judges (`child.py`), so that a file which needs too much memory or time
ends that process and not this one. It is started once and answers for every file after that.
"""

import atexit
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

from cairn.core.errors import NotFound
from cairn.core.tree import escape
from cairn.flavors.allowed import allow_list_digest
from cairn.flavors.disk import disk_errors
from cairn.flavors.flavor import FileSafety, Inspection
from cairn.flavors.limits import cpu_seconds
from cairn.flavors.verdict import Verdict, unknown
from cairn.interpreter import isolated

MAX_BYTES = 8 << 30


@disk_errors()
def inspect(directory: Path) -> Inspection:
    """Judge every file below `directory`, in order of their paths.

    Raises `NotFound` if it is not a directory, and `Unavailable` if a file cannot be read.
    """
    if not directory.is_dir():
        raise NotFound(f"{directory} is not a directory: there is nothing to inspect")
    files = tuple(
        _named(path.relative_to(directory), judge_file(path)) for path in _below(directory)
    )
    return Inspection(files=files, allow_list=allow_list_digest())


def judge_file(path: Path) -> Verdict:
    """Judge one file by its content; its name can only make the verdict worse.

    Raises `OSError` if it cannot be read.
    """
    if path.is_symlink():
        return unknown("link", "it is a link: what it leads to can change")
    if not path.is_file():
        return unknown("special", "it is neither a file nor a folder")
    size = path.stat().st_size
    if size > MAX_BYTES:
        return unknown("large", f"it is larger than {MAX_BYTES >> 30} GiB")
    with path.open("rb"):
        return _judging.judge(path.absolute(), size)


class _Judging:
    """The process that judges: started when it is needed, and again when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = Lock()

    def judge(self, path: Path, size: int) -> Verdict:
        """Ask for a verdict; one that the process does not survive is `unknown`."""
        question = json.dumps([os.fsdecode(path), os.fsdecode(path.name)]).encode() + b"\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(BrokenPipeError):
                process.stdin.write(question)
                process.stdin.flush()
            answer = process.stdout.readline()
            if not answer.endswith(b"\n"):
                return unknown("large", self._ended(size))
        form, safety, reasons, names = json.loads(answer)
        return Verdict(form, safety, tuple(reasons), tuple(names))

    def process_id(self) -> int:
        """Tell which process judges."""
        with self._lock:
            return self._running().pid

    def close(self) -> None:
        """End the process, if it is one of this process."""
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()
        self._process = None

    def _running(self) -> "subprocess.Popen[bytes]":
        alive = self._process is not None and self._owner == os.getpid()
        if not alive or self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603 (this Python, and a module of Cairn)
                isolated("cairn.flavors.child", plain=True),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
            self._owner = os.getpid()
        return self._process

    def _ended(self, size: int) -> str:
        """Say why the process died while it judged a file."""
        assert self._process is not None
        code = self._process.wait()
        self.close()
        if code == -signal.SIGXCPU:
            return f"judging it takes more than {cpu_seconds(size)} s, Cairn's limit"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the process that judged it ended with {how}"


def judging_process() -> int:
    """Tell which process judges for this one."""
    return _judging.process_id()


_judging = _Judging()
atexit.register(_judging.close)


def _below(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir(), key=lambda path: os.fsencode(path.name)):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        else:
            yield path


def _named(path: Path, verdict: Verdict) -> FileSafety:
    return FileSafety(path=escape(os.fsencode(path.as_posix())), **verdict._asdict())
