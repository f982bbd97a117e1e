"""The data of a DVC project: each output, in each of its states, becomes a snapshot once."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Invalid
from cairn.core.snapshot import DvcOutput, Keeping, Snapshot, SnapshotInfo
from cairn.core.tree import escape, unescape
from cairn.data.copies import Fault
from cairn.data.dvc.outputs import Output
from cairn.data.dvc.places import Places
from cairn.data.dvc.take import Known, describe, place, read_output
from cairn.data.files import record_snapshot
from cairn.integrations.dvc.history import Moment
from cairn.integrations.dvc.report import AdoptedData, NotAdopted
from cairn.objects.folders.tree import Progress
from cairn.project import Project

LONGEST_NAME = 100


class State(NamedTuple):
    """An output in one of its states, and the moments in which it was so."""

    output: Output
    moments: tuple[Moment, ...]

    @property
    def found_in(self) -> str:
        """How people find it: by a tag, else by the commit in which it came."""
        tagged = next((m for m in self.moments if m.tags), None)
        return (tagged or self.moments[0]).called


def states(moments: Iterable[Moment]) -> list[State]:
    """List every state of every output, in the order in which they came."""
    found: dict[tuple[str, str], State] = {}
    for moment in moments:
        for output in moment.outputs:
            key = output.path, output.md5
            known = found.get(key, State(output, ()))
            found[key] = known._replace(moments=(*known.moments, moment))
    return list(found.values())


class DataAdopter:
    """Makes snapshots of outputs; what an adoption before has made is not read again."""

    def __init__(self, project: Project, places: Places, mode: Keeping) -> None:
        self._project = project
        self._places = places
        self._mode: Keeping = mode
        self._known: Known = {}
        self._before = dict(_adopted(project, place(project, places.project), mode))
        self._held = {info.name: info.digest for info in reversed(project.snapshots())}
        self.lacking: list[NotAdopted] = []
        self.damaged_copies: list[str] = []
        self.snapshots: dict[tuple[str, str], Digest] = {}
        """Path and MD5 of what is adopted -> its snapshot."""

    def adopt(
        self, state: State, *, is_present: bool, on_progress: Progress | None = None
    ) -> AdoptedData | None:
        """Adopt one state of an output; its name moves to the one that is checked out."""
        output = state.output
        info = self._before.get((output.path, output.md5))
        is_new = info is None
        if info is None:
            info = self._made(state, on_progress)
        elif is_present and self._held.get(info.name) != info.digest:
            info = self._recorded(state, info.tree)
        if info is None:
            return None
        self.snapshots[output.path, output.md5] = info.digest
        return AdoptedData(
            name=info.name or "",
            path=escape(os.fsencode(output.path)),
            md5=output.md5,
            digest=info.digest,
            files=info.files,
            size_bytes=info.size_bytes,
            found_in=state.found_in,
            is_new=is_new,
        )

    def _made(self, state: State, on_progress: Progress | None) -> SnapshotInfo | None:
        try:
            found = read_output(
                self._project,
                self._places,
                state.output,
                mode=self._mode,
                known=self._known,
                on_progress=on_progress,
            )
        except (Corrupt, Invalid) as error:
            self._lacks(state, [Fault(state.output.path, "corrupt", str(error))])
            return None
        self.damaged_copies += found.passed
        if found.tree is None:
            self._lacks(state, found.faults)
            return None
        return self._recorded(state, found.tree.digest)

    def _recorded(self, state: State, tree: Digest) -> SnapshotInfo:
        output, dvc = state.output, self._places.project
        path = escape(os.fsencode(output.path))
        commit = next((m.commit for m in state.moments if m.commit), "")
        at = f"@{state.found_in}" if commit else ""
        short = f" ({commit[:12]})" if commit and not at.endswith(commit[:12]) else ""
        source = describe(self._project, dvc, output, tree=tree, mode=self._mode)
        origin = f"dvc:{path}{at}{short} of {place(self._project, dvc)}"
        name = named(output.path)
        info = record_snapshot(self._project, source, origin=origin, name=name)
        self._held[name] = info.digest
        return info

    def _lacks(self, state: State, faults: Iterable[Fault]) -> None:
        path = escape(os.fsencode(state.output.path))
        for fault in faults:
            whole = fault.path.rstrip("/") in (path, path.rpartition("/")[2])
            name = path if whole else f"{path}/{fault.path}"
            self.lacking.append(NotAdopted(name, fault.kind, state.found_in, fault.reason))


def named(path: str) -> str:
    """Make a snapshot's name of an output's path: `data/train.csv` is `data-train.csv`."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", path.lower()).strip("._-")[-LONGEST_NAME:]
    return plain.strip("._-") or "data"


def _adopted(
    project: Project, location: str, mode: Keeping
) -> Iterator[tuple[tuple[str, str], SnapshotInfo]]:
    """Read what was adopted from this project before, by path and MD5."""
    for info in reversed(project.snapshots()):
        if info.kind != "dvc" or info.name is None:
            continue
        source = project.objects.get_record(info.digest, Snapshot).source
        if isinstance(source, DvcOutput) and (source.location, source.mode) == (
            location,
            mode,
        ):
            yield (os.fsdecode(unescape(source.path)), source.md5), info
