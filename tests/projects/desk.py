"""Commands typed in a folder and answered in this process: the whole command line, quickly."""

import contextlib
import gc
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.cli import main
from cairn.registry import Registry
from projects.repositories import repository
from projects.shell import Shell
from projects.workshop import SETTINGS, churn, fitted, register

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: floor, type: floor, metric: roc_auc, value: 0.55}
"""


class Desk(Shell):
    """A shell that keeps `cairn` in this process; other programs run as ever."""

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder; `cairn` without a new process."""
        if command[1:3] != ("-m", "cairn"):
            return super().run(*command)
        streams = _stream(), _stream()
        with (
            mock.patch.dict(os.environ, self.environment(), clear=True),
            mock.patch.object(sys, "argv", ["cairn", *command[3:]]),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(streams[0]),
            contextlib.redirect_stderr(streams[1]),
        ):
            code = _ended()
        return subprocess.CompletedProcess(command, code, *map(_written, streams))

    def cairn(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `cairn WORDS` in this process."""
        return self.run(sys.executable, "-m", "cairn", *words)

    def json(self, *words: str, expect: int = 0) -> Any:
        """Type `cairn WORDS --json`; return what its standard output says."""
        at = words.index("--") if "--" in words else len(words)
        done = self.run(sys.executable, "-m", "cairn", *words[:at], "--json", *words[at:])
        assert done.returncode == expect, done.stdout + done.stderr
        return json.loads(done.stdout)

    def fails(self, *words: str, code: int, says: str) -> str:
        """Type a command that must end in one sentence like `says`; return all it prints."""
        text = self(*words, expect=code)
        first, *others = text.split("\n")
        assert re.search(f"cairn: .*{says}", first), text
        assert not others[0], f"one sentence, then nothing or an empty line: {text}"
        described = self.json(*words, expect=code)["error"]
        assert re.search(says, described["message"]), described
        return text

    @contextmanager
    def nothing_recorded(self) -> Generator[None]:
        """Check that the ledger did not grow and that the whole store is intact."""
        before = self.json("ledger", "log", "--limit", "10000")
        yield
        assert self.json("ledger", "log", "--limit", "10000") == before
        assert "no problem found" in self("verify", "--all")


class Colleague(Desk):
    """Somebody else who types in the same project, with a name and a key of their own."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk.folder)
        self.home = desk.home
        self._name, self._key = name, desk.home / f"{name}.key"
        self.key: str = desk.json("whoami", "--new", str(self._key), "--name", name)["key"]

    def environment(self) -> dict[str, str]:
        """Variables that say who acts."""
        return super().environment() | {"LOGNAME": self._name, "CAIRN_KEY": str(self._key)}


def make(folder: Path) -> Desk:
    """Make a project with two complete versions of churn, the second better, and a gate."""
    repository(folder, {"cairn.toml": SETTINGS, "gates/churn.yaml": POLICY})
    desk = Desk(folder)
    desk("init")
    desk.write("data/test.csv", churn(rows=400))
    desk("snapshot", "add", "data/test.csv", "--name", "test")
    with mock.patch.dict(os.environ, desk.environment()):
        for columns in (["spend"], ["age", "spend"]):
            registry = Registry.open(folder)
            version = register(registry, fitted(LogisticRegression(), columns))
            registry.evaluate(version.name, on="snap:test")
    desk("gate", "set", "churn@production", "gates/churn.yaml")
    return desk


def copy(desk: Desk, folder: Path) -> Desk:
    """Copy a project with its keys: what happens to the copy happens to nobody else."""
    copied = Desk(folder)
    gc.collect()  # a database that nobody uses any more is closed now, not while it is copied
    shutil.copytree(desk.folder, copied.folder, symlinks=True)
    shutil.copytree(desk.home, copied.home)
    return copied


def _ended() -> int:
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
