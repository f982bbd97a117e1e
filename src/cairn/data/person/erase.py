"""Erase a person's rows: the ledger says so, what follows is recorded, and the bytes go.

Killed anywhere, the same command typed again ends what was begun: what the ledger says is
carried out before anything is looked for.
"""

from collections.abc import Collection

from cairn.core.digest import Digest
from cairn.core.erasure import MOST_OBJECTS, EraseObjects, ListErasures
from cairn.core.errors import Invalid, NotFound
from cairn.core.evaluation import RecordEvaluation
from cairn.core.snapshot import AddSnapshot, Files, Snapshot, SnapshotInfo
from cairn.data.person.find import find_person
from cairn.data.person.place import Erasing
from cairn.data.rows.asked import Asked
from cairn.data.tables.describe_tables import describe_files
from cairn.project import Project

MOST_SUCCESSORS = 100


def erase_person(
    project: Project,
    row: str,
    *,
    reason: str,
    whole: bool = False,
    also: Collection[str] = (),
) -> Erasing:
    """Erase a person's rows wherever they can be; what cannot go is in the answer.

    Raises `Pending` where a policy wants people to agree, `Invalid` for a reason that names
    the person, `Conflict` where other stores keep bytes in the same place.
    """
    if any(text in reason for wanted in Asked(row).values for text in wanted.texts):
        raise Invalid("the reason stays in the ledger for ever: say why without the value")
    project.objects.reclaimer()
    finish(project)
    found = find_person(project, row, carry_out=True, whole=whole, also=also)
    if found.objects:
        _record(project, found, reason)
        finish(project)
    return found


def finish(project: Project) -> None:
    """Carry out what the ledger says of persons' rows, as far as that was not done."""
    erasures = [e for e in project.engine.send(ListErasures()) if e.cause == "person"]
    follows = {old: new for erasure in erasures for old, new in erasure.successors.items()}
    for info in reversed(project.snapshots()):  # a snapshot comes after what it was made from
        if info.digest in follows:
            _follow(project, info, follows.pop(info.digest))
    for evaluation in follows.values():
        project.engine.send(RecordEvaluation(evaluation=evaluation))
    if left := project.objects.have(d for erasure in erasures for d in erasure.objects):
        project.objects.erase(left)


def _record(project: Project, found: Erasing, reason: str) -> None:
    """Let the ledger say what goes and what follows, a bounded number at a time."""
    objects, successors = found.objects, sorted(found.successors.items())
    start = 0
    while start * MOST_OBJECTS < len(objects) or start * MOST_SUCCESSORS < len(successors):
        some = objects[start * MOST_OBJECTS : (start + 1) * MOST_OBJECTS]
        follow = successors[start * MOST_SUCCESSORS : (start + 1) * MOST_SUCCESSORS]
        project.engine.send(
            EraseObjects(
                objects=some or objects[:1],
                cause="person",
                reason=reason,
                successors=dict(follow),
            )
        )
        start += 1


def _follow(project: Project, old: SnapshotInfo, new: Digest) -> None:
    """Record what follows a snapshot, under every name that the old one still has."""
    source = project.objects.get_record(new, Snapshot).source
    described = (
        describe_files(project.objects, source.tree) if isinstance(source, Files) else None
    )
    profile = described.profile if described else None
    names = [i.name for i in project.snapshots() if i.digest == old.digest and i.name]
    for name in [name for name in names if _now(project, name) == old.digest] or [None]:
        project.engine.send(
            AddSnapshot(
                snapshot=new,
                origin=old.origin,
                name=name,
                profile=project.objects.put_record(profile) if profile else None,
            )
        )


def _now(project: Project, name: str) -> Digest | None:
    try:
        return project.find_snapshot(name).digest
    except NotFound:
        return None
