"""What was erased, as the ledger has it: which objects, by whom and why, and who agreed."""

from collections.abc import Iterable

from cairn.core.digest import Digest, from_canonical
from cairn.core.erasure import Cause, Erasure
from cairn.core.ledger import Entry
from cairn.engine import evaluation, run, snapshot
from cairn.sql.database import Transaction

ERASED = "objects.erase"


def every(tx: Transaction) -> tuple[Erasure, ...]:
    """Read every erasure, in order."""
    entries = (from_canonical(content, Entry) for (content,) in tx.all("erasure_entries"))
    return tuple(map(read, entries))


def by_object(tx: Transaction) -> dict[Digest, Erasure]:
    """Map each erased object to the newest erasure of it."""
    return {digest: found for found in every(tx) for digest in found.objects}


def read(entry: Entry) -> Erasure:
    """Read the erasure that an entry records."""
    return Erasure(
        entry=entry.seq,
        objects=tuple(entry.after["objects"]),
        cause=entry.after["cause"],
        reason=entry.reason,
        erased_by=entry.actor.id,
        erased_at=entry.time,
        successors=entry.after.get("successors", {}),
        approved_by=tuple(entry.after.get("approved_by", ())),
    )


def records(entries: Iterable[Entry], cause: Cause) -> set[Digest]:
    """List the evidence of entries, without which they cannot be read; not runs' facts.

    For a person's sake predictions and profiles can go as well, for they are written again.
    """
    found: set[Digest] = set()
    for entry in entries:
        rewritten = entry.action in (evaluation.RECORDED, snapshot.ADDED)
        if rewritten and cause == "person":
            found.add(entry.after["digest"])
        elif entry.action not in (run.FINISHED, ERASED):
            found.update(entry.evidence)
    return found
