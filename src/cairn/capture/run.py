"""Run a command and capture everything: `cairn run --model churn -- python train.py`.

The run is recorded when it begins and when it ends. If it succeeded and saved one model, that
becomes a version; else the outcome says what to type.
"""

import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from cairn.capture import hook
from cairn.capture.assemble import Assembled, assemble
from cairn.capture.events import read_journal
from cairn.capture.hook.cairn_hook.scope import Scope
from cairn.capture.interrupted import hold
from cairn.capture.models.checks import refuse_undefined
from cairn.capture.models.chosen import proposable
from cairn.capture.models.likeliest import likeliest_file, likeliest_model
from cairn.capture.models.saved_models import distinct
from cairn.capture.observed import Observed
from cairn.capture.project import code as codes
from cairn.capture.register import register_manifest
from cairn.capture.script import Ended, OnLine, check_command, run_script
from cairn.capture.secrets import known_before, plain_words
from cairn.capture.told import Told
from cairn.capture.unseen import with_unseen
from cairn.config import user_folder
from cairn.core import reference
from cairn.core.errors import CairnError, Refused
from cairn.core.label import STAGING
from cairn.core.name import ModelName, RunId
from cairn.core.run import FinishRun, Gap, Run, RunFacts, Scalar, StartRun
from cairn.core.secret import kept_in_ledger, redact
from cairn.core.version import Version
from cairn.project import Project

