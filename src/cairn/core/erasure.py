"""Erasures: bytes that are taken out of the store before their time, as they must not stay.

What leads to them stays: names, digests, sizes and history. An erased object is named wherever
it is missed, with who erased it and why; it never comes back by a repair. Where a person's
rows were taken out, what is left has a digest of its own, and the erasure names it.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.ledger import Time
from cairn.core.name import Text
from cairn.core.request import Change, Record, Request

MOST_OBJECTS = 500
Cause = Literal["secret", "person"]


class EraseObjects(Change["Erasure"], frozen=True, tag="erasure.erase"):
    """Record that objects are erased; whoever asked takes the bytes away then.

    `successors` are snapshots and evaluations without a person's rows, by those with them;
    they are stored already. Raises `Refused` for an object without which the ledger cannot be
    read, and `Pending` where a policy wants people to agree to erasures.
    """

    objects: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=MOST_OBJECTS)]
    cause: Cause
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    successors: dict[Digest, Digest] = {}


class ListErasable(Request["tuple[Digest, ...]"], frozen=True, tag="erasure.erasable"):
    """Say which of some objects can be erased: those without which the ledger can be read."""

    objects: tuple[Digest, ...]
    cause: Cause


class ListErasures(Request["tuple[Erasure, ...]"], frozen=True, tag="erasure.list"):
    """Read every erasure, in order."""


class Erasure(Record, frozen=True):
    """Objects that were erased, as ledger entry `entry` says."""

    entry: int
    objects: tuple[Digest, ...]
    cause: Cause
    reason: Text
    erased_by: str
    erased_at: Time
    successors: dict[Digest, Digest] = {}
    approved_by: tuple[Text, ...] = ()

    def words(self) -> str:
        """Say who erased and why."""
        when = f"erased by {self.erased_by} on {self.erased_at[:10]}"
        agreed = f", approved by {', '.join(self.approved_by)}" if self.approved_by else ""
        return f"{when} ({self.reason}), ledger entry {self.entry}{agreed}"


def latest(digest: Digest, successors: Mapping[Digest, Digest]) -> Digest:
    """Follow a snapshot or an evaluation to what is left of it after every erasure."""
    seen = {digest}
    while (digest := successors.get(digest, digest)) not in seen:
        seen.add(digest)
    return digest
