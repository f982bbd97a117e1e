"""The stage of the demo: commands are shown as they are typed, and answered by the real thing.

1. What follows a `$` runs as a process of its own in the demo's folder, and what it prints
   follows line by line; lines longer than 100 columns go on below their last column.
2. On a terminal a clock ticks while a command is silent.
3. A claim of the story that does not hold ends the demo with an error.
"""

import os
import re
import shlex
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from cairn.core.errors import CairnError

WIDTH = 100
MOST_LINES = 3
DEEPEST = 60
QUIET_SECONDS = 1.0
_LAST_COLUMN = re.compile(r"^.*\S\s{2,}(?=\S)|^\s*")
# Variables that would lead git away from the demo's repository.
_LEFT_OUT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
_GIT_IDENTITY = {
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Cairn demo"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "demo@example.invalid"),
}
# On a busy computer, threads that wait for each other cost more than they give; what is
# computed is the same.
_ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}


class Ended(NamedTuple):
    """How a command ended, and everything that it said."""

    exit_code: int
    text: str


class Stage:
    """Where the story is told; counts the claims that it kept."""

    def __init__(self, folder: Path, out: TextIO) -> None:
        self.folder = folder
        self.claims = 0
        self._out = out
        self._is_terminal = out.isatty()
        self._writing = threading.Lock()

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        self._write(f"\n{self._bold(f'== {text} '.ljust(WIDTH, '='))}\n")

    def say(self, text: str) -> None:
        """Tell something; blank lines part paragraphs."""
        for paragraph in textwrap.dedent(text).strip().split("\n\n"):
            self._write("\n" + textwrap.fill(" ".join(paragraph.split()), WIDTH) + "\n")

    def show(self, text: str) -> None:
        """Show lines as they are."""
        self._write("\n" + text.rstrip("\n") + "\n")

    def run(self, *words: str, expecting: int = 0) -> Ended:
        """Type a command and show what it answers; another exit code ends the demo."""
        self._write(f"\n{self._bold('$ ' + shlex.join(words))}\n")
        begun = time.monotonic()
        said: list[str] = []
        with self._started(words) as process, self.waiting():
            for line in process.stdout or ():
                said.append(line)
                self._write("\n".join(folded(line.rstrip())) + "\n")
        seconds = time.monotonic() - begun
        if seconds > QUIET_SECONDS:
            self._write(f"({seconds:.1f} s)\n")
        ended = process.returncode
        self.claim(
            ended == expecting,
            f"`{shlex.join(words)}` ends with exit code {expecting}, not with {ended}",
        )
        return Ended(ended, "".join(said))

    def claim(self, holds: bool, claim: str) -> None:
        """Go on if what the story says is so; raise `CairnError` otherwise."""
        if not holds:
            raise CairnError(
                f"the demo did not go as it is told. Expected: {claim}. "
                f"Everything is still in {self.folder}"
            )
        self.claims += 1

    def _started(self, words: tuple[str, ...]) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 (our own commands, no shell)
            _real(words),
            cwd=self.folder,
            env=surroundings(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Show seconds while nothing else is shown, if anybody watches."""
        if not self._is_terminal:
            yield
            return
        over = threading.Event()
        clock = threading.Thread(target=self._tick, args=(over,), daemon=True)
        clock.start()
        try:
            yield
        finally:
            over.set()
            clock.join()

    def _tick(self, over: threading.Event) -> None:
        begun = time.monotonic()
        while not over.wait(QUIET_SECONDS):
            with self._writing:
                self._out.write(f"... {time.monotonic() - begun:.0f} s\r")
                self._out.flush()

    def _write(self, text: str) -> None:
        clear = "\033[K" if self._is_terminal else ""
        with self._writing:
            self._out.write(clear + text)
            self._out.flush()

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._is_terminal else text


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of the demo's commands: this Python first, output at once."""
    kept = {name: value for name, value in variables.items() if name not in _LEFT_OUT}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return kept | _GIT_IDENTITY | {"PATH": path, "PYTHONUNBUFFERED": "1", **_ONE_THREAD}


def folded(line: str) -> list[str]:
    """Fold a long line so that it goes on below its last column; at most three lines."""
    if len(line) <= WIDTH or not line.strip(" -"):
        return [line[:WIDTH]]
    found = _LAST_COLUMN.match(line[:WIDTH])
    start = found.end() if found else 0
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * (start if start <= DEEPEST else 2),
        max_lines=MOST_LINES,
        placeholder=" ...",
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _real(words: tuple[str, ...]) -> list[str]:
    """Find the program behind the first word: Cairn is the one that is running."""
    if words[0] == "cairn":
        return [sys.executable, "-P", "-m", *words]
    return list(words)
