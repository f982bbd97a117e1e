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


class Rejudged(Record, frozen=True):
    """A version of which today's judge finds something else than is recorded.

    `claimed` if no store but its maker's judged it. `today` is None where its files could not
    be judged; `reasons` say why it is what it is today, or why it is not known.
    """

    version: str
    recorded: Safety
    claimed: bool = False
    today: Safety | None = None
    reasons: tuple[str, ...] = ()

    def words(self) -> str:
        """Say it in one line, with the first of the reasons."""
        then = "as its maker says" if self.claimed else "when it was judged"
        now = f"{self.today} by today's rules" if self.today else "not judged again"
        why = f": {self.reasons[0]}" if self.reasons else ""
        more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
        return f"{self.version}: {self.recorded} {then}, {now}{why}{more}"


def same(asked: RecordVerdict, known: Verdict | None) -> bool:
    """Tell whether a verdict says nothing that is not known."""
    if known is None:
        return False
    return (asked.safety, asked.reasons, asked.judge, asked.allow_list) == (
        *(known.safety, known.reasons),
        *(known.judge, known.allow_list),
    )
