"""Snapshots: what the data was, frozen under one digest.

1. Every source has a tree: which bytes lay under which path. A source that is *kept* has those
   bytes in the store; of one that is *pinned* only the tree is stored, and the bytes stay
   where they were, to be read again and compared with it.
2. Tables also have a *logical* digest, over their schema and values and never over bytes of a
   file: it is equal for the same values in another file, and from another engine.
3. Where it came from, who took it and when stand in the ledger.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.card import card
from cairn.core.digest import Digest
from cairn.core.name import SnapshotName, Team, Text
from cairn.core.request import Change, Record, Request
from cairn.core.run import Scalar
from cairn.core.words import counted

Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(gt=0, le=1)]
Sql = Annotated[str, Meta(min_length=1, max_length=100_000)]
SnapshotId = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$(?!\n)")]
"""Iceberg's name for a state of a table: 63 bits, more than a JSON number holds."""
Md5 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(\.dir)?$(?!\n)")]
"""What DVC calls an output; `.dir` is the digest of its list of a folder's files."""
Keeping = Literal["pin", "copy"]
"""`pin`: the bytes stay where they are; `copy`: they are in the store."""


class ColumnFacts(Record, frozen=True):
    """A column of a table: its name, its logical type, and how many values are missing."""

    name: str
    type: str
    nulls: Count = 0


class TableFacts(Record, frozen=True):
    """What a table holds, whichever file or engine it is in."""

    logical: Digest
    rows: Count
    columns: tuple[ColumnFacts, ...]


class Files(Record, frozen=True, tag="files"):
    """Files and folders as they lay on disk."""

    tree: Digest


class Derived(Record, frozen=True, tag="derived"):
    """Data that a script made from other snapshots in memory, such as a held-out split.

    `by` names the function that made it, `of` the snapshots it was made from.
    """

    tree: Digest
    by: Text
    of: tuple[Digest, ...] = ()


class Table(Record, frozen=True, tag="table"):
    """A table that was in memory, by value: the rows of the tree's Parquet files, in order."""

    tree: Digest
    table: TableFacts


class Query(Record, frozen=True, tag="query"):
    """The result of a query, read within one transaction; its tree is like that of a table.

    `order` are the columns that its rows are sorted by, no two of them alike in all; without
    any, rows are sorted by all columns, so that their order in the database does not matter.
    """

    tree: Digest
    table: TableFacts
    engine: Literal["postgresql", "sqlite", "duckdb"]
    query: Sql
    isolation: Literal["repeatable read", "serializable", "snapshot"]
    order: tuple[str, ...] = ()
    parameters: dict[str, Scalar] = {}


class DeltaTable(Record, frozen=True, tag="delta"):
    """One version of a Delta Lake table: the data files that were active in it.

    `retention_seconds` is how long the table keeps files that are active no more.
    """

    tree: Digest
    mode: Keeping
    location: Text
    table_id: str
    version: Count
    table: TableFacts | None = None
    retention_seconds: Count | None = None


class IcebergTable(Record, frozen=True, tag="iceberg"):
    """One snapshot of an Iceberg table: the data and delete files that it reads.

    `retention_seconds` is the age from which snapshots may be expired.
    """

    tree: Digest
    mode: Keeping
    location: Text
    table_id: str
    snapshot_id: SnapshotId
    metadata_location: Text
    table: TableFacts | None = None
    retention_seconds: Count | None = None


class LakeFSCommit(Record, frozen=True, tag="lakefs"):
    """Files of one lakeFS commit; `location` is the server, `path` the prefix within."""

    tree: Digest
    mode: Keeping
    location: Text
    repository: str
    commit: str
    path: str = ""
    table: TableFacts | None = None


class BucketVersions(Record, frozen=True, tag="bucket"):
    """Objects of a bucket that keeps versions, each as it was in one version.

    `location` is the address of the bucket and a prefix; `versions` are in the order of the
    tree. What is copied from a bucket are `Files`.
    """

    tree: Digest
    mode: Keeping
    location: Text
    versions: tuple[str, ...]
    table: TableFacts | None = None


