"""Which snapshots and versions hold a row or a file: for deletion requests and bad labels."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Invalid
from cairn.core.evaluation import Evaluation
from cairn.core.request import Record
from cairn.core.snapshot import Snapshot, SnapshotInfo, is_kept
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.core.version import ListVersions, Version
from cairn.data.relation import Relations, literal
from cairn.data.table_files import TableFiles, is_table
from cairn.objects.tree import tree_entries
from cairn.registry import Registry

_Count = Callable[[Entry], int]
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
    """What was found; `unsearched` snapshots could not be looked into, with the reason."""

    looked_for: str
    snapshots: int
    holding: tuple[Holding, ...]
    unsearched: dict[str, str] = {}


class _Wanted(NamedTuple):
    """A value, in one column or in any."""

    value: str
    column: str | None

    def __str__(self) -> str:
        return f"{self.column} = {self.value}" if self.column else self.value


def find_row(registry: Registry, row: str) -> Search:
    """Find rows by `COLUMN=VALUE`, or by `VALUE` in any column, in the tables of snapshots.

    A value is compared as the type of its column: `7` finds 7.0. Raises `Invalid` for an empty
    value.
    """
    column, equals, value = row.partition("=")
    wanted = _Wanted(value.strip(), column.strip()) if equals else _Wanted(row.strip(), None)
    if not wanted.value or wanted.column == "":
        raise Invalid(f"{row!r} names no row: write COLUMN=VALUE, such as customer_id=4711")
    with Relations(registry.objects) as tables:
        counted = _Counter(tables, wanted)
        return _search(registry, str(wanted), counted.count)


def find_file(registry: Registry, digest: Digest) -> Search:
    """Find a file by the digest of its content."""

    def count(entry: Entry) -> int:
        return int(entry.digest == digest)

    return _search(registry, digest, count)


class _Counter:
    """Counts rows; the same file in many snapshots is read once."""

    def __init__(self, tables: Relations, wanted: _Wanted) -> None:
        self._tables = tables
        self._wanted = wanted
        self._known: dict[Digest, int] = {}

    def count(self, entry: Entry) -> int:
        """Count the rows of a file that have the value; 0 for what is no table."""
        if entry.mode == SYMLINK or not is_table(entry.path):
            return 0
        if entry.digest not in self._known:
            self._known[entry.digest] = self._look(entry)
        return self._known[entry.digest]

    def _look(self, entry: Entry) -> int:
        name = f"t{len(self._known)}"
        columns = self._tables.add(name, TableFiles(escape(entry.path), (entry,)))
        wanted = self._wanted.column
        value = literal(self._wanted.value)
        tests = [
            f"{column.value} = TRY_CAST({value} AS {column.kind})"
            for column in columns
            if wanted in (None, column.name) and not column.kind.endswith(("]", ")"))
        ]
        if not tests:
            return 0
        (rows,) = self._tables.row(f"SELECT count(*) FROM {name} WHERE {' OR '.join(tests)}")
        return int(rows)


def _search(registry: Registry, looked_for: str, count: _Count) -> Search:
    infos = {info.digest: info for info in reversed(registry.snapshots())}
    uses = list(_uses(registry))
    holding: list[Holding] = []
    unsearched: dict[str, str] = {}
    for info in infos.values():
        called = f"snap:{info.name}" if info.name else info.digest
        try:
            files = _files(registry, info, count)
        except CairnError as error:
            unsearched[called] = str(error)
            continue
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


def _files(registry: Registry, info: SnapshotInfo, count: _Count) -> dict[str, int]:
    source = registry.objects.get_record(info.digest, Snapshot).source
    if not is_kept(source):
        raise Invalid("its bytes are not in the store: it is pinned to where they lie")
    found = {
        escape(entry.path): count(entry) for entry in tree_entries(registry.objects, info.tree)
    }
    return {path: rows for path, rows in found.items() if rows}


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
