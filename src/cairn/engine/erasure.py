"""Record what is erased, and say what was."""

from collections.abc import Set as AbstractSet

from cairn.core.digest import Digest, from_canonical
from cairn.core.erasure import Cause, EraseObjects, Erasure, ListErasable, ListErasures
from cairn.core.errors import NotFound, Refused
from cairn.core.ledger import Entry
from cairn.core.proposal import Erase
from cairn.core.tree import LEAF_HEAD, ROOT_HEAD
from cairn.engine import approval, erased
from cairn.engine.context import Context, Draft


def erase(context: Context, asked: EraseObjects) -> Draft:
    """Record an erasure; raises `Refused` for what the ledger needs to be read.

    It waits for those whom policies want to agree.
    """
    _require_erasable(context, asked)
    if lost := sorted(
        set(asked.successors.values()) - context.objects.have(asked.successors.values())
    ):
        raise NotFound(f"{lost[0]}, which is to follow, is not in the store")
    wanted = Erase(objects=asked.objects, successors=asked.successors, cause=asked.cause)
    if waiting := approval.for_erasure(context, wanted, reason=asked.reason):
        return waiting
    given = approval.of_erasure(context, wanted)
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


def erasable(context: Context, asked: ListErasable) -> tuple[Digest, ...]:
    """Answer `ListErasable`."""
    needed = _needed(context, asked.cause)
    return tuple(d for d in asked.objects if not _is_needed(context, d, needed))


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
    needed = _needed(context, asked.cause)
    for digest in asked.objects:
        if not context.objects.has(digest):
            raise NotFound(f"{digest} is not in the store")
        if _is_needed(context, digest, needed):
            raise Refused(f"{digest} cannot be erased: the ledger cannot be read without it")


def _needed(context: Context, cause: Cause) -> AbstractSet[Digest]:
    """Read which records the ledger cannot be read without."""
    rows = context.tx.all("sweep_entries")
    return erased.records((from_canonical(content, Entry) for (content,) in rows), cause)


def _is_needed(context: Context, digest: Digest, needed: AbstractSet[Digest]) -> bool:
    head = context.objects.read_range(digest, 0, len(ROOT_HEAD))
    return digest in needed or head in (ROOT_HEAD, LEAF_HEAD)