SHOWN_ID, LONGEST_REASON = 8, 2000
_LIBRARIES = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run.

    `exit_code` is the script's own. `version` is what was registered, or had been before with
    the very same manifest (`is_new` tells). `problem` says why nothing was registered although
    the script succeeded, `next_step` what to type, `notes` what else is worth knowing.
    """

    run: Run
    facts: RunFacts
    exit_code: int
    version: Version | None = None
    is_new: bool = False
    problem: CairnError | None = None
    next_step: str = ""
    notes: tuple[str, ...] = ()


def run_command(
    project: Project,
    model: str,
    command: Sequence[str],
    *,
    on_line: OnLine | None = None,
    data: Iterable[Path] = (),
    fields: Mapping[str, Scalar] | None = None,
    require_version: bool = False,
    tell: OnLine | None = None,
    recording: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> RunOutcome:
    """Run `command` in the working folder, capture it, and register the model that it saved.

    `data` are folders outside the project whose files count as its data, `fields` what
    `cairn.toml` requires on top. Raises `Invalid` if the command cannot be run at all; that it
    fails is part of the outcome. Git is asked before the training starts: if no commit can be
    recorded, `tell` is told; with `require_version` it does not start, and that is `Refused`.
    What comes after the command happens within `recording`.
    """
    name = reference.model_name(model, team=project.settings.team)
    check_command(command)
    before = codes.look(Path.cwd(), store=project.settings.store)
    _check_code(before, require_version=require_version, tell=tell)
    told = Told(fields=dict(fields or {}))
    with recorded(
        project,
        name,
        command,
        before=before,
        told=told,
        on_line=on_line,
        data=data,
        recording=recording,
    ) as watched:
        if watched.exit_code:
            return RunOutcome(watched.run, watched.assembled.facts, watched.exit_code)
        return register_models(project, watched.run, watched.assembled, model=name)


class Watched(NamedTuple):
    """A run that has ended and is recorded, and the models that came of it."""

    run: Run
    assembled: Assembled
    exit_code: int


@contextmanager
def recorded(
    project: Project,
    model: ModelName,
    command: Sequence[str],
    *,
    before: codes.Before,
    told: Told,
    on_line: OnLine | None = None,
    data: Iterable[Path] = (),
    recording: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Generator[Watched]:
    """Run a command in the working folder, capture it, and record how it ended.

    What it wrote for Cairn is there until the block ends, which is within `recording` too.
    """
    run = uuid4().hex
    with hold(project.settings.store, run) as room:
        begin(project, run, model=model, command=command)
        scope, started = _scope(project, data), room.stat().st_ctime_ns
        variables = _watching(scope, room, started)
        ended = _run(project, run, command, on_line=on_line, variables=variables)
        with recording():
            journal = with_unseen(
                read_journal(room / "events"),
                scope,
                room=room,
                started=started,
                held=ended.held,
            )
            observed = Observed(
                model=model,
                command=tuple(command),
                folder=Path.cwd(),
                before=before,
                journal=journal,
                room=room,
                ended=ended,
                variables=dict(os.environ),
                told=told,
            )
            yield Watched(*finish(project, run, observed), ended.exit_code)


def _check_code(before: codes.Before, *, require_version: bool, tell: OnLine | None) -> None:
    """Say in time that no version can come of the run, as nobody knows its commit."""
    gap = before.checkout
    if not isinstance(gap, Gap):
        return
    if require_version:
        raise Refused(f"no version can come of this run: {gap.reason}", fix=gap.fix)
    if tell is not None:
        tell(f"note: the run is recorded, but becomes no version: {gap.reason}; {gap.fix}")


def _run(
    project: Project,
    run: RunId,
    command: Sequence[str],
    *,
    on_line: OnLine | None,
    variables: Mapping[str, str],
) -> Ended:
    """Run the command; one that cannot even start is recorded as failed."""
    try:
        return run_script(command, variables=variables, on_line=on_line)
    except CairnError as error:
        project.engine.send(FinishRun(run=run, status="failed", reason=redact(str(error))))
        raise


def begin(project: Project, run: RunId, *, model: ModelName, command: Sequence[str]) -> None:
    """Record that a run has begun, with what of its command may stand in the ledger."""
    folder = project.settings.folder
    plain = plain_words(command, Path.cwd())
    known = known_before(command, os.environ, folder, plain)
    kept = tuple(map(known.redact, kept_in_ledger(command, plain)))
    project.engine.send(StartRun(run=run, model=model, command=kept))


def finish(project: Project, run: RunId, observed: Observed) -> tuple[Run, Assembled]:
    """Store the facts of a run that has ended and record its end."""
    ended = observed.ended
    try:
        assembled = assemble(project, observed)
        facts = project.objects.put_record(assembled.facts)
    except CairnError as error:
        reason = redact(f"its facts could not be recorded: {error}")[:LONGEST_REASON]
        project.engine.send(FinishRun(run=run, status=ended.status, reason=reason))
        raise
    asked = FinishRun(run=run, status=ended.status, facts=facts, reason=ended.reason)
    return project.engine.send(asked), assembled


def register_models(
    project: Project, run: Run, assembled: Assembled, *, model: ModelName
) -> RunOutcome:
    """Register the one model that a run saved; the outcome tells whether it is new."""
    outcome = RunOutcome(run, assembled.facts, 0, notes=assembled.notes)
    built = distinct(assembled.models)
    if not built and assembled.sessions:
        return _told_by_itself(project, outcome, assembled.sessions[-1])
    if len(built) != 1:
        return replace(outcome, next_step=_what_to_type(project, run, assembled))
    try:
        refuse_undefined(built[0].undefined)
        version = register_manifest(
            project, built[0].digest, model=model, run=run.id, stage=STAGING
        )
    except CairnError as error:
        short = model.removeprefix("default/")
        command = f"here: `cairn register run:{run.id[:SHOWN_ID]} --model {short} ...`"
        fix = getattr(error, "fix", "")
        steps = f"{fix}\n{command}" if "register with `--" in fix else fix
        return replace(outcome, problem=error, next_step=steps)
    if version.run != run.id:
        return replace(outcome, version=version)
    return replace(outcome, version=version, is_new=True)


def _told_by_itself(project: Project, outcome: RunOutcome, session: RunId) -> RunOutcome:
    """Answer with the version of a script that has `cairn.run(...)` in it."""
    own = project.run(session)
    note = f"the script captured itself: run:{session[:SHOWN_ID]}, which {own.status}"
    outcome = replace(outcome, notes=(*outcome.notes, note))
    if not own.versions:
        return replace(outcome, next_step=f"see what became of it: `cairn show run:{session}`")
    name = f"{own.model}:{own.versions[-1]}"
    return replace(outcome, version=project.version(name))


def _scope(project: Project, data: Iterable[Path]) -> Scope:
    """Say which files the run is about."""
    return Scope(
        str(project.settings.folder.resolve()),
        data=[str(Path(each).resolve()) for each in data],
        skipped=[str(own.resolve()) for own in (project.settings.store, user_folder())],
        libraries=[entry for entry in sys.path if entry.endswith(_LIBRARIES)],
        installed=(sys.base_prefix, sys.prefix),
    )


def _watching(scope: Scope, room: Path, started: int) -> dict[str, str]:
    """Make the variables by which the script's Pythons find the hook."""
    folder = str(Path(hook.__file__).parent)
    before = os.environ.get("PYTHONPATH")
    root, *data = scope.inside
    return {
        "CAIRN_HOOK_EVENTS": str(room / "events"),
        "CAIRN_HOOK_ROOT": root,
        "CAIRN_HOOK_DATA": os.pathsep.join(data),
        "CAIRN_HOOK_SKIP": os.pathsep.join(scope.skipped),
        "CAIRN_HOOK_STARTED": str(started),
        "PYTHONPATH": f"{folder}{os.pathsep}{before}" if before else folder,
    }


def _what_to_type(project: Project, run: Run, assembled: Assembled) -> str:
    short = run.model.removeprefix("default/")
    known = assembled.models
    command = f"cairn register run:{run.id[:SHOWN_ID]} --model {short} --artifact"
    if known:
        listed = ", ".join(one.path for one in known)
        return (
            f"the run saved {len(known)} models ({listed}); choose one: "
            f"`{command} {likeliest_model(known)}`"
        )
    written = likeliest_file(proposable(project, assembled.facts.outputs))
    if written is None:
        return (
            "the run saved no model that Cairn knows; save it in the script, for example with "
            "`joblib.dump(model, 'model.joblib')`"
        )
    return f"no saved model was recognised; if a file is one: `{command} {written}`"
