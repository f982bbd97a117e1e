"""Scripts that run under the hook, and what it saw of them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.capture import hook
from suite import warm

HOOK = Path(hook.__file__).parent


@dataclass(frozen=True)
class Seen:
    """How a script ended, and the events of all its processes, in order of time."""

    code: int
    output: str
    events: list[dict[str, Any]]
    room: Path

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the events of some kinds."""
        return [event for event in self.events if event["event"] in kinds]

    def paths(self, kind: str) -> list[str]:
        """Return the names of files in the events of one kind."""
        return [Path(event["path"]).name for event in self.of(kind)]


def watch(
    folder: Path,
    script: str,
    *arguments: str,
    python: str = sys.executable,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> Seen:
    """Write `script` into `folder` as train.py and run it there under the hook.

    One that imports scikit-learn is run by an interpreter that has done so, unless it matters
    that it is a `fresh` one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.py").write_text(script)
    command = [python, *options, "train.py", *arguments]
    is_warm = not (fresh or options or variables) and python == sys.executable
    if is_warm and "sklearn" in script:
        command = warm.script(command)
    return run(folder, command, variables=variables or {})


def watch_each(folder: Path, start: str, scripts: Mapping[str, str]) -> dict[str, Seen]:
    """Run several scripts in one process, each after `start`; returns what each did.

    A file that is written in between tells their events apart.
    """
    whole = f"""
start = {start!r}
for name, script in {dict(scripts)!r}.items():
    open(name + ".case", "w").close()
    exec(start + script, {{"__name__": "__main__"}})
"""
    seen = watch(folder, whole)
    assert seen.code == 0, seen.output
    found: dict[str, Seen] = {}
    events: list[dict[str, Any]] = []
    for event in seen.events:
        if event["event"] == "write" and event["path"].endswith(".case"):
            events = []
            name = Path(event["path"]).stem
            found[name] = Seen(seen.code, seen.output, events, seen.room)
        else:
            events.append(event)
    return found


def run(folder: Path, command: Sequence[str], *, variables: Mapping[str, str]) -> Seen:
    """Run a command under the hook."""
    room = folder.parent / f"{folder.name}-room"
    (room / "events").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**plain(), **watching(folder, room), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )
    lines = [
        line
        for file in sorted((room / "events").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    events.sort(key=lambda event: int(event["time"]))
    return Seen(done.returncode, done.stdout.decode(errors="replace"), events, room)


def watching(folder: Path, room: Path) -> dict[str, str]:
    """Give the variables that put a process under the hook."""
    return {
        "CAIRN_HOOK_EVENTS": str(room / "events"),
        "CAIRN_HOOK_ROOT": str(folder),
        "PYTHONPATH": str(HOOK),
    }


def plain() -> dict[str, str]:
    """Give this environment without what would change how Python starts."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "CAIRN_"))
    }
