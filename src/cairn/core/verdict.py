"""Verdicts: what this store found when it judged the files of a model itself.

A manifest says what its maker claims. Gates read the verdict that was made here, from the
stored bytes; it is a fact of the ledger about a tree, and a newer one takes its place.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.name import Text
from cairn.core.request import Change, Record, Request

MOST_REASONS = 20
LONGEST_REASON = 500

Safety = Literal["safe", "unsafe", "unknown"]
Reasons = Annotated[tuple[Text, ...], Meta(max_length=MOST_REASONS)]


class RecordVerdict(Change["Verdict"], frozen=True, tag="verdict.record"):
    """Record what judging a stored tree found; the same by the same judge changes nothing.

    `judge` names the program with its release, `allow_list` what it takes for harmless.
    """

    tree: Digest
    safety: Safety
    reasons: Reasons
    judge: Text
    allow_list: Digest


class GetVerdict(Request["Verdict | None"], frozen=True, tag="verdict.get"):
    """Read the newest verdict on a tree; None if it was never judged here."""

    tree: Digest


class Verdict(Record, frozen=True):
    """What a tree was found to be, and by which judge."""

    tree: Digest
    safety: Safety
    reasons: Reasons
    judge: str
    allow_list: Digest


def same(asked: RecordVerdict, known: Verdict | None) -> bool:
    """Tell whether a verdict says nothing that is not known."""
    if known is None:
        return False
    return (asked.safety, asked.reasons, asked.judge, asked.allow_list) == (
        *(known.safety, known.reasons),
        *(known.judge, known.allow_list),
    )
