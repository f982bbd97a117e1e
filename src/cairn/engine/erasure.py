"""Record what is erased, and say what was."""

from cairn.core.digest import from_canonical
from cairn.core.erasure import EraseObjects, Erasure, ListErasures
from cairn.core.errors import NotFound, Refused
from cairn.core.ledger import Entry
from cairn.core.proposal import EraseRows
from cairn.core.tree import LEAF_HEAD, ROOT_HEAD
from cairn.engine import approval, erased
from cairn.engine.context import Context, Draft


def erase(context: Context, asked: EraseObjects) -> Draft:
    """Record an erasure; raises `Refused` for what the ledger needs to be read.

    A person's rows wait for those whom policies want to agree.
    """
    _require_erasable(context, asked)
    if lost := sorted(
        set(asked.successors.values()) - context.objects.have(asked.successors.values())
    ):
        raise NotFound(f"{lost[0]}, which is to follow, is not in the store")
    given: tuple[str, ...] = ()
    if asked.cause == "person":
        rows = EraseRows(objects=asked.objects, successors=asked.successors)
        waiting = approval.for_erasure(context, rows, reason=asked.reason)
        if waiting is not None:
            return waiting
        given = approval.of_erasure(context, rows)
    return Draft(
        action=erased.ERASED,
        subject="objects",
        after={
            "objects": list(asked.objects),
            "cause": asked.cause,
            **({"successors": asked.successors} if asked.successors else {}),
            **({"approved_by": list(given)} if given else {}),
        },
        reason=asked.reason,
    )


def every(context: Context, asked: ListErasures) -> tuple[Erasure, ...]:
    """Answer `ListErasures`."""
    del asked
    return erased.every(context.tx)


def apply_erased(context: Context, entry: Entry) -> None:
    """Write nothing: no view shows erasures, the ledger does."""


def answer_erased(context: Context, entry: Entry) -> Erasure:
    """Answer whoever erased."""
    del context
    return erased.read(entry)


def _require_erasable(context: Context, asked: EraseObjects) -> None:
    needed = erased.records(
        (from_canonical(content, Entry) for (content,) in context.tx.all("sweep_entries")),
        asked.cause,
    )
    for digest in asked.objects:
        if not context.objects.has(digest):
            raise NotFound(f"{digest} is not in the store")
        head = context.objects.read_range(digest, 0, len(ROOT_HEAD))
        if digest in needed or head in (ROOT_HEAD, LEAF_HEAD):
            raise Refused(f"{digest} cannot be erased: the ledger cannot be read without it")
