"""`cairn snapshot log`: where data comes from, what it was before, and what it was made of."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from cairn.cli.app import Shown
from cairn.cli.text import moment, short, table
from cairn.core.digest import Digest
from cairn.core.ledger import Entry
from cairn.core.snapshot import (
    Derived,
    Query,
    Recipe,
    Snapshot,
    SnapshotInfo,
    Source,
    kind_of,
    parents_of,
)
from cairn.registry import Registry


class Line(NamedTuple):
    """One snapshot as it was recorded: source, what made it, parents, author, time."""

    digest: Digest
    name: str | None
    kind: str
    origin: str
    made_by: str
    parents: tuple[Digest, ...]
    added_by: str
    added_at: str


def told(registry: Registry, reference: str) -> Shown:
    """Tell what a name stood for, the newest first, then what that was made of."""
    own = list(_own(registry, reference))
    lines = [*own, *_ancestors(registry, own)]
    rows = [
        (
            moment(line.added_at),
            line.added_by,
            f"snap:{line.name}" if line.name else "-",
            short(line.digest),
            line.kind,
            line.origin,
            line.made_by or "-",
            ", ".join(map(short, line.parents)) or "-",
        )
        for line in lines
    ]
    head = ("when", "who", "name", "digest", "kind", "from", "made by", "parents")
    value: list[dict[str, Any]] = [line._asdict() for line in lines]
    return Shown(value, table(head, rows))


def _own(registry: Registry, reference: str) -> Iterator[Line]:
    """Read what a name stood for, or the one snapshot that a digest means."""
    info = registry.find_snapshot(reference)
    if reference.removeprefix("snap:") != info.name:
        yield _line(registry, info)
        return
    added = registry.entries(action="snapshot.add", subject=f"snap:{info.name}")
    yield from (
        _recorded(registry, entry)
        for entry in reversed([*added])
        if entry.after["name"] == info.name
    )


def _ancestors(registry: Registry, lines: list[Line]) -> Iterator[Line]:
    """Follow the parents of snapshots, each once."""
    seen = {line.digest for line in lines}
    waiting = [parent for line in lines for parent in line.parents]
    while waiting:
        digest = waiting.pop(0)
        if digest in seen:
            continue
        seen.add(digest)
        line = _line(registry, registry.find_snapshot(digest))
        waiting += line.parents
        yield line


def _line(registry: Registry, info: SnapshotInfo) -> Line:
    source = registry.objects.get_record(info.digest, Snapshot).source
    return Line(
        info.digest,
        info.name,
        info.kind,
        info.origin,
        _made_by(source),
        parents_of(source),
        info.added_by,
        info.added_at,
    )


def _recorded(registry: Registry, entry: Entry) -> Line:
    after = entry.after
    source = registry.objects.get_record(after["digest"], Snapshot).source
    return Line(
        after["digest"],
        after["name"],
        kind_of(source),
        after["origin"],
        _made_by(source),
        parents_of(source),
        entry.actor.id,
        entry.time,
    )


def _made_by(source: Source) -> str:
    """Say which query, command or function made the data, if one did."""
    match source:
        case Query():
            return source.query
        case Recipe():
            return " ".join(source.command)
        case Derived():
            return source.by
        case _:
            return ""
