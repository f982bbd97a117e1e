"""The states that a DVC project had: each commit and tag in which its outputs differ."""

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cairn.core.errors import Corrupt
from cairn.core.run import Gap
from cairn.data.dvc.outputs import LOCK, PIPELINE, Output, Stage, Written
from cairn.data.dvc.pipeline import Artifact, Pipeline, read_pipeline
from cairn.data.dvc.project import State, Working, blobs, is_dvc, read_file
from cairn.data.git import find_top, run_git

_SPECS = ("*.dvc", f"*{LOCK}", f"*{PIPELINE}")


class Moment(NamedTuple):
    """A state of a project; `commit` is empty for the working folder as it is.

    `broken` says in a sentence each what of DVC's own files cannot be read.
    """

    commit: str
    tags: tuple[str, ...]
    outputs: tuple[Output, ...]
    measured: tuple[Output, ...]
    stages: tuple[Stage, ...]
    artifacts: tuple[Artifact, ...]
    unknown: tuple[Gap, ...]
    broken: tuple[str, ...]
    state: State

    @property
    def called(self) -> str:
        """How people find it: by a tag, not GTO's if there is another, or by its commit."""
        if self.tags:
            return min(self.tags, key=lambda tag: (bool(set("#@") & set(tag)), tag))
        return self.commit[:12] or "the working folder"


class AtCommit:
    """The files of DVC's in one commit."""

    def __init__(
        self, root: Path, listed: Mapping[str, str], contents: dict[str, bytes]
    ) -> None:
        self._root = root
        self._listed = listed
        self._contents = contents

    def names(self) -> Iterator[str]:
        """List the files that can be DVC's, by their path in the project."""
        return (name for name in self._listed if is_dvc(posixpath.basename(name)))

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        blob = self._listed.get(name)
        if blob is not None and blob not in self._contents:
            self._contents[blob] = run_git(("cat-file", "blob", blob), self._root)
        return None if blob is None else self._contents[blob]


class History(NamedTuple):
    """Every state that a project had, oldest first, and the one that lies in the folder."""

    moments: tuple[Moment, ...]
    present: Moment


def read_history(root: Path) -> History:
    """Read the states of a project; the present is one more where it is not committed."""
    found: list[Moment] = []
    if find_top(root) is not None and _has_commits(root):
        contents: dict[str, bytes] = {}
        tags = _tags(root)
        for commit in _commits(root, set(tags)):
            listed = dict(blobs(root, commit))
            state = AtCommit(root, listed, contents)
            found.append(
                _moment(state, commit, tuple(tags.get(commit, ())), _pipelines(listed))
            )
    working = Working(root)
    now = _moment(working, "", (), list(_working_pipelines(root, working)))
    head = _head(found, root)
    if head is None or (now.outputs, now.measured) != (head.outputs, head.measured):
        found.append(now)
    return History(tuple(found), now)


def is_shallow(root: Path) -> bool:
    """Tell whether git has only the end of the history here."""
    if find_top(root) is None:
        return False
    return run_git(("rev-parse", "--is-shallow-repository"), root).strip() == b"true"


def _has_commits(root: Path) -> bool:
    asked = ("rev-parse", "--verify", "--quiet", "HEAD")
    return bool(run_git(asked, root, allowed=(0, 1)).strip())


def _head(found: list[Moment], root: Path) -> Moment | None:
    """Find the state that holds in the commit that is checked out."""
    if not found:
        return None
    specs = run_git(("rev-list", "-1", "HEAD", "--", *_SPECS), root).decode().strip()
    return next((m for m in reversed(found) if m.commit == specs), None)


def _commits(root: Path, tagged: set[str]) -> list[str]:
    """List the commits that changed a file of DVC's, and those with a tag, oldest first."""
    asked = ("rev-list", "--all", "--topo-order", "--reverse")
    changed = set(run_git((*asked, "--", *_SPECS), root).decode().split())
    return [c for c in run_git(asked, root).decode().split() if c in changed or c in tagged]


def _tags(root: Path) -> dict[str, list[str]]:
    """Map commits to their tags."""
    form = "%(refname:short)%00%(*objectname)%00%(objectname)"
    found: dict[str, list[str]] = {}
    for row in run_git(("for-each-ref", "refs/tags", f"--format={form}"), root).split(b"\n"):
        if row:
            name, inner, outer = os.fsdecode(row).split("\0")
            found.setdefault(inner or outer, []).append(name)
    return found


def _pipelines(listed: Mapping[str, str]) -> list[str]:
    return [name for name in listed if posixpath.basename(name) == PIPELINE]


def _working_pipelines(root: Path, working: Working) -> Iterator[str]:
    folders = {posixpath.dirname(name) for name in working.names()} | {""}
    for folder in sorted(folders):
        name = posixpath.join(folder, PIPELINE)
        if (root / name).is_file():
            yield name


def _moment(state: State, commit: str, tags: tuple[str, ...], pipelines: list[str]) -> Moment:
    broken: list[str] = []
    written = [each for name in state.names() if (each := _read(state, name, broken))]
    told = [each for name in pipelines if (each := _told(state, name, broken))]
    measured = frozenset(path for each in told for path in each.measured)
    outputs = sorted({o for each in written for o in each.outputs})
    return Moment(
        commit=commit,
        tags=tags,
        outputs=tuple(o for o in outputs if o.path not in measured),
        measured=tuple(o for o in outputs if o.path in measured),
        stages=tuple(stage for each in written for stage in each.stages),
        artifacts=tuple(artifact for each in told for artifact in each.artifacts),
        unknown=tuple(gap for each in written for gap in each.unknown),
        broken=tuple(broken),
        state=state,
    )


def _read(state: State, name: str, broken: list[str]) -> Written | None:
    try:
        return read_file(state, name)
    except Corrupt as error:
        broken.append(str(error))
        return None


def _told(state: State, name: str, broken: list[str]) -> Pipeline | None:
    try:
        return read_pipeline(name, state.read(name) or b"")
    except Corrupt as error:
        broken.append(str(error))
        return None
