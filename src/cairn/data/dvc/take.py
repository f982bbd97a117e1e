"""Outputs of DVC projects become snapshots; every MD5 is verified on the way."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Corrupt, Invalid, NotFound
from cairn.core.snapshot import DvcOutput, Keeping, SnapshotInfo
from cairn.core.tree import escape
from cairn.core.words import counted
from cairn.data.copies import Fault, Taken, Wanted, take
from cairn.data.dvc.outputs import Output
from cairn.data.dvc.places import Places
from cairn.data.dvc.project import (
    DvcProject,
    Revision,
    State,
    Working,
    find_output,
    find_root,
    open_project,
)
from cairn.data.files import check_name, record_snapshot
from cairn.objects import Batch
from cairn.objects.folders.tree import Progress, StoredTree, store_entries
from cairn.project import Project

SHOWN = 5
Known = dict[str, Taken]
"""MD5 -> what was read of it before, and stored if it is kept."""


class Found(NamedTuple):
    """What could be had of an output; `passed` are damaged copies that another made good."""

    tree: StoredTree | None
    faults: tuple[Fault, ...]
    passed: tuple[str, ...] = ()


def snapshot_dvc(
    project: Project,
    path: str,
    *,
    revision: str | None = None,
    name: str | None = None,
    mode: Keeping = "copy",
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze an output of a DVC project, as it is or as it was at a revision of git.

    `path` is the output's own or that of its `.dvc` file. Raises `Corrupt` with the paths if
    bytes are not those that DVC recorded, `NotFound` if they are nowhere.
    """
    check_name(name)
    dvc, inside = _project_of(Path(path))
    state, at = _state(dvc.root, revision)
    output = find_output(state, inside)
    found = read_output(project, Places(dvc), output, mode=mode, on_progress=on_progress)
    if found.tree is None:
        raise _lacking(output, found.faults)
    origin = f"dvc:{escape(os.fsencode(output.path))}{at} of {place(project, dvc)}"
    source = describe(project, dvc, output, tree=found.tree.digest, mode=mode)
    return record_snapshot(project, source, origin=origin, name=name)


def read_output(
    project: Project,
    places: Places,
    output: Output,
    *,
    mode: Keeping,
    known: Known | None = None,
    on_progress: Progress | None = None,
) -> Found:
    """Read an output; its tree is stored unless something is missing or corrupt.

    Files whose MD5 is in `known` are not read again; those that are read are added.
    """
    wanted, fault = _wanted(places, output)
    if fault is not None:
        return Found(None, (fault,))
    read = known if known is not None else {}
    with project.objects.batch() as batch:
        taken = list(_taken(wanted, batch if mode == "copy" else None, read, on_progress))
        faults = tuple(each for each in taken if isinstance(each, Fault))
        passed = tuple(p for each in taken if isinstance(each, Taken) for p in each.passed)
        if faults:
            return Found(None, faults, passed)
        entries = [each.entry for each in taken if isinstance(each, Taken)]
        return Found(store_entries(batch, entries), (), passed)


def describe(
    project: Project, dvc: DvcProject, output: Output, *, tree: Digest, mode: Keeping
) -> DvcOutput:
    """Describe an output as the source of a snapshot."""
    return DvcOutput(
        tree=tree,
        mode=mode,
        location=place(project, dvc),
        path=escape(os.fsencode(output.path)),
        md5=output.md5,
    )


def place(project: Project, dvc: DvcProject) -> str:
    """Say where a project lies: within the registry's own project if it does."""
    root, folder = dvc.root.resolve(), project.settings.folder.resolve()
    lies = root.relative_to(folder) if root.is_relative_to(folder) else root
    return escape(os.fsencode(lies))


def _project_of(path: Path) -> tuple[DvcProject, str]:
    """Find the project that a path lies in, and the path within."""
    lies = path.parent.resolve() / path.name
    root = find_root(lies.parent)
    if root is None:
        raise NotFound(f"{path} lies in no DVC project: no folder above it has .dvc/config")
    return open_project(root), lies.relative_to(root).as_posix()


def _state(root: Path, revision: str | None) -> tuple[State, str]:
    if revision is None:
        return Working(root), ""
    state = Revision(root, revision)
    return state, f"@{revision}" + (
        f" ({state.commit[:12]})" if not state.commit.startswith(revision) else ""
    )


def _wanted(places: Places, output: Output) -> tuple[list[Wanted], Fault | None]:
    if not output.is_folder:
        path = os.fsencode(posixpath.basename(output.path))
        return [places.wanted(output, path=path)], None
    try:
        members = places.members(output)
    except (NotFound, Corrupt) as error:
        kind = "missing" if isinstance(error, NotFound) else "corrupt"
        return [], Fault(f"{output.path}/", kind, str(error))
    if not members:
        raise Invalid(f"{output.path} is an empty folder: there is nothing to freeze")
    files = [places.wanted(output, path=m.path.encode(), member=m) for m in members]
    return files, None


def _taken(
    wanted: list[Wanted], batch: Batch | None, known: Known, on_progress: Progress | None
) -> Iterator[Taken | Fault]:
    size = 0
    for count, each in enumerate(wanted, 1):
        found = _once(each, batch, known)
        if isinstance(found, Taken):
            size += found.entry.size
        yield found
        if on_progress:
            on_progress(count, size, len(wanted), 0)


def _once(wanted: Wanted, batch: Batch | None, known: Known) -> Taken | Fault:
    """Read a file unless one with its MD5 was read before."""
    if wanted.md5 in known:
        entry = known[wanted.md5].entry._replace(path=wanted.path, mode=wanted.mode)
        return known[wanted.md5]._replace(entry=entry)
    found = take(wanted, batch)
    if isinstance(found, Taken):
        known[wanted.md5] = found
    return found


def _lacking(output: Output, faults: tuple[Fault, ...]) -> CairnError:
    """Say which files are corrupt or missing; corruption is the graver."""
    corrupt = [fault for fault in faults if fault.kind == "corrupt"]
    shown = corrupt or list(faults)
    names = ", ".join(fault.path for fault in shown[:SHOWN])
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    if corrupt:
        return Corrupt(
            f"{output.path}: {_many(corrupt)} not what DVC recorded ({names}{more}), "
            f"{shown[0].reason}; bring them back from a remote (`dvc fetch`) or a backup"
        )
    return NotFound(
        f"{output.path}: {_many(faults)} in neither cache nor remote ({names}{more}); "
        "`dvc fetch` them and run this again"
    )


def _many(files: Sequence[object]) -> str:
    return counted(len(files), "file is", "files are")
