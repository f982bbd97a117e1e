"""Record what is erased, and say what was."""

from collections.abc import Iterable

from cairn.core.digest import Digest, from_canonical
from cairn.core.erasure import EraseObjects, Erasure, ListErasures
from cairn.core.errors import NotFound, Refused
from cairn.core.ledger import Entry
from cairn.core.tree import LEAF_HEAD, ROOT_HEAD
from cairn.engine import run
from cairn.engine.context import Context, Draft
from cairn.sql.database import Transaction

ERASED = "objects.erase"


def erase(context: Context, asked: EraseObjects) -> Draft:
    """Record an erasure; raises `Refused` for what the ledger needs to be read."""
    needed = records(
        from_canonical(content, Entry) for (content,) in context.tx.all("sweep_entries")
    )
    for digest in asked.objects:
        if not context.objects.has(digest):
            raise NotFound(f"{digest} is not in the store")
        head = context.objects.read_range(digest, 0, len(ROOT_HEAD))
        if digest in needed or head in (ROOT_HEAD, LEAF_HEAD):
            raise Refused(f"{digest} cannot be erased: the ledger cannot be read without it")
    return Draft(
        action=ERASED,
        subject="objects",
        after={"objects": list(asked.objects), "cause": asked.cause},
        reason=asked.reason,
    )


def records(entries: Iterable[Entry]) -> set[Digest]:
    """List the evidence of entries, without which they cannot be read; not runs' facts."""
    found: set[Digest] = set()
    for entry in entries:
        if entry.action not in (run.FINISHED, ERASED):
            found.update(entry.evidence)
    return found


def every(context: Context, asked: ListErasures) -> tuple[Erasure, ...]:
    """Answer `ListErasures`."""
    del asked
    return tuple(map(_read, _entries(context.tx)))


def by_object(tx: Transaction) -> dict[Digest, Erasure]:
    """Map each erased object to the newest erasure of it."""
    return {digest: found for found in map(_read, _entries(tx)) for digest in found.objects}


def apply_erased(context: Context, entry: Entry) -> None:
    """Write nothing: no view shows erasures, the ledger does."""


def answer_erased(context: Context, entry: Entry) -> Erasure:
    """Answer whoever erased."""
    del context
    return _read(entry)


def _entries(tx: Transaction) -> list[Entry]:
    return [from_canonical(content, Entry) for (content,) in tx.all("erasure_entries")]


def _read(entry: Entry) -> Erasure:
    return Erasure(
        entry=entry.seq,
        objects=tuple(entry.after["objects"]),
        cause=entry.after["cause"],
        reason=entry.reason,
        erased_by=entry.actor.id,
        erased_at=entry.time,
    )