class DvcOutput(Record, frozen=True, tag="dvc"):
    """An output of a DVC project, found by its MD5 and verified on the way.

    `location` is where its cache is, `path` that of the output in the project, escaped.
    """

    tree: Digest
    mode: Keeping
    location: Text
    path: str
    md5: Md5
    table: TableFacts | None = None


class Recipe(Record, frozen=True, tag="recipe"):
    """A command that was shown to make exactly this tree, each time anew.

    It runs in `code`, a tree that is kept, with the snapshots `of` at hand; `lock` lists its
    packages.
    """

    tree: Digest
    mode: Keeping
    command: tuple[str, ...]
    code: Digest
    of: tuple[Digest, ...] = ()
    lock: Digest | None = None
    table: TableFacts | None = None


Source = (
    Files
    | Derived
    | Table
    | Query
    | DeltaTable
    | IcebergTable
    | LakeFSCommit
    | BucketVersions
    | DvcOutput
    | Recipe
)


class Sampling(Record, frozen=True):
    """How these rows were chosen; `all` is a method too: nothing was left out.

    `seed` is the text of a number, `filter` the condition that rows had to meet.
    """

    method: Text
    fraction: Fraction | None = None
    seed: str | None = None
    filter: Text = ""


class Snapshot(Record, frozen=True, tag_field="cairn", tag="snapshot/1"):
    """What is frozen: equal data from equal kinds of source has one digest."""

    source: Source
    sampling: Sampling | None = None


def kind_of(source: Source) -> str:
    """Name the kind of a source: `files`, `query`, `delta`."""
    return str(source.__struct_config__.tag)


def is_kept(source: Source) -> bool:
    """Tell whether the bytes of a source are in the store."""
    match source:
        case Files() | Derived() | Table() | Query():
            return True
        case (
            DeltaTable()
            | IcebergTable()
            | LakeFSCommit()
            | BucketVersions()
            | DvcOutput()
            | Recipe()
        ):
            return source.mode == "copy"


def parents_of(source: Source) -> tuple[Digest, ...]:
    """Return the snapshots that a source was made from."""
    return source.of if isinstance(source, Derived | Recipe) else ()


def table_of(source: Source) -> TableFacts | None:
    """Return what the table of a source holds; None where it is not one table."""
    return None if isinstance(source, Files | Derived) else source.table


class AddSnapshot(Change["SnapshotInfo"], frozen=True, tag="snapshot.add"):
    """Record a snapshot whose bytes are already stored, and let `name` point at it."""

    snapshot: Digest
    origin: Text
    name: SnapshotName | None = None
    profile: Digest | None = None
    """A stored `profile/1`: what the columns of its tables look like."""


class GetSnapshot(Request["SnapshotInfo"], frozen=True, tag="snapshot.get"):
    """Read a snapshot by name or by digest (eight characters or more of it)."""

    reference: Text


class ListSnapshots(Request["tuple[SnapshotInfo, ...]"], frozen=True, tag="snapshot.list"):
    """Read all snapshots, newest first."""


class SnapshotInfo(Record, frozen=True):
    """A snapshot as the registry knows it; `name` is the last that was given to it."""

    digest: Digest
    team: Team
    kind: str
    tree: Digest
    files: Count
    size_bytes: Count
    origin: Text
    added_by: str
    added_at: str
    name: SnapshotName | None = None
    rows: Count | None = None
    """Rows, where the data is one table; so is `logical` its digest."""
    logical: Digest | None = None
    profile: Digest | None = None

    def __repr__(self) -> str:
        """Say which snapshot it is, and how much."""
        called = f"snap:{self.name} " if self.name else ""
        return f"<{called}{self.digest[:19]}, {self.kind}, {self._much()}>"

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        rows = [
            ("digest", self.digest),
            ("holds", self._much()),
            ("from", self.origin),
            ("added", f"{self.added_at[:19]} UTC by {self.added_by}"),
        ]
        return card(f"snap:{self.name}" if self.name else self.digest[:19], rows)

    def _much(self) -> str:
        rows = "" if self.rows is None else f"{counted(self.rows, 'row')}, "
        return f"{rows}{counted(self.files, 'file')}, {self.size_bytes:,} bytes"
