"""Push and pull: snapshots and versions copied between this store and a remote.

Bytes first, verified; then, for each snapshot and version, one record that refers to them: a
ref in the remote, a ledger entry here. So whatever is interrupted has recorded nothing that
lacks bytes, and goes on where it stopped. Labels, gates and runs stay where they were made.
What a pulled manifest says of its safety is a claim: this store judges the bytes itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from cairn.core.digest import Digest
from cairn.core.errors import Refused
from cairn.core.ledger import Entry, ProveEntry
from cairn.core.name import shown
from cairn.core.request import Record
from cairn.core.snapshot import AddSnapshot, Snapshot, parents_of
from cairn.core.transfer import AnyRef, SnapshotRef, VersionRef
from cairn.core.version import UNSTAGED, Manifest, Origin, RegisterVersion
from cairn.data.foreign_keys import new_keys, pin
from cairn.data.refs import Remote, open_remote
from cairn.data.verdict import verdict_on
from cairn.data.wanted import (
    Here,
    chosen_here,
    chosen_there,
    objects_of,
    sorted_by_time,
    with_sources,
)
from cairn.engine.store import read_about
from cairn.objects.transfer import Progress, plan, ship
from cairn.registry import Registry

LONGEST_ORIGIN = 2000


class Item(Record, frozen=True):
    """A snapshot or version that was copied, as it is called where it was copied to."""

    name: str
    digest: Digest
    note: str = ""


class Transferred(Record, frozen=True):
    """What was copied, or would be; `already` of what was asked for were there before."""

    remote: str
    items: tuple[Item, ...]
    already: int
    objects: int
    size_bytes: int
    done: bool = True
    trusted: tuple[str, ...] = ()
    """Keys of ledgers that were met for the first time, and are pinned from now on."""


def push(
    registry: Registry,
    remote: str | None = None,
    references: Sequence[str] = (),
    *,
    dry_run: bool = False,
    plain: bool = False,
    on_progress: Progress | None = None,
) -> Transferred:
    """Copy snapshots and versions, all or those named, to a remote that lacks them.

    The data that versions were trained on goes with them. Raises `Corrupt` before anything
    damaged leaves, and then nothing new is recorded there; and `Refused` if this store is
    encrypted, unless `plain` says that its bytes may lie there as they are.
    """
    if registry.objects.is_encrypted and not plain:
        raise Refused(
            "this store is encrypted, and what lies in a remote is not",
            fix="let the bucket encrypt it (s3://bucket/prefix?sse=aws:kms), and say that it "
            "may go: `cairn push --plain`",
        )
    there = open_remote(registry.settings, remote, to_write=True)
    here = Here(registry)
    offered, asked = there.refs(), chosen_here(registry, here, references)
    missing = with_sources(registry.objects, asked - offered, here.entries) - offered
    needed = objects_of(registry.objects, missing) | _profiles(here.entries, missing)
    shipment = plan(registry.objects, there.objects, needed)
    items = tuple(_item(ref, here.entries[ref]) for ref in _in_order(missing, here.entries))
    if not dry_run:
        ship(shipment, check_first=True, on_progress=on_progress)
        _write_refs(registry, there, _in_order(missing, here.entries), here.entries)
    return Transferred(
        remote=there.address,
        items=items,
        already=len(asked - missing),
        objects=shipment.objects,
        size_bytes=shipment.size_bytes,
        done=not dry_run,
    )


def pull(
    registry: Registry,
    remote: str | None = None,
    references: Sequence[str] = (),
    *,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> Transferred:
    """Copy snapshots and versions, all or those named, from a remote, and record them here.

    One ledger entry each; who has the digest already keeps number and name. Raises `Corrupt`
    if the remote holds other bytes than it says, and `Refused` if a ledger has another key
    than before; then nothing is recorded here.
    """
    there = open_remote(registry.settings, remote, to_write=False)
    registry.objects.hold()  # what lies here already is relied on until it is recorded
    here = Here(registry)
    offered = there.refs()
    asked = chosen_there(registry, there, offered, references)
    proven = {ref: there.read(ref) for ref in asked if not here.has(ref)}
    missing = with_sources(there.objects, proven, offered)
    proven = {ref: there.read(ref) for ref in missing if not here.has(ref)}
    keys = new_keys(registry, (log for _, log in proven.values()), met=here.entries.values())
    entries = {ref: entry for ref, (entry, _) in proven.items()}
    needed = objects_of(there.objects, proven) | _profiles(entries, proven)
    shipment = plan(there.objects, registry.objects, needed)
    if dry_run:
        items = tuple(_item(ref, entries[ref]) for ref in _in_order(proven, entries))
    else:
        ship(shipment, check_first=False, on_progress=on_progress)
        for key in keys:
            pin(registry, key)
        items = tuple(_record(registry, here, proven))
    return Transferred(
        remote=there.address,
        items=items,
        already=len(asked - proven.keys()),
        objects=shipment.objects,
        size_bytes=shipment.size_bytes,
        done=not dry_run,
        trusted=tuple(keys),
    )


def _in_order(refs: Iterable[AnyRef], entries: Mapping[AnyRef, Entry]) -> list[AnyRef]:
    return sorted_by_time({ref: entries[ref] for ref in refs})


def _profiles(entries: Mapping[AnyRef, Entry], refs: Iterable[AnyRef]) -> set[Digest]:
    """List the descriptions of snapshots that their entries name."""
    return {entries[ref].after["profile"] for ref in refs if entries[ref].after.get("profile")}


def _item(ref: AnyRef, entry: Entry) -> Item:
    """Say what a ref is, as it is called where its entry was made."""
    if isinstance(ref, SnapshotRef):
        return Item(name=ref.shown, digest=ref.digest)
    return Item(name=f"{shown(ref.model)}:{entry.after['number']}", digest=ref.digest)


def _write_refs(
    registry: Registry, there: Remote, refs: Sequence[AnyRef], entries: Mapping[AnyRef, Entry]
) -> None:
    log = read_about(registry.settings.store).log
    for ref in refs:
        proof = registry.engine.send(ProveEntry(seq=entries[ref].seq))
        there.write(ref, log, proof)
    there.settle(frozenset(refs))


def _record(
    registry: Registry, here: Here, proven: Mapping[AnyRef, tuple[Entry, str]]
) -> Iterable[Item]:
    """Record what was pulled, snapshots before those that were made of them."""
    entries = {ref: entry for ref, (entry, _) in proven.items()}
    waiting, done = _in_order(proven, entries)[::-1], set[AnyRef]()
    while waiting:
        ref = waiting[-1]
        parents = [each for each in _made_of(registry, ref, entries) if each not in done]
        if parents:
            waiting += parents
            continue
        if waiting.pop() not in done:
            done.add(ref)
            yield _recorded(registry, here, ref, *proven[ref])


def _made_of(registry: Registry, ref: AnyRef, entries: Mapping[AnyRef, Entry]) -> list[AnyRef]:
    if isinstance(ref, VersionRef):
        return []
    parents = parents_of(registry.objects.get_record(ref.digest, Snapshot).source)
    return [
        each for each in entries if isinstance(each, SnapshotRef) and each.digest in parents
    ]


def _recorded(registry: Registry, here: Here, ref: AnyRef, entry: Entry, log: str) -> Item:
    if isinstance(ref, SnapshotRef):
        return _add_snapshot(registry, here, ref, entry, log)
    number = entry.after["number"]
    judged = _judged(registry, ref.digest)
    version = registry.engine.send(
        RegisterVersion(
            model=ref.model,
            manifest=ref.digest,
            retroactive=True,  # the gaps were known where it was registered
            stage=entry.after["stage"] or UNSTAGED,
            required=registry.settings.model(ref.model).fields,
            origin=Origin(log=log, number=number, seq=entry.seq),
        )
    )
    there = "" if version.number == number else f"number {number} there"
    note = "; ".join(each for each in (there, judged) if each)
    return Item(name=version.name, digest=ref.digest, note=note)


def _judged(registry: Registry, manifest: Digest) -> str:
    """Judge the bytes that came, whatever their maker says; tell where the two disagree."""
    artifacts = registry.objects.get_record(manifest, Manifest).artifacts
    if artifacts is None:
        return ""
    found = verdict_on(registry, artifacts.tree)
    if found.safety == artifacts.safety:
        return ""
    return f"{found.safety}, though its maker says {artifacts.safety}"


def _add_snapshot(
    registry: Registry, here: Here, ref: SnapshotRef, entry: Entry, log: str
) -> Item:
    """Record a snapshot; a name that another one has here stays where it is."""
    holder = here.names.get(ref.name or "", ref.digest)
    origin = f"{entry.after['origin']} (pulled from {log.partition('+')[0]})"
    registry.engine.send(
        AddSnapshot(
            snapshot=ref.digest,
            origin=origin[:LONGEST_ORIGIN],
            name=ref.name if holder == ref.digest else None,
            profile=entry.after.get("profile"),
        )
    )
    if holder != ref.digest:
        note = f"without its name {ref.name}, which is {holder} here"
        return Item(name=ref.digest, digest=ref.digest, note=note)
    here.names.setdefault(ref.name or "", ref.digest)
    return Item(name=ref.shown, digest=ref.digest)
