"""Rehearse a rollback: a separate process proves by digest that it sees both switches.

The rehearsal moves the label `drill`, which serves nobody, through the same door as any other
label: first the version that a rollback would end at, then the live one, then back.
"""

import json
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Literal

from cairn.core import reference
from cairn.core.digest import Digest
from cairn.core.errors import NotFound, Refused, Unavailable
from cairn.core.label import Anyone, Drill, DrillInfo, MoveLabel, RecordDrill, Rollback, Switch
from cairn.core.name import REHEARSAL, ModelName, shown
from cairn.interpreter import isolated
from cairn.project import Project

Step = Literal["start", "promote", "rollback"]


class Follower:
    """A throw-away process that loads through a label when told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._asked: IO[str] = _pipe(process.stdin)
        self._answers: IO[str] = _pipe(process.stdout)

    def loaded(self) -> Digest:
        """Make the process resolve and load; return the digest that it loaded."""
        self._asked.write("\n")
        self._asked.flush()
        line = self._answers.readline()
        if not line:
            raise Unavailable("the rehearsal's process ended; run the drill again")
        answer: dict[str, str] = json.loads(line)
        if "error" in answer:
            raise Refused(f"the rehearsal's process could not load: {answer['error']}")
        return answer["loaded"]


def drill(project: Project, label: str) -> DrillInfo:
    """Rehearse a rollback of `churn@production` and record the proof with its times.

    Raises `Refused` if the label has no known-good version to go back to, or if the process
    loaded anything else than it should.
    """
    model, name = reference.model_and_label(label, team=project.settings.team)
    live = project.version(f"{model}@{name}")
    try:
        target = project.version(f"{model}@{name}~1")
    except NotFound as error:
        raise Refused(
            f"{shown(model)}@{name} has no earlier known-good version, so there is no "
            "rollback to rehearse; promote a second version first"
        ) from error

    with _follower(project, model) as follower:
        switches = [_switch(project, follower, "start", model=model, to=target.digest)]
        switches.append(_switch(project, follower, "promote", model=model, to=live.digest))
        switches.append(_switch(project, follower, "rollback", model=model, to=target.digest))

    proof = Drill(
        model=model,
        label=name,
        switches=tuple(switches),
        rollback_seconds=switches[-1].seconds,
    )
    info = project.engine.send(RecordDrill(drill=project.objects.put_record(proof)))
    if not proof.passed:
        raise Refused(f"the drill of {shown(model)}@{name} failed: {_wrong(switches)}")
    return info


def _switch(
    project: Project, follower: Follower, step: Step, *, model: ModelName, to: Digest
) -> Switch:
    """Move the rehearsal's label, and time until the process has loaded what it holds."""
    begin = time.perf_counter()
    if step == "rollback":
        back = Rollback(model=model, label=REHEARSAL, reason="rollback drill")
        project.engine.send(back)
    else:
        _hold(project, model, to)
    loaded = follower.loaded()
    seconds = round(time.perf_counter() - begin, 6)
    return Switch(step=step, expected=to, loaded=loaded, seconds=seconds)


def _hold(project: Project, model: ModelName, version: Digest) -> None:
    """Let the rehearsal's label hold a version; it may do so since the drill before."""
    held = project.live(f"{model}@{REHEARSAL}")
    if held is None or held.after != version:
        project.engine.send(
            MoveLabel(
                model=model,
                label=REHEARSAL,
                version=version,
                expecting=Anyone(),
                reason="rollback drill",
                new_label=True,
            )
        )


@contextmanager
def _follower(project: Project, model: ModelName) -> Generator[Follower]:
    folder, label = str(project.settings.folder), f"{model}@{REHEARSAL}"
    command = isolated("cairn.serving.follower", folder, label)
    process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Follower(process)
    finally:
        process.kill()
        process.communicate()


def _wrong(switches: list[Switch]) -> str:
    return "; ".join(
        f"{s.step} should load {s.expected[:19]}, loaded {s.loaded[:19]}"
        for s in switches
        if s.loaded != s.expected
    )


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise Unavailable("the rehearsal's process has no pipe")
    return stream
