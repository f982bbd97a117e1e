"""Runs whose watcher died: found by the lock that it held, and closed.

A run's lock is a locked file. The system lets go of it when the process that holds it ends,
however it ends, so a running run whose lock is free has nobody left to finish it.
"""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from cairn import rights
from cairn.core.errors import Conflict, Unavailable
from cairn.core.name import RunId
from cairn.core.run import FinishRun, Run
from cairn.project import Project


@contextmanager
def hold(store: Path, run: RunId) -> Generator[Path]:
    """Hold the lock of a run and give its folder, which is gone afterwards."""
    runs = store / "runs"
    room = runs / run
    try:
        rights.make_folder(room / "events")
        lock = _open(_lock_of(runs, run))
    except OSError as error:
        raise Unavailable(f"{runs} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        with suppress(OSError):
            _lock_of(runs, run).unlink()
        os.close(lock)


def settle_interrupted(project: Project) -> tuple[Run, ...]:
    """Mark every run as `interrupted` that says it is running and that nobody watches."""
    runs = project.settings.store / "runs"
    return tuple(
        settled
        for run in project.runs(status="running")
        if (settled := _settle(project, runs, run)) is not None
    )


def _settle(project: Project, runs: Path, run: Run) -> Run | None:
    with _free(_lock_of(runs, run.id)) as is_free:
        if not is_free:
            return None
        try:
            settled = project.engine.send(
                FinishRun(
                    run=run.id,
                    status="interrupted",
                    reason="the process that watched it ended without a word",
                )
            )
        except Conflict:  # it ended in good order while we looked
            return None
        shutil.rmtree(runs / run.id, ignore_errors=True)
        return settled


@contextmanager
def _free(path: Path) -> Generator[bool]:
    """Tell whether nobody holds a lock, and hold it meanwhile."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
        with suppress(OSError):
            path.unlink()
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return rights.open_or_create(path, os.O_RDWR)


def _lock_of(runs: Path, run: RunId) -> Path:
    return runs / f"{run}.lock"
