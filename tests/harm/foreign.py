"""Modules that lie about in a project: planted, and told when any of their code runs.

Each leaves a trace when it runs, in whatever process. What this process executes is told by an
audit hook as well, and so is a path for modules that leads into the project.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path
from types import CodeType
from typing import Any

from projects.desk import Desk, copy

RUN_BY_OTHERS = ("sitecustomize", "usercustomize", "conftest", "cairn", "setup", "manage")
_watched: "Watched | None" = None


@dataclass
class Watched:
    """What happened while a project was watched: code of its own, and ways into it."""

    folder: Path
    executed: list[str] = field(default_factory=list[str])
    led_in: set[str] = field(default_factory=set[str])

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of an audited event."""
        if event == "exec" and isinstance(arguments[0], CodeType):
            if self._is_inside(arguments[0].co_filename):
                self.executed.append(arguments[0].co_filename)
        elif event == "import":
            places = arguments[2] or ()
            self.led_in.update(f"{arguments[0]} {p}" for p in places if self._is_inside(p))

    def _is_inside(self, place: object) -> bool:
        if not isinstance(place, str):
            return False
        return not place or Path(place).is_relative_to(self.folder)


@contextmanager
def watched(folder: Path) -> Generator[Watched]:
    """Watch what this process executes of a project."""
    global _watched  # noqa: PLW0603 (a hook cannot be taken out again, only be told to rest)
    _watched = Watched(folder)
    try:
        yield _watched
    finally:
        _watched = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event in ("exec", "import"):
        _watched.look(event, arguments)


sys.addaudithook(_hook)


def plant(furnished: Desk, folder: Path) -> Desk:
    """Copy a project and put a module of every name at its top and beside its own check."""
    desk = copy(furnished, folder)
    left = folder.with_name("traces")
    left.mkdir()
    names = {*sys.stdlib_module_names, *packages_distributions(), *RUN_BY_OTHERS}
    for place in (".", "src", "checks"):
        for name in sorted(name for name in names if name.isidentifier()):
            trace = left / f"{place}-{name}"
            desk.write(f"{place}/{name}.py", f"open({str(trace)!r}, 'w').close()\n")
    return desk


def traces(desk: Desk) -> list[str]:
    """Name the planted modules that ran."""
    return sorted(path.name for path in desk.folder.with_name("traces").iterdir())
