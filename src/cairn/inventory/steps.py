"""The nine steps from a model that somebody has to one that can be rolled back.

Each step leaves an artifact that proves it: a page, a commit, a digest, a version. Later steps
assume the earlier ones; `check_order` says which one is missing.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from cairn.core.errors import Invalid, Refused
from cairn.core.name import PREDEFINED_LABELS, shown
from cairn.core.request import Record
from cairn.data.git import find_top
from cairn.inventory.findings import FILE
from cairn.inventory.gaps import capture_command, gaps, snapshot_command
from cairn.inventory.standing import PRODUCTION, Standing, bind_command, standing
from cairn.project import Project

SHORT = len("sha256:") + 12
NOT_LIVE = {*PREDEFINED_LABELS} - {PRODUCTION}


class Step(Record, frozen=True):
    """One step; `artifact` proves that it is done, `fix` is what to type while it is not."""

    number: int
    title: str
    done: bool
    artifact: str = ""
    fix: str = ""


def steps(project: Project | None, folder: Path) -> tuple[Step, ...]:
    """Judge the nine steps of the project in `folder`; without a registry most are to do."""
    found = standing(project, folder)
    return tuple(
        _judge(number, title, artifact=prove(found), fix=fix(found))
        for number, (title, prove, fix) in enumerate(_STEPS, start=1)
    )


def check_order(number: int, judged: Sequence[Step]) -> None:
    """Raise `Refused` if earlier steps are to do: names all, with the fix of the first."""
    if not 1 <= number <= len(judged):
        raise Invalid(f"there is no step {number}: they are numbered 1 to {len(judged)}")
    missing = [step for step in judged[: number - 1] if not step.done]
    if missing:
        listed = ", ".join(f"step {step.number} ({step.title})" for step in missing)
        raise Refused(
            f"step {number} ({judged[number - 1].title}) comes after {listed}, still to do",
            fix=missing[0].fix,
        )


def _judge(number: int, title: str, *, artifact: str, fix: str) -> Step:
    done = bool(artifact)
    return Step(
        number=number, title=title, done=done, artifact=artifact, fix="" if done else fix
    )


def _inventory(found: Standing) -> str:
    if found.page is None:
        return ""
    count = len(gaps(found.page))
    return f"{FILE}, {count} gap{'' if count == 1 else 's'}"


def _project(found: Standing) -> str:
    return found.store


def _code(found: Standing) -> str:
    return "" if found.commit is None or found.loose else f"commit {found.commit[:12]}"


def _fix_code(found: Standing) -> str:
    named = [gap.fix for gap in gaps(found.page) if gap.field == "code"] if found.page else []
    start = "" if find_top(found.folder.resolve()) else "git init && "
    return named[0] if named else f'{start}git add SCRIPT && git commit -m "Keep the code"'


def _data(found: Standing) -> str:
    named = next((each for each in found.snapshots if each.name), None)
    if named is not None:
        return f"snap:{named.name} {_short(named.digest)}"
    return _short(found.snapshots[0].digest) if found.snapshots else ""


def _fix_data(found: Standing) -> str:
    command = snapshot_command(found.page) if found.page else None
    return command or "cairn snapshot add PATH --name train"


def _capture(found: Standing) -> str:
    run = found.run
    return "" if run is None else f"{shown(run.model)}:{run.versions[-1]} of run:{run.id[:12]}"


def _fix_capture(found: Standing) -> str:
    command = capture_command(found.page) if found.page else None
    return command or "cairn run --model NAME -- python SCRIPT"


def _label(found: Standing) -> str:
    serving = [move for move in found.moves if move.label not in NOT_LIVE]
    move = next((m for m in serving if m.label == PRODUCTION), next(iter(serving), None))
    if move is None:
        return ""
    return f"{shown(move.model)}@{move.label} is {shown(move.model)}:{move.number}"


def _gate(found: Standing) -> str:
    policy = next(iter(found.policies), None)
    if policy is None:
        return ""
    return f"policy {_short(policy.digest)} of {shown(policy.model)}@{policy.label}"


def _rollback(found: Standing) -> str:
    info = next((info for info in found.drills if info.drill.passed), None)
    if info is None:
        return ""
    milliseconds = 1000 * info.drill.rollback_seconds
    label = f"{shown(info.drill.model)}@{info.drill.label}"
    return f"drill {_short(info.digest)} of {label}, {milliseconds:.0f} ms"


def _fix_rollback(found: Standing) -> str:
    """Give the command of a drill, or what leads to a version that one could go back from."""
    if found.returnable:
        return f"cairn rollback {shown(found.returnable[0])} --drill"
    live = {move.after for move in found.moves if move.label == PRODUCTION}
    if not live:
        return f"cairn promote {_newest(found)}"
    other = next((version for version in found.versions if version.digest not in live), None)
    another = f"cairn run --model {_model(found)} -- python SCRIPT"
    return f"cairn promote {other.name}" if other else another


def _comparison(found: Standing) -> str:
    if found.compared is None:
        return ""
    candidate, live, snapshot = found.compared
    return f"{candidate.name} beside {live.name} on {_short(snapshot)}"


def _model(found: Standing) -> str:
    return shown(found.versions[0].model) if found.versions else "NAME"


def _newest(found: Standing) -> str:
    return found.versions[0].name if found.versions else "NAME:1"


def _short(digest: str) -> str:
    return digest[:SHORT]


Tell = Callable[[Standing], str]

_STEPS: tuple[tuple[str, Tell, Tell], ...] = (
    ("inventory what there is", _inventory, lambda _: "cairn inventory"),
    ("set up the registry", _project, lambda _: "cairn init"),
    ("put the code under git", _code, _fix_code),
    ("freeze the data", _data, _fix_data),
    ("capture every run", _capture, _fix_capture),
    ("let a label say what is live", _label, lambda f: f"cairn promote {_newest(f)}"),
    (
        "put a gate before the label",
        _gate,
        lambda f: bind_command(f.folder, _model(f)),
    ),
    ("rehearse the rollback", _rollback, _fix_rollback),
    (
        "try a candidate beside the live version",
        _comparison,
        lambda f: f"cairn compare {_newest(f)} {_model(f)}@{PRODUCTION}",
    ),
)
