"""Snapshots: what the data was, frozen under one digest."""

from typing import Annotated

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.name import SnapshotName, Team, Text
from cairn.core.request import Change, Record, Request

Count = Annotated[int, Meta(ge=0)]


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


Source = Files | Derived


class Snapshot(Record, frozen=True, tag_field="cairn", tag="snapshot/1"):
    """What is frozen: equal data from equal kinds of source has one digest.

    Where it came from, who took it and when stand in the ledger.
    """

    source: Source


class AddSnapshot(Change["SnapshotInfo"], frozen=True, tag="snapshot.add"):
    """Record a snapshot whose bytes are already stored, and let `name` point at it."""

    snapshot: Digest
    origin: Text
    name: SnapshotName | None = None


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
