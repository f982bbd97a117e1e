"""Which snapshots and versions hold a row or a file: for deletion requests and bad labels."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.evaluation import Evaluation
from cairn.core.request import Record
from cairn.core.snapshot import SnapshotInfo
from cairn.core.tree import escape
from cairn.core.version import Version
from cairn.data.rows.asked import Asked
from cairn.data.rows.search import RowSearch
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

SHOWN = 3
Role = Literal["train", "test", "input", "config", "evaluation"]


class Use(Record, frozen=True):
    """A version that was made with a snapshot, or evaluated on it."""

    version: str
    digest: Digest
    role: Role


class Holding(Record, frozen=True):
    """A snapshot that holds what was looked for: in which files, and in how many rows."""

    snapshot: Digest
    name: str | None
    files: dict[str, int]
    used_by: tuple[Use, ...]


class Search(Record, frozen=True):
    """What was found; `unsearched` says of snapshots what in them was not looked into."""

    looked_for: str
    snapshots: int
    holding: tuple[Holding, ...]
    unsearched: dict[str, str] = {}
    column_seen: bool = True
    """Whether anything that was looked into has the column that is asked for."""


def find_row(project: Project, row: str) -> Search:
    """Find rows by `COLUMN=VALUE`, or by `VALUE` in any column, in all files of snapshots.

    A value is compared as the type of its column: `7` finds 7.0. Rows that a run captured
    without the column are found by what is in them. What is not looked into is in
    `unsearched`. Raises `Invalid` for an empty value.
    """
    search = RowSearch(project, Asked(row))
    every = search.run()
    used = list(uses(project))
    return Search(
        looked_for=str(search.asked),
        snapshots=len(every),
        holding=tuple(
            _holding(
                held.info, {escape(p): found.rows for p, found in held.files.items()}, used
            )
            for held in every
            if held.files
        ),
        unsearched={_called(held.info): _some(held.unread) for held in every if held.unread},
        column_seen=search.column_seen,
    )


def find_file(project: Project, digest: Digest) -> Search:
    """Find a file by the digest of its content."""
    infos = {info.digest: info for info in reversed(project.snapshots())}
    used = list(uses(project))
    holding: list[Holding] = []
    unsearched: dict[str, str] = {}
    for info in infos.values():
        try:
            entries = list(tree_entries(project.objects, info.tree))
        except CairnError as error:
            unsearched[_called(info)] = str(error)
            continue
        files = {escape(entry.path): 1 for entry in entries if entry.digest == digest}
        holding += [_holding(info, files, used)] if files else []
    return Search(
        looked_for=str(digest),
        snapshots=len(infos),
        holding=tuple(holding),
        unsearched=unsearched,
    )


def uses(project: Project) -> Iterator[tuple[Digest, Use]]:
    """Yield which versions have to do with which snapshot."""
    for version in project.versions():
        for source in version.manifest.inputs:
            yield source.snapshot, _use(version, source.role)
        for snapshot in _evaluated_on(project, version.manifest.evaluations):
            yield snapshot, _use(version, "evaluation")


def _holding(
    info: SnapshotInfo, files: dict[str, int], used: Iterable[tuple[Digest, Use]]
) -> Holding:
    return Holding(
        snapshot=info.digest,
        name=info.name,
        files=files,
        used_by=tuple(use for snapshot, use in used if snapshot == info.digest),
    )


def _called(info: SnapshotInfo) -> str:
    return f"snap:{info.name}" if info.name else info.digest


def _some(reasons: Sequence[str]) -> str:
    """Put reasons into one line: the first few, and how many more there are."""
    more = len(reasons) - SHOWN
    return "; ".join(reasons[:SHOWN]) + (f"; and {more:,} more files" if more > 0 else "")


def _use(version: Version, role: Role) -> Use:
    return Use(version=version.name, digest=version.digest, role=role)


def _evaluated_on(project: Project, evaluations: Sequence[Digest]) -> set[Digest]:
    return {project.objects.get_record(digest, Evaluation).snapshot for digest in evaluations}
