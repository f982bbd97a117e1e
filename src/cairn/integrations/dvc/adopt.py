"""Adopt a DVC project in place: read all that it has and had, and change nothing of it.

Snapshots are pins unless a copy is asked for: the bytes stay in DVC's cache, each read once
and compared with its MD5. What is adopted already is not read again, so an adoption that was
interrupted goes on where it ended, and one that is repeated adds what is new.
"""

from collections.abc import Iterator
from pathlib import Path

from cairn.core.errors import NotFound, Refused
from cairn.core.name import shown
from cairn.core.snapshot import Keeping
from cairn.core.version import Version
from cairn.data.dvc.places import Places
from cairn.data.dvc.project import find_root, open_project
from cairn.data.dvc.take import place
from cairn.integrations.dvc import models
from cairn.integrations.dvc.data import DataAdopter, State, states
from cairn.integrations.dvc.gto import holders, read_tags
from cairn.integrations.dvc.history import Moment, is_shallow, read_history
from cairn.integrations.dvc.report import AdoptedData, AdoptedModel, Adoption, NotAdopted
from cairn.objects.folders.tree import Progress
from cairn.project import Project

Made = tuple[models.Candidate, Version, bool]
"""A model, the version that it is, and whether it was none before."""


def adopt(
    project: Project,
    start: Path,
    *,
    mode: Keeping = "pin",
    on_progress: Progress | None = None,
) -> Adoption:
    """Adopt the DVC project in or above `start`: data, models, and their history in git.

    Raises `NotFound` where there is none. What is corrupt or missing is listed and keeps
    nothing else from being adopted.
    """
    root = find_root(start)
    if root is None:
        raise NotFound(f"{start} lies in no DVC project: no folder above it has .dvc/config")
    places = Places(open_project(root))
    history = read_history(root)
    every = states(history.moments)
    data = DataAdopter(project, places, mode)
    adopted = _adopt_data(data, every, history.present, on_progress)
    found = _adopt_models(project, places, every, data)
    refusals = _number(project, found, history.moments)
    lacking = (*data.lacking, *_unreadable(history.moments))
    made = tuple(_described(project, *each) for each in found)
    return Adoption(
        project=place(project, places.project),
        mode=mode,
        moments=len(history.moments),
        data=adopted,
        models=made,
        lacking=lacking,
        damaged_copies=tuple(sorted(set(data.damaged_copies))),
        notes=(*refusals, *_notes(places, root, is_copied=bool(adopted) and mode == "copy")),
        next_steps=(
            *_urgent(lacking, is_pinned=bool(adopted) and mode == "pin"),
            *_held(found, history.moments),
            *(
                f"see what is known of a model: `cairn show {each.version}`"
                for each in made[-1:]
            ),
        ),
    )


def _adopt_data(
    data: DataAdopter, every: list[State], present: Moment, on_progress: Progress | None
) -> tuple[AdoptedData, ...]:
    """Adopt the states of all outputs; those of the present come last and keep the names."""
    now = frozenset(present.outputs)
    done = (
        data.adopt(each, is_present=each.output in now, on_progress=on_progress)
        for each in sorted(every, key=lambda state: state.output in now)
    )
    return tuple(each for each in done if each is not None)


def _adopt_models(
    project: Project, places: Places, every: list[State], data: DataAdopter
) -> list[Made]:
    """Register the models; one that is listed as corrupt, missing or refused is none."""
    found: list[Made] = []
    for candidate in models.candidates(project, every):
        output = candidate.state.output
        if (output.path, output.md5) in data.snapshots:
            try:
                made = models.register(project, places, candidate, data.snapshots)
            except Refused as error:
                found_in = candidate.state.found_in
                data.lacking.append(NotAdopted(output.path, "refused", found_in, str(error)))
                continue
            found += [(candidate, *made)] if made else []
    return found


def _number(project: Project, found: list[Made], history: tuple[Moment, ...]) -> list[str]:
    """Give versions the numbers of GTO's tags; returns why some did not get theirs."""
    return [
        refusal
        for moment in history
        for tag in read_tags(moment.tags)[0]
        for candidate, version, _ in found
        if moment in candidate.state.moments
        and _is_called(candidate, tag.model)
        and (refusal := models.release(project, version, tag.version))
    ]


def _described(
    project: Project, candidate: models.Candidate, version: Version, is_new: bool
) -> AdoptedModel:
    now = project.version(version.digest)
    return AdoptedModel(
        version=version.name,
        digest=version.digest,
        path=candidate.state.output.path,
        found_in=candidate.state.found_in,
        gaps=len(now.gaps),
        release=now.release or "",
        is_new=is_new,
    )


def _is_called(candidate: models.Candidate, name: str) -> bool:
    return shown(candidate.model).rpartition("/")[2] == name.rpartition(":")[2].lower()


def _held(found: list[Made], history: tuple[Moment, ...]) -> Iterator[str]:
    """Say which versions hold GTO's stages: labels are moved by people alone."""
    staged = [(each, moment) for moment in history for each in read_tags(moment.tags)[1]]
    for held in holders(each for each, _ in staged):
        moment = next(m for each, m in staged if each == held)
        for candidate, version, _ in found:
            if moment in candidate.state.moments and _is_called(candidate, held.model):
                yield (
                    f"GTO has {version.name} in {held.stage} ({held.tag}), and no label was "
                    f"moved: `cairn promote {version.name} LABEL` is yours to type"
                )


def _unreadable(history: tuple[Moment, ...]) -> list[NotAdopted]:
    """List what of DVC's own files cannot be read, each thing once."""
    found: dict[str, NotAdopted] = {}
    for moment in history:
        for reason in moment.broken:
            name = reason.partition(" ")[0].rstrip(":")
            found.setdefault(reason, NotAdopted(name, "unreadable", moment.called, reason))
        for gap in moment.unknown:
            about = NotAdopted(gap.field, "missing", moment.called, gap.reason)
            found.setdefault(gap.reason, about)
    return list(found.values())


def _notes(places: Places, root: Path, *, is_copied: bool) -> list[str]:
    notes = [
        f"the remote {each} cannot be read by Cairn: `dvc fetch` first"
        for each in places.unread
    ]
    if is_copied:
        notes.append("data that were copied were not looked into for secrets; models were")
    if is_shallow(root):
        notes.append(
            "git has the end of the history only: `git fetch --unshallow`, adopt again"
        )
    return notes


def _urgent(lacking: tuple[NotAdopted, ...], *, is_pinned: bool) -> Iterator[str]:
    """Say what cannot wait, the most urgent first."""
    kinds = {each.kind for each in lacking}
    if "corrupt" in kinds:
        yield "bring what is corrupt back from a remote or a backup, then adopt again"
    if "missing" in kinds:
        yield "`dvc fetch --all-commits` for what is missing, then adopt again"
    if is_pinned:
        yield (
            "the bytes stay in DVC's cache, where `dvc gc` removes them: `cairn adopt dvc "
            "--copy` keeps them here, `cairn snapshot verify --pinned` looks after them"
        )
