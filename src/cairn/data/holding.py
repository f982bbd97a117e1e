"""Which snapshots and versions hold a row or a file: for deletion requests and bad labels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Invalid
from cairn.core.evaluation import Evaluation
from cairn.core.request import Record
from cairn.core.snapshot import (
    DeltaTable,
    IcebergTable,
    Snapshot,
    SnapshotInfo,
    Source,
    is_kept,
)
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.core.version import ListVersions, Version
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.look import LOGS, is_beside, look, partitions, rows_of
from cairn.data.table_files import suffix_of
from cairn.objects import ObjectStore
from cairn.objects.tree import tree_entries
from cairn.registry import Registry

_Count = Callable[[Entry, Mapping[bytes, Entry]], int]
SHOWN = 3
MOST_VERSIONS = 10_000
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


def find_row(registry: Registry, row: str) -> Search:
    """Find rows by `COLUMN=VALUE`, or by `VALUE` in any column, in all files of snapshots.

    A value is compared as the type of its column: `7` finds 7.0. What is not looked into is
    in `unsearched`. Raises `Invalid` for an empty value.
    """
    finder = _RowFinder(registry.objects, Asked(row))
    found = _search(registry, str(finder.asked), finder.count, reads=True)
    return msgspec.structs.replace(found, column_seen=finder.column_seen)


def find_file(registry: Registry, digest: Digest) -> Search:
    """Find a file by the digest of its content."""

    def count(entry: Entry, beside: Mapping[bytes, Entry]) -> int:
        del beside
        return int(entry.digest == digest)

    return _search(registry, digest, count, reads=False)


class _RowFinder:
    """Counts rows; the same file in many snapshots is read once."""

    def __init__(self, objects: ObjectStore, asked: Asked) -> None:
        self.asked = asked
        self.column_seen = not asked.column
        self._objects = objects
        self._known: dict[tuple[Digest | None, ...], Looked | CairnError] = {}

    def count(self, entry: Entry, beside: Mapping[bytes, Entry]) -> int:
        """Count the rows of a file that have the value.

        Raises `Invalid` for a file that is not looked into, with the reason.
        """
        if entry.mode == SYMLINK or is_beside(entry.path, beside):
            return 0
        inside = partitions(entry.path)
        asked = [name for name in inside if self.asked.in_column(name)]
        self.column_seen = self.column_seen or bool(asked)
        if any(self._is_in(name, inside[name]) for name in asked):
            return rows_of(self._objects, entry)
        found = self._looked(entry, beside)
        self.column_seen = self.column_seen or found.has_column
        if found.unread and not found.rows:
            raise Invalid(f"{escape(entry.path)}, {found.unread[0]}")
        return found.rows

    def _is_in(self, column: str, value: str) -> bool:
        wanted = self.asked.in_column(column)
        return wanted is not None and wanted.is_spelled(value)

    def _looked(self, entry: Entry, beside: Mapping[bytes, Entry]) -> Looked:
        logs = [beside.get(entry.path + suffix) for suffix in LOGS]
        key = (
            entry.digest,
            suffix_of(escape(entry.path)),
            *(log and log.digest for log in logs),
        )
        if key not in self._known:
            try:
                self._known[key] = look(self._objects, entry, beside, self.asked)
            except CairnError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, CairnError):
            raise known
        return known


def _search(registry: Registry, looked_for: str, count: _Count, *, reads: bool) -> Search:
    infos = {info.digest: info for info in reversed(registry.snapshots())}
    uses = list(_uses(registry))
    holding: list[Holding] = []
    unsearched: dict[str, str] = {}
    for info in infos.values():
        files, reasons = _files(registry, info, count, reads=reads)
        if reasons:
            unsearched[f"snap:{info.name}" if info.name else info.digest] = _some(reasons)
        if files:
            used_by = tuple(use for snapshot, use in uses if snapshot == info.digest)
            holding.append(
                Holding(snapshot=info.digest, name=info.name, files=files, used_by=used_by)
            )
    return Search(
        looked_for=looked_for,
        snapshots=len(infos),
        holding=tuple(holding),
        unsearched=unsearched,
    )


def _files(
    registry: Registry, info: SnapshotInfo, count: _Count, *, reads: bool
) -> tuple[dict[str, int], list[str]]:
    """Return the rows of each file that has some, and why others were not looked into."""
    try:
        source = registry.objects.get_record(info.digest, Snapshot).source
        if reads and not is_kept(source):
            return {}, ["its bytes are not in the store: it is pinned to where they lie"]
        entries = {
            entry.path: entry
            for entry in tree_entries(registry.objects, info.tree)
            if not (reads and _is_about_table(source, entry.path))
        }
    except CairnError as error:
        return {}, [str(error)]
    found: dict[str, int] = {}
    reasons: list[str] = []
    for entry in entries.values():
        try:
            found[escape(entry.path)] = count(entry, entries)
        except CairnError as error:
            reasons.append(str(error))
    return {path: rows for path, rows in found.items() if rows}, reasons


def _is_about_table(source: Source, path: bytes) -> bool:
    """Tell whether a file of a lake's table says which rows there are, and has none itself."""
    match source:
        case DeltaTable():
            return path.startswith(b"_delta_log/")
        case IcebergTable():
            return path.endswith((b".metadata.json", b".avro"))
        case _:
            return False


def _some(reasons: Sequence[str]) -> str:
    """Put reasons into one line: the first few, and how many more there are."""
    more = len(reasons) - SHOWN
    return "; ".join(reasons[:SHOWN]) + (f"; and {more:,} more files" if more > 0 else "")


def _uses(registry: Registry) -> Iterator[tuple[Digest, Use]]:
    """Yield which versions have to do with which snapshot."""
    for version in registry.engine.send(ListVersions(limit=MOST_VERSIONS)):
        for source in version.manifest.inputs:
            yield source.snapshot, _use(version, source.role)
        for snapshot in _evaluated_on(registry, version.manifest.evaluations):
            yield snapshot, _use(version, "evaluation")


def _use(version: Version, role: Role) -> Use:
    return Use(version=version.name, digest=version.digest, role=role)


def _evaluated_on(registry: Registry, evaluations: Sequence[Digest]) -> set[Digest]:
    return {registry.objects.get_record(digest, Evaluation).snapshot for digest in evaluations}
