"""How things stand in a project: what each label holds, and what waits for somebody."""

from collections.abc import Iterator

from cairn.core.approval import ListApprovals
from cairn.core.errors import NotFound
from cairn.core.gate import Decision
from cairn.core.label import ARCHIVED, Move
from cairn.core.name import LabelName, ModelName, shown
from cairn.core.override import ListOverrides
from cairn.core.request import Record
from cairn.core.version import Version
from cairn.core.words import counted
from cairn.inventory.standing import bind_command, can_go_back
from cairn.project import Project

FEW = 20


class Held(Record, frozen=True):
    """One label that holds a version.

    `gate` is the digest of the policy bound to it, `verdict` that of the decision which let
    its version in, `is_outdated` tells that another policy was bound since; `rehearsed_at` is
    when a rollback drill of it last passed; one that holds its first version cannot go back.
    """

    model: ModelName
    label: LabelName
    version: str
    since: str
    by: str
    gate: str | None = None
    verdict: str | None = None
    is_outdated: bool = False
    can_go_back: bool = False
    rehearsed_at: str | None = None
    gaps: int = 0


class Status(Record, frozen=True):
    """What labels hold, and what somebody has to look after, each with the command for it."""

    held: tuple[Held, ...]
    waiting: tuple[tuple[str, str], ...]


def status(project: Project) -> Status:
    """Read how things stand; nothing is measured and nothing is recorded."""
    held = tuple(
        _held(project, move.model, move.label)
        for model in project.models()
        for move in project.labels(model)
        if move.label != ARCHIVED
    )
    waiting = (*_asked(project), *_unfinished(project), *_of(project, held))
    return Status(held=held, waiting=waiting)


def _held(project: Project, model: ModelName, label: LabelName) -> Held:
    name = f"{model}@{label}"
    version, move = project.version(name), project.live(name)
    gate, decision = _gate(project, name), _let_in(project, name, version)
    passed = (info for info in project.drills(name) if info.drill.passed)
    drill = next(passed, None)
    return Held(
        model=model,
        label=label,
        version=version.name,
        since=move.time if move else "",
        by=move.actor if move else "",
        gate=gate,
        verdict=decision.verdict if decision else None,
        is_outdated=decision is not None and decision.policy != gate,
        can_go_back=can_go_back(project, name),
        rehearsed_at=drill.run_at if drill else None,
        gaps=len(version.gaps),
    )


def _gate(project: Project, label: str) -> str | None:
    try:
        return project.policy(label).digest
    except NotFound:
        return None


def _let_in(project: Project, label: str, version: Version) -> Decision | None:
    """Find the decision on which a version came to the label that it holds.

    A rollback has none of its own: it goes to what was let in before.
    """
    if not project.policies(label):
        return None
    asked = (m.decision for m in _backwards(project, label) if m.after == version.digest)
    decision = next(filter(None, asked), None)
    return project.decision(decision).decision if decision else None


def _backwards(project: Project, label: str) -> Iterator[Move]:
    """Read the moves of a label, newest first, no further back than is asked for."""
    page = project.history(label, limit=FEW)
    while page:
        yield from reversed(page)
        page = project.history(label, before=page[0].seq, limit=FEW)


def _asked(project: Project) -> list[tuple[str, str]]:
    """Name what people were asked about, and moves against a gate that nobody reviewed."""
    open_cases = [
        (f"{info.about} waits for people", "cairn approvals")
        if info.state == "open"
        else (f"{info.about} is agreed to", info.then)
        for info in project.engine.send(ListApprovals())
    ]
    against = [
        (
            f"{shown(info.model)}:{info.number} took {info.label} against its gate",
            f"cairn gate review {info.entry} --reason WHAT-CAME-OF-IT",
        )
        for info in project.engine.send(ListOverrides())
        if info.reviewed_by is None
    ]
    return [*open_cases, *against]


def _unfinished(project: Project) -> list[tuple[str, str]]:
    lost = project.runs(status="interrupted")
    if not lost:
        return []
    return [(f"{counted(len(lost), 'run')} never ended", f"cairn show run:{lost[0].id[:12]}")]


def _of(project: Project, held: tuple[Held, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in held:
        name = f"{shown(one.model)}@{one.label}"
        if one.label == "production" and one.gate is None:
            command = bind_command(project.settings.folder, shown(one.model))
            found.append((f"{name} has no gate", command))
        if one.label == "production" and one.rehearsed_at is None and one.can_go_back:
            command = f"cairn rollback {name} --drill"
            found.append((f"a rollback of {name} was never rehearsed", command))
        if one.gaps:
            said = f"{one.version}, which {one.label} holds, has {counted(one.gaps, 'gap')}"
            found.append((said, f"cairn show {one.version}"))
    return found
