"""Record and read snapshots."""

from cairn.core.digest import Digest
from cairn.core.errors import Conflict, NotFound
from cairn.core.ledger import Entry
from cairn.core.snapshot import (
    AddSnapshot,
    GetSnapshot,
    ListSnapshots,
    Snapshot,
    SnapshotInfo,
    Source,
    kind_of,
    parents_of,
    table_of,
)
from cairn.core.table import Profile
from cairn.engine import ledger
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require_source
from cairn.sql.database import Row

ADDED = "snapshot.add"
SHORTEST_DIGEST = 8


def add(context: Context, asked: AddSnapshot) -> Draft | SnapshotInfo:
    """Check that every byte is there, then record; the same under the same name is nothing."""
    known = context.tx.one("snapshot_named", name=asked.name) if asked.name else None
    if known is not None and known[1] == asked.snapshot:
        return _info(context, known)
    if asked.name is None and (same := _by_digest(context, asked.snapshot)):
        return _info(context, same[0])

    snapshot = context.objects.get_record(asked.snapshot, Snapshot)
    files, size_bytes = require_source(context.objects, snapshot.source)
    for parent in parents_of(snapshot.source):
        find(context, parent)
    described = _described(context, snapshot.source, asked.profile)

    return Draft(
        action=ADDED,
        subject=f"snap:{asked.name or asked.snapshot}",
        before={"digest": known[1]} if known else {},
        after={
            "digest": asked.snapshot,
            "name": asked.name,
            "origin": asked.origin,
            "files": files,
            "size_bytes": size_bytes,
            **described,
        },
        evidence=(asked.snapshot, *((asked.profile,) if asked.profile else ())),
    )


def apply_added(context: Context, entry: Entry) -> None:
    """Write the view of an added snapshot."""
    snapshot = context.objects.get_record(entry.after["digest"], Snapshot)
    context.tx.run(
        "snapshot_add",
        seq=entry.seq,
        digest=entry.after["digest"],
        name=entry.after["name"],
        tree=snapshot.source.tree,
        kind=kind_of(snapshot.source),
        files=entry.after["files"],
        size_bytes=entry.after["size_bytes"],
    )


def answer_added(context: Context, entry: Entry) -> SnapshotInfo:
    """Answer whoever added it."""
    return find(context, entry.after["digest"])


def get(context: Context, asked: GetSnapshot) -> SnapshotInfo:
    """Answer `GetSnapshot`."""
    return find(context, asked.reference)


def find(context: Context, reference: str) -> SnapshotInfo:
    """Read a snapshot by name or digest; raises `NotFound` and `Conflict` (two match)."""
    rows = _by_digest(context, reference) if reference.startswith("sha256:") else []
    if not rows and (named := context.tx.one("snapshot_named", name=reference)):
        rows = [named]
    if not rows:
        raise NotFound(
            f"there is no snapshot {reference!r}; `cairn snapshot list` shows them, "
            "`cairn snapshot add PATH --name NAME` makes one"
        )
    if len({row.digest for row in rows}) > 1:
        raise Conflict(f"{reference} begins more than one snapshot's digest; give more digits")
    return _info(context, rows[0])


def every(context: Context, _asked: ListSnapshots) -> tuple[SnapshotInfo, ...]:
    """Answer `ListSnapshots`: the newest record of each name and digest."""
    seen: set[tuple[str, str | None]] = set()
    found: list[SnapshotInfo] = []
    for row in context.tx.all("snapshot_list"):
        if (row.digest, row.name) not in seen:
            seen.add((row.digest, row.name))
            found.append(_info(context, row))
    return tuple(found)


def _described(context: Context, source: Source, profile: Digest | None) -> dict[str, object]:
    """Return what the ledger says about the table in a snapshot, if it is one.

    Raises `Conflict` where source and profile tell of different tables.
    """
    tables = context.objects.get_record(profile, Profile).tables if profile else ()
    facts = table_of(source) or (tables[0].facts if len(tables) == 1 else None)
    if table_of(source) and tables and [each.facts for each in tables] != [facts]:
        raise Conflict("the profile is of another table than the snapshot's; make it again")
    table: dict[str, object] = {"logical": facts.logical, "rows": facts.rows} if facts else {}
    return table | ({"profile": profile} if profile else {})


def _by_digest(context: Context, digits: Digest) -> list[Row]:
    if len(digits) < len("sha256:") + SHORTEST_DIGEST:
        return []
    return context.tx.all("snapshot_by_digest", prefix=digits)


def _info(context: Context, row: Row) -> SnapshotInfo:
    entry = ledger.read(context.tx, row.seq)
    ledger.agree(
        entry,
        ADDED,
        digest=row.digest,
        name=row.name,
        files=row.files,
        size_bytes=row.size_bytes,
    )
    return SnapshotInfo(
        digest=row.digest,
        team=entry.team,
        kind=row.kind,
        tree=row.tree,
        files=row.files,
        size_bytes=row.size_bytes,
        origin=entry.after["origin"],
        added_by=entry.actor.id,
        added_at=entry.time,
        name=row.name,
        rows=entry.after.get("rows"),
        logical=entry.after.get("logical"),
        profile=entry.after.get("profile"),
    )
