"""Checks of a project's own, run beforehand: a script of the project, or a plugin by its name.

Either is handed two folders, every byte verified: the files of the model and those of the
evaluation snapshot. What ran is stored with the answer: name, version and bytes.

- A script ends with 0 (pass) or 7 (inconclusive), with anything else the check fails; the last
  line that it prints is the reason. `CAIRN_MODEL` and `CAIRN_DATA` are the folders.
- A plugin is an entry point of the group `cairn.checks`: a function of both folders that gives
  `pass`, `fail` or `inconclusive`, and the reason.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from inspect import getsourcefile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, get_args

from cairn import identity
from cairn.capture.secrets import known_here
from cairn.core.check import OwnCheck
from cairn.core.digest import Digest
from cairn.core.errors import Inconclusive, Invalid, first_line
from cairn.core.evaluation import OwnResult, RecordResult, ResultInfo
from cairn.core.secret import redact, require_plain
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.gates.evaluation import artifacts_of
from cairn.interpreter import isolated_script
from cairn.objects.folders.tree import restore_tree
from cairn.project import Project

GROUP = "cairn.checks"
MOST_SECONDS = 3600
_LONGEST = 500
_PYTHON = re.compile(r"python[\d.]*(\.exe)?")
Outcome = Literal["pass", "fail", "inconclusive"]


class _Program(NamedTuple):
    """What answers for a check: its name, its version, the file that holds it."""

    plugin: str
    version: str
    source: Path
    point: EntryPoint | None = None


class _Answer(NamedTuple):
    outcome: Outcome
    reason: str


def run_own(
    project: Project, version: Version, check: OwnCheck, *, on: SnapshotInfo
) -> ResultInfo:
    """Run a check on a version and record what it says; raises `Invalid` if there is none."""
    artifacts, program = artifacts_of(version), _program(project, check)
    with TemporaryDirectory(prefix="cairn-") as folder:
        model, data = Path(folder) / "model", Path(folder) / "data"
        restore_tree(project.objects, artifacts.tree, model)
        restore_tree(project.objects, on.tree, data)
        answer = (
            _asked(program.point, model, data)
            if program.point is not None
            else _executed(project, check, model=model, data=data)
        )
    known = known_here(project.settings.folder)
    result = OwnResult(
        run=check.run,
        artifacts=artifacts.tree,
        snapshot=on.digest,
        outcome=answer.outcome,
        reason=redact(known.redact(answer.reason))[:_LONGEST],
        plugin=program.plugin,
        version=program.version,
        source=_kept(project, check, program),
    )
    digest = project.objects.put_record(result)
    return project.engine.send(RecordResult(result=digest, signed=identity.vouch(digest)))


def already_run(project: Project, check: OwnCheck, known: Iterable[ResultInfo]) -> bool:
    """Whether a check answered before, by the very bytes that it runs today."""
    source = _kept(project, check, _program(project, check))
    return any((info.result.run, info.result.source) == (check.run, source) for info in known)


def _program(project: Project, check: OwnCheck) -> _Program:
    """Find what the policy runs: a plugin of that name, else a script of the project."""
    for point in entry_points(group=GROUP, name=check.run):
        source = getsourcefile(point.load())
        if source is not None and point.dist is not None:
            return _Program(point.dist.name, point.dist.version, Path(source), point)
    folder = project.settings.folder.resolve()
    for word in _words(check):
        path = (folder / word).resolve()
        if path.is_file() and path.is_relative_to(folder):
            return _Program(path.relative_to(folder).as_posix(), "", path)
    raise Invalid(
        f"check {check.id!r} runs {check.run!r}, which names neither a script in {folder} nor "
        f"an installed plugin ({GROUP})"
    )


def _kept(project: Project, check: OwnCheck, program: _Program) -> Digest:
    """Store what answers for a check; raises `Invalid` for a script with a secret in it."""
    if program.point is None:
        require_plain(f"check {check.id!r}: {program.plugin}", program.source.read_bytes())
    return project.objects.put_file(program.source)[0]


def _words(check: OwnCheck) -> list[str]:
    try:
        return shlex.split(check.run)
    except ValueError as error:
        raise Invalid(
            f"check {check.id!r}: {check.run!r} is not a command: {error}"
        ) from error


def _executed(project: Project, check: OwnCheck, *, model: Path, data: Path) -> _Answer:
    words, variables = _command(project.settings.folder, _words(check))
    folders = {"CAIRN_MODEL": str(model), "CAIRN_DATA": str(data)}
    try:
        done = subprocess.run(  # noqa: S603 (the project's own script, named in its policy)
            words,
            cwd=project.settings.folder,
            env=os.environ | variables | folders,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=MOST_SECONDS,
            check=False,
        )
    except OSError as error:
        raise Invalid(f"{check.run} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        return _Answer("inconclusive", f"it took longer than {MOST_SECONDS} seconds")
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines() or [""]
    endings: dict[int, Outcome] = {0: "pass", Inconclusive.exit_code: "inconclusive"}
    return _Answer(endings.get(done.returncode, "fail"), lines[-1][:_LONGEST])


def _command(folder: Path, words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Run a script of Python so that what lies beside it comes after the standard library."""
    match words:
        case [python, script, *rest] if _PYTHON.fullmatch(Path(python).name):
            if (folder / script).is_file():
                return isolated_script(python, script, *rest)
        case _:
            pass
    return words, {}


def _asked(point: EntryPoint, model: Path, data: Path) -> _Answer:
    """Call a plugin; whatever it raises is not a pass."""
    function: Any = point.load()
    try:
        outcome, reason = function(model, data)
    except Exception as error:  # noqa: BLE001 (somebody else's code)
        return _Answer("fail", f"{type(error).__name__}: {first_line(error)}"[:_LONGEST])
    if outcome not in get_args(Outcome):
        return _Answer("fail", f"it said {outcome!r}, not one of {get_args(Outcome)}")
    return _Answer(outcome, str(reason)[:_LONGEST])
