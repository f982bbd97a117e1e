"""What the hook cannot see of a run, found from outside: written files, held files, addresses.

1. A file of the project that changed while the run went on was written by it, however it was
   written: in compiled code, by another program. Files of code and notes are left out, since
   people edit them meanwhile; so is what another run wrote at the same time.
2. A file that a process of the run held open for reading is an input like any other, unless
   it is a program that was run.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cairn.capture.events import AnyEvent, Journal, Network, Outside, Read, Write, read_journal
from cairn.capture.held import Held
from cairn.capture.hook.cairn_hook.scope import Scope
from cairn.capture.project.sources import is_source
from cairn.capture.touched import mark_of
from cairn.core.run import Gap
from cairn.core.tree import escape

MOST_FILES = 200_000
_SKIPPED = frozenset({".git", "__pycache__", ".ipynb_checkpoints", "node_modules", ".dvc"})
_PROGRAMS = frozenset({".py", ".sh", ".bash", ".zsh", ".r", ".jl", ".pl", ".rb", ".js"})
_EDITED = frozenset({".txt"})  # what is_source takes for code, and programs write, too


def with_unseen(
    journal: Journal, scope: Scope, *, room: Path, started: int, held: Held | None
) -> Journal:
    """Add to a journal what was found from outside; `started` is when the run began."""
    known = {event.path for event in journal.events if isinstance(event, Read | Write)}
    known |= {event.path for event in journal.events if isinstance(event, Outside)}
    last = max((event.time for event in journal.events), default=0) + 1
    changed, gaps = _changed(scope, started)
    others = _written_by_others(room)
    events: list[AnyEvent] = []
    if held is not None:
        events += [*_held(held, scope, known), *_reached(held, journal)]
    events += (
        Write(time=last, path=path)
        for path in sorted(map(_spelled, changed))
        if path not in known and path not in others
    )
    in_order = sorted([*journal.events, *events], key=lambda event: event.time)
    return Journal(tuple(in_order), (*journal.gaps, *gaps))


def _changed(scope: Scope, started: int) -> tuple[list[Path], tuple[Gap, ...]]:
    """List the files inside that changed since `started`, by the clock of the file system."""
    found: list[Path] = []
    budget = MOST_FILES
    for folder in scope.inside:
        budget = _walk(folder, scope, started, found, budget)
    if budget > 0:
        return found, ()
    gap = Gap(
        field="outputs",
        reason=f"the project has more than {MOST_FILES:,} files, so what compiled code wrote "
        "there is not known",
        fix="keep data outside of the project, and declare it with `cairn run --data FOLDER`",
    )
    return found, (gap,)


def _walk(top: str, scope: Scope, started: int, found: list[Path], budget: int) -> int:
    waiting = [top]
    while waiting and budget > 0:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                budget -= 1
                if entry.is_dir(follow_symlinks=False):
                    if _is_of_interest(entry, scope):
                        waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    newer = entry.stat(follow_symlinks=False).st_ctime_ns > started
                    if newer and not _is_edited(entry.path):
                        found.append(Path(entry.path))
    return budget


def _is_of_interest(folder: "os.DirEntry[str]", scope: Scope) -> bool:
    if folder.name in _SKIPPED or scope.is_skipped(f"{folder.path}/"):
        return False
    return not Path(folder.path, "pyvenv.cfg").exists()


def _is_edited(path: str) -> bool:
    name = os.fsencode(path)
    return is_source(name) and Path(path).suffix.lower() not in _EDITED


def _written_by_others(room: Path) -> set[str]:
    """List what other runs of this store wrote that go on beside this one."""
    found: set[str] = set()
    for events in room.parent.glob("*/events"):
        if events.parent != room:
            found |= {e.path for e in read_journal(events).events if isinstance(e, Write)}
    return found


def _held(held: Held, scope: Scope, known: set[str]) -> Iterable[AnyEvent]:
    for file in held.files:
        path = _spelled(Path(file.path))
        if path in known or Path(file.path).suffix.lower() in _PROGRAMS:
            continue
        if scope.is_inside(file.path):
            if not scope.is_skipped(file.path) and file.mark is not None:
                inode, size, changed = file.mark
                yield Read(time=file.time, path=path, inode=inode, size=size, changed=changed)
        elif scope.is_data_elsewhere(file.path) and mark_of(Path(file.path)) is not None:
            yield Outside(time=file.time, path=path)


def _reached(held: Held, journal: Journal) -> Sequence[AnyEvent]:
    """Name the addresses that were reached, unless Python looked a name up for them."""
    if journal.of(Network):
        return ()
    return [Network(time=0, host=host) for host in sorted(held.hosts)]


def _spelled(path: Path) -> str:
    return escape(os.fsencode(path))
