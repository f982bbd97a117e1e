"""Everything in a store that holds a person's rows, and what an erasure would do about it.

Snapshots and captured frames, stored evaluations, golden rows, tables that runs wrote, texts
in the ledger. Not looked into are weights, which keep what they learned, and free text.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from cairn.core.digest import Digest
from cairn.core.erasure import ListErasures
from cairn.core.errors import CairnError
from cairn.core.run import RunFacts
from cairn.core.snapshot import Snapshot, SnapshotInfo, is_kept
from cairn.core.tree import FILE, Entry, escape, unescape
from cairn.core.version import Version
from cairn.data.person import evaluations
from cairn.data.person.place import Erasing, Fate, Place
from cairn.data.person.rewrite import rewrite
from cairn.data.row_holders import uses
from cairn.data.rows import captured
from cairn.data.rows.asked import Asked
from cairn.data.rows.search import Held, RowSearch
from cairn.listed import ledger_entries
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

TEXT = "free text, where it stands as a word: `cairn forget-secret` erases such objects whole"
PINNED = "it lies where it was pinned, and nothing is written there: take them out yourself"
NAMED = "its snapshot was named to go whole"
SHORTEST = 4
DIGITS = len("sha256:") + 12


def find_person(
    project: Project,
    row: str,
    *,
    carry_out: bool = False,
    whole: bool = False,
    also: Collection[str] = (),
) -> Erasing:
    """Find a row by `COLUMN=VALUE` and plan its erasure.

    To `carry_out` means to store what follows; without, nothing is written at all. With
    `whole`, files that cannot be written again go, rows of others and all. `also` are
    snapshots, such as those that could not be searched, of which every byte goes.
    """
    named = frozenset(project.find_snapshot(each).digest for each in also)
    return _Plan(project, Asked(row), carry_out=carry_out, whole=whole, also=named).made()


class _Plan:
    def __init__(
        self,
        project: Project,
        asked: Asked,
        *,
        carry_out: bool,
        whole: bool,
        also: frozenset[Digest],
    ) -> None:
        self._project = project
        self._objects = project.objects
        self._asked = asked
        self._carry_out = carry_out
        self._whole = whole
        self._also = also
        self._search = RowSearch(project, asked)
        self._places: list[Place] = []
        self._unsearched: dict[str, str] = {}
        self._going: dict[Digest, str] = {}
        self._new: dict[Digest, Digest] = {}
        self._left: dict[Digest, frozenset[Digest]] = {}
        erasures = project.engine.send(ListErasures())
        erased = {digest for found in erasures for digest in found.objects}
        self._gone = frozenset(erased - project.objects.have(erased))
        self._earlier = {o: n for found in erasures for o, n in found.successors.items()}
        self._versions = project.versions()

    def made(self) -> Erasing:
        held = {each.info.digest: each for each in self._search.run()}
        for each in held.values():
            self._snapshot(each)
        for found in evaluations.judged(self._project, self._asked, held, self._gone):
            self._evaluation(found)
        for version in self._versions:
            self._golden(version)
        for run in self._project.runs():
            if run.facts is not None and self._objects.has(run.facts):
                self._outputs(run.id, self._objects.get_record(run.facts, RunFacts))
        self._spare(held.values())
        touched = {digest for digest, each in held.items() if each.files}
        return Erasing(
            looked_for=str(self._asked),
            snapshots=len(held),
            places=tuple(self._places),
            learned=tuple(use for snapshot, use in uses(self._project) if snapshot in touched),
            unsearched=self._unsearched,
            entries=tuple(self._entries()),
            paths=tuple(self._paths(held.values())),
            objects=tuple(sorted(self._going)),
            successors=self._new,
            followed=tuple(
                (_called(held[old].info), old, new)
                for old, new in self._new.items()
                if old in held
            ),
            column_seen=self._search.column_seen,
        )

    def _snapshot(self, held: Held) -> None:
        """Plan what becomes of one snapshot; its parents were looked at before."""
        info = held.info
        name = _called(info)
        if info.digest in self._also:
            self._all_of(info, name)
            return
        if held.unread:
            self._unsearched[name] = "; ".join(held.unread[:3])
        if not held.files:
            return
        if not is_kept(self._objects.get_record(info.digest, Snapshot).source):
            for path, looked in held.files.items():
                self._place(name, escape(path), looked.rows, "stays", PINNED)
            return
        done = rewrite(
            self._objects,
            info.digest,
            held.files,
            successors={**self._earlier, **self._new},
            whole=self._whole,
            store=self._carry_out and info.digest not in self._earlier,
        )
        for path, (fate, why) in done.fates.items():
            self._place(name, escape(path), held.files[path].rows, fate, why)
        self._left[info.digest] = done.left
        self._going |= dict.fromkeys(done.gone, name)
        if info.profile is not None and done.gone:
            self._going[info.profile] = name
        if done.snapshot is not None:
            self._new[info.digest] = done.snapshot

    def _all_of(self, info: SnapshotInfo, name: str) -> None:
        """Let every byte of a snapshot go; nothing follows it."""
        entries = tree_entries(self._objects, info.tree)
        here = self._objects.have(entry.digest for entry in entries)
        self._left[info.digest] = frozenset()
        self._going |= dict.fromkeys(here, name)
        if info.profile is not None and self._objects.has(info.profile):
            self._going[info.profile] = name
        if here:
            self._place(name, "every file", info.rows or 0, "whole", NAMED)

    def _evaluation(self, found: evaluations.Judged) -> None:
        name = f"evaluation {found.digest[:DIGITS]}"
        if found.evaluation.snapshot in self._also:
            self._going[found.evaluation.predictions] = name
            self._place(name, "predictions", found.evaluation.rows, "whole", NAMED)
            return
        if found.unknown:
            self._unsearched[name] = found.unknown
        if not found.ids:
            return
        self._going[found.evaluation.predictions] = name
        new = None
        if self._carry_out:
            follows = {**self._earlier, **self._new}
            new = evaluations.rewritten(self._project, found, follows)
        if new is not None:
            self._new[found.digest] = new
        all_rows = len(found.ids) == found.evaluation.rows
        fate: Fate = "whole" if all_rows else "rewritten"
        self._place(name, "predictions", len(found.ids), fate)

    def _golden(self, version: Version) -> None:
        """Look into the rows that a version is checked by; they are part of what it is."""
        artifacts = version.manifest.artifacts
        if artifacts is None or artifacts.golden is None or version.deleted is not None:
            return
        name = f"golden rows of {version.name}"
        try:
            entries = {e.path: e for e in tree_entries(self._objects, artifacts.golden)}
            inside = {
                path: entry for path, entry in entries.items() if path.startswith(b"inputs/")
            }
            if any(entry.digest in self._gone for entry in inside.values()):
                return
            frames = captured.frames_in(self._objects, inside)
            found = self._search.in_frames(inside, frames)
        except CairnError as error:
            self._unsearched[name] = str(error)
            return
        if found.unread:
            self._unsearched[name] = "; ".join(found.unread)
        for path, looked in found.files.items():
            why = "they are part of the version's identity"
            self._place(name, escape(path), looked.rows, "whole", why)
            rows = [e for e in entries.values() if not e.path.endswith(b".json")]
            self._going |= dict.fromkeys((e.digest for e in rows), name)
            self._left[artifacts.golden] = frozenset()

    def _outputs(self, run: str, facts: RunFacts) -> None:
        """Look into what a run wrote and printed; models are weights, and not opened."""
        name = f"run:{run[:12]}"
        printed = {} if facts.log is None else {"its output": facts.log}
        for path, digest in {**facts.outputs, **printed}.items():
            if path in facts.artifacts or not self._objects.has(digest):
                continue
            entry = Entry(unescape(path), FILE, self._objects.size(digest), digest)
            try:
                looked = self._search.look(entry, {}, self._asked)
            except CairnError as error:
                self._unsearched[name] = str(error)
                continue
            if looked.rows and looked.at is not None:
                self._place(name, path, looked.rows, "whole", "a run's record names its bytes")
                self._going[digest] = name
            elif looked.rows:
                self._place(name, path, looked.rows, "stays", TEXT)

    def _spare(self, held: Iterable[Held]) -> None:
        """Keep what is also part of something that stays as it is; a pin keeps no bytes."""
        others: dict[Digest, str] = {}
        for each in held:
            if not is_kept(self._objects.get_record(each.info.digest, Snapshot).source):
                continue
            left = self._left.get(each.info.digest)
            if left is None:
                left = frozenset(e.digest for e in tree_entries(self._objects, each.info.tree))
            others |= dict.fromkeys(left, _called(each.info))
        for version in self._versions:
            artifacts = version.manifest.artifacts
            if artifacts is None or version.deleted is not None:
                continue
            trees = {artifacts.tree, artifacts.golden} - {None, *self._left}
            files = (e for tree in trees if tree for e in tree_entries(self._objects, tree))
            others |= dict.fromkeys((entry.digest for entry in files), version.name)
        for digest in [digest for digest in self._going if digest in others]:
            why = f"its bytes are also part of {others[digest]}"
            self._place(self._going.pop(digest), f"object {digest[:DIGITS]}", 0, "stays", why)

    def _entries(self) -> Iterator[int]:
        """Yield the ledger entries that have the value in a text."""
        for entry in ledger_entries(self._project.engine):
            said = (entry.subject, entry.reason, *_texts([entry.before, entry.after]))
            if any(self._is_said(text) for text in said):
                yield entry.seq

    def _paths(self, held: Iterable[Held]) -> Iterator[str]:
        """Yield the files that have the value in their name, which lists of files keep."""
        for each in held:
            for entry in tree_entries(self._objects, each.info.tree):
                if self._is_said(path := escape(entry.path)):
                    yield f"{_called(each.info)}, {path}"

    def _is_said(self, text: str) -> bool:
        """Tell whether a text has the value as a word; a short number may be anything."""
        spelled = {
            each
            for wanted in self._asked.values
            for each in wanted.texts
            if not (wanted.is_number and len(each) < SHORTEST)
        }
        return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text) for each in spelled)

    def _place(self, what: str, file: str, rows: int, fate: Fate, why: str = "") -> None:
        self._places.append(Place(what=what, file=file, rows=rows, fate=fate, why=why))


def _called(info: SnapshotInfo) -> str:
    return f"snap:{info.name}" if info.name else f"snapshot {info.digest[:DIGITS]}"


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value that is not a digest."""
    if isinstance(value, str) and not value.startswith("sha256:"):
        yield value
    elif isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        for name, inner in members.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)
