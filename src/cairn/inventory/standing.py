"""Where a project stands: the facts that the nine steps are judged on, read in one go."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.core.evaluation import ListEvaluations
from cairn.core.gate import PolicyInfo
from cairn.core.label import DrillInfo, Move
from cairn.core.name import PREDEFINED_LABELS, ModelName
from cairn.core.run import Run
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.git import find_top, run_git
from cairn.inventory.code import repository
from cairn.inventory.findings import FILE, Inventory
from cairn.inventory.gaps import trains
from cairn.inventory.page import read
from cairn.project import Project

PRODUCTION = "production"


class Standing(NamedTuple):
    """Facts about a project; lists are newest first, `loose` is training code outside of git.

    `run` is the newest that succeeded and made a version, `versions` are the newest ones, one
    more than can be live. `compared` is the newest version whose predictions for the rows of
    one snapshot are stored like the live one's; `returnable` are models whose production can
    be rolled back.
    """

    folder: Path
    page: Inventory | None
    commit: str | None
    loose: tuple[str, ...]
    store: str = ""
    snapshots: tuple[SnapshotInfo, ...] = ()
    run: Run | None = None
    versions: tuple[Version, ...] = ()
    moves: tuple[Move, ...] = ()
    policies: tuple[PolicyInfo, ...] = ()
    drills: tuple[DrillInfo, ...] = ()
    compared: tuple[Version, Version, Digest] | None = None
    returnable: tuple[ModelName, ...] = ()


def standing(project: Project | None, folder: Path) -> Standing:
    """Read everything that can prove a step; without a registry, what the folder tells."""
    page = _page(folder)
    known = Standing(folder, page, _commit(folder), _loose(folder, page))
    if project is None:
        return known
    models = project.models()
    moves = tuple(move for model in models for move in project.labels(model))
    labels = {f"{model}@{label}" for model in models for label in PREDEFINED_LABELS}
    labels |= {f"{move.model}@{move.label}" for move in moves}
    ordered = sorted(labels, key=lambda label: (not label.endswith(f"@{PRODUCTION}"), label))
    return known._replace(
        store=_spell(project.settings.store, folder.resolve()),
        snapshots=project.snapshots(),
        run=next(iter(project.runs(status="succeeded", made=True, limit=1)), None),
        versions=project.versions(limit=len(models) + 1),
        moves=moves,
        policies=tuple(_policies(project, ordered)),
        drills=tuple(info for label in ordered for info in project.drills(label)),
        compared=next(_compared(project, moves), None),
        returnable=tuple(m for m in models if can_go_back(project, f"{m}@{PRODUCTION}")),
    )


def can_go_back(project: Project, label: str) -> bool:
    """Tell whether there is a known-good version before the one that a label holds."""
    try:
        project.version(f"{label}~1")
    except NotFound:
        return False
    return True


def bind_command(folder: Path, model: str) -> str:
    """Give the command that puts a gate before a model's production: first, its policy."""
    file = f"gates/{model.rpartition('/')[2]}.yaml"
    if (folder / file).is_file():
        return f"cairn gate set {model}@{PRODUCTION} {file}"
    return f"cairn gate new {model}"


def _spell(store: Path, folder: Path) -> str:
    inside = store.resolve().is_relative_to(folder)
    return str(store.resolve().relative_to(folder) if inside else store)


def _page(folder: Path) -> Inventory | None:
    try:
        return read(folder / FILE)
    except (NotFound, Invalid):
        return None


def _commit(folder: Path) -> str | None:
    if find_top(folder.resolve()) is None:
        return None
    try:
        return run_git(("rev-parse", "--verify", "--quiet", "HEAD"), folder).decode().strip()
    except Unavailable:
        return None


def _loose(folder: Path, page: Inventory | None) -> tuple[str, ...]:
    git = repository(folder.resolve())
    code = page.code if page else ()
    return tuple(s.path for s in code if trains(s) and git.tracking(s.path) != "tracked")


def _policies(project: Project, labels: list[str]) -> Iterator[PolicyInfo]:
    for label in labels:
        try:
            yield project.policy(label)
        except NotFound:
            continue


def _compared(
    project: Project, moves: tuple[Move, ...]
) -> Iterator[tuple[Version, Version, Digest]]:
    for move in moves:
        if move.label == PRODUCTION:
            holder = project.version(f"{move.model}@{PRODUCTION}")
            seen = _evaluated(project, holder)
            for other in project.newest(holder.model) if seen else ():
                if _weights(other) != _weights(holder):
                    both = sorted(seen & _evaluated(project, other))
                    yield from ((other, holder, snapshot) for snapshot in both)


def _evaluated(project: Project, version: Version) -> set[Digest]:
    """Collect the snapshots that a version's predictions are stored for."""
    weights = _weights(version)
    if weights is None:
        return set()
    stored = project.engine.send(ListEvaluations(artifacts=weights))
    return {info.evaluation.snapshot for info in stored}


def _weights(version: Version) -> Digest | None:
    artifacts = version.manifest.artifacts
    return artifacts.tree if artifacts else None
