"""Push and pull: snapshots and versions copied between this store and a remote.

Bytes first, verified; then, for each snapshot and version, one record that refers to them: a
ref in the remote, a ledger entry here. So whatever is interrupted has recorded nothing that
lacks bytes, and goes on where it stopped. Labels, gates and runs stay where they were made;
what the ledger says of them goes along as testimony, which nothing follows. What a pulled
manifest says of its safety is a claim: this store judges the bytes itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Refused
from cairn.core.ledger import Entry, ProveEntry
from cairn.core.name import ModelName, shown
from cairn.core.transfer import AnyRef, Failure, Item, SnapshotRef, Transferred, VersionRef
from cairn.data.erasure import erased_here
from cairn.data.remotes import testimony
from cairn.data.remotes.arrival import Arrival
from cairn.data.remotes.foreign_keys import new_keys, pin
from cairn.data.remotes.offered import offered
from cairn.data.remotes.refs import Remote, open_remote
from cairn.data.remotes.selection import (
    Here,
    Sources,
    chosen_here,
    chosen_there,
    need_of,
    objects_of,
    profiles,
    sorted_by_time,
)
from cairn.engine.store import read_about
from cairn.objects.closure import parts
from cairn.objects.transfer import Progress, plan, ship
from cairn.project import Project


def push(
    project: Project,
    remote: str | None = None,
    references: Sequence[str] = (),
    *,
    dry_run: bool = False,
    plain: bool = False,
    on_progress: Progress | None = None,
) -> Transferred:
    """Copy snapshots and versions, all or those named, to a remote that lacks them.

    The data that versions were trained and judged on goes with them, and what this ledger
    says of their models. What is named is looked
    at again although it is there: whatever it lacks is sent. Before anything is recorded
    there, the remote is asked for every object once more. Raises `Corrupt` before anything
    damaged leaves, and if some is not there afterwards; then nothing new is recorded. What was
    erased in part is left out, and raises `Erased` if it was named. Raises
    `Refused` if this store is encrypted, unless `plain` says that its bytes may lie there as
    they are.
    """
    if project.objects.is_encrypted and not plain:
        raise Refused(
            "this store is encrypted, and what lies in a remote is not",
            fix="let the bucket encrypt it (s3://bucket/prefix?sse=aws:kms), and say that it "
            "may go: `cairn push --plain`",
        )
    there = open_remote(project.settings, remote, to_write=True)
    here = Here(project)
    known, asked = offered(there).refs, chosen_here(project, here, references)
    gone = erased_here(project)
    failed = {} if references else _erased(project, asked - known, gone, here.entries)
    asked -= failed.keys()
    sources = Sources(project.objects, here.entries)
    whole = sources.closure(asked if references else asked - known)
    needed = objects_of(project.objects, whole) | profiles(here.entries, whole)
    told = testimony.unsent(project, there, _models(asked))
    needed |= {digest for each in told for digest in each.objects} - gone.keys()
    shipment = plan(project.objects, there.objects, needed)
    new = _in_order(whole - known, here.entries)
    if not dry_run:
        ship(shipment, check_first=True, on_progress=on_progress)
        _require_there(project, remote, needed)
        _write_refs(project, there, new, here.entries)
        testimony.write(there, told)
    return Transferred(
        remote=there.address,
        items=tuple(_item(ref, here.entries[ref]) for ref in new),
        already=len(asked & known),
        objects=shipment.objects,
        size_bytes=shipment.size_bytes,
        done=not dry_run,
        failed=tuple(failed.values()),
        entries=sum(len(each.proofs) for each in told),
    )


def pull(
    project: Project,
    remote: str | None = None,
    references: Sequence[str] = (),
    *,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> Transferred:
    """Copy snapshots and versions, all or those named, from a remote, and record them here.

    One ledger entry each; who has the digest already keeps number and name. What other
    ledgers say of their models is kept as theirs. What is damaged
    or incomplete there is left out, with what was made of it, and listed as `failed`; if
    nothing could be copied for it, its error is raised. Raises `Refused` if a ledger has
    another key than before; then nothing is recorded here.
    """
    there = open_remote(project.settings, remote, to_write=False)
    project.objects.hold()  # what lies here already is relied on until it is recorded
    here = Here(project)
    offer = offered(there)
    asked = chosen_there(project, there, offer.refs, references)
    already = len([ref for ref in asked if here.has(ref)])
    arrival = Arrival(project, there, here, dict(offer.strange) if not references else {})
    arrival.prove(asked, offer.refs)
    told = testimony.Incoming(project, there, _models(asked) if references else None)
    logs = arrival.logs() | told.logs()
    met = new_keys(project, logs, met=here.entries.values())
    arrival.bring(dry_run=dry_run, on_progress=on_progress)
    keys = [key for key in met if key in arrival.logs() | told.logs()]
    if dry_run:
        items = [_item(ref, arrival.entries[ref]) for ref in arrival.in_order()]
    else:
        for key in keys:
            pin(project, key)
        items = [
            Item(name=name, digest=digest, note=note)
            for name, digest, note in arrival.record()
        ]
        told.record()
    if arrival.failed and not items:
        raise arrival.error()
    failed = arrival.failed | told.failed
    return Transferred(
        remote=there.address,
        items=tuple(items),
        already=already,
        objects=arrival.objects,
        size_bytes=arrival.size_bytes,
        done=not dry_run,
        trusted=tuple(keys),
        failed=tuple(Failure(name=n, reason=str(e)) for n, e in failed.items()),
        entries=told.entries,
    )


def _models(refs: Iterable[AnyRef]) -> set[ModelName]:
    return {ref.model for ref in refs if isinstance(ref, VersionRef)}


def _erased(
    project: Project,
    refs: Iterable[AnyRef],
    gone: Mapping[Digest, str],
    entries: Mapping[AnyRef, Entry],
) -> dict[AnyRef, Failure]:
    """Find what cannot go as it is not whole any more, on purpose."""
    found: dict[AnyRef, Failure] = {}
    for ref in refs if gone else ():
        needed = (part.digest for part in parts(project.objects, [need_of(ref)]))
        lost = next((digest for digest in needed if digest in gone), None)
        if lost is not None:
            name = _item(ref, entries[ref]).name
            found[ref] = Failure(name=name, reason=f"object {lost} was {gone[lost]}")
    return found


def _in_order(refs: Iterable[AnyRef], entries: Mapping[AnyRef, Entry]) -> list[AnyRef]:
    return sorted_by_time({ref: entries[ref] for ref in refs})


def _item(ref: AnyRef, entry: Entry) -> Item:
    """Say what a ref is, as it is called where its entry was made."""
    if isinstance(ref, SnapshotRef):
        return Item(name=ref.shown, digest=ref.digest)
    return Item(name=f"{shown(ref.model)}:{entry.after['number']}", digest=ref.digest)


def _require_there(project: Project, remote: str | None, needed: set[Digest]) -> None:
    """Ask the remote for every object, as somebody who opens it now."""
    there = open_remote(project.settings, remote, to_write=False)
    lacking = needed - there.objects.have(needed)
    if lacking:
        raise Corrupt(
            f"{there.address} lacks {len(lacking):,} of {len(needed):,} objects although all "
            f"were sent, {min(lacking)} among them: something else removes files there; "
            "nothing was recorded there, so push again when that has stopped"
        )


def _write_refs(
    project: Project, there: Remote, refs: Sequence[AnyRef], entries: Mapping[AnyRef, Entry]
) -> None:
    log = read_about(project.settings.store).log
    for ref in refs:
        proof = project.engine.send(ProveEntry(seq=entries[ref].seq))
        there.write(ref, log, proof)
    there.settle(ref.key for ref in refs)
