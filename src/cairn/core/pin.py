"""Pins: snapshots whose bytes stay where they are, and what was found there since.

A pin is worth what its last check says. Each check reads every byte and is a fact of the
ledger; a version that was made from a pin whose bytes are gone has a gap from then on.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.name import Text
from cairn.core.request import Change, Record, Request
from cairn.core.run import Gap
from cairn.core.snapshot import Count
from cairn.core.words import counted, of_all

MOST_NAMED = 20

PinStatus = Literal["intact", "changed", "lost"]
"""`changed`: other bytes lie where the file lay; `lost`: nothing does."""

Named = Annotated[tuple[Text, ...], Meta(max_length=MOST_NAMED)]


class CheckPin(Change["PinCheck"], frozen=True, tag="pin.check"):
    """Record what reading every file of a pinned snapshot found.

    The three counts add up to the snapshot's files; `named` are the first of those that are
    not intact, escaped.
    """

    snapshot: Digest
    intact: Count
    changed: Count = 0
    lost: Count = 0
    named: Named = ()


class GetPin(Request["PinCheck | None"], frozen=True, tag="pin.get"):
    """Read the newest check of a pinned snapshot; None if it was never checked."""

    snapshot: Digest


class PinCheck(Record, frozen=True):
    """What was found when a pinned snapshot was checked, and when that was."""

    snapshot: Digest
    intact: Count
    changed: Count
    lost: Count
    checked_by: str
    checked_at: str
    named: tuple[str, ...] = ()

    @property
    def status(self) -> PinStatus:
        """The worst that was found; what is gone is worse than what is changed."""
        if self.lost:
            return "lost"
        return "changed" if self.changed else "intact"


def check(asked: CheckPin, *, files: int, pinned: bool) -> None:
    """Raise `Invalid` unless a check can be one of this snapshot."""
    if not pinned:
        raise Invalid(f"snapshot {asked.snapshot} is kept here, not pinned")
    found = asked.intact + asked.changed + asked.lost
    if found != files:
        looked_at = counted(found, "file")
        raise Invalid(f"the check is of {looked_at}, the snapshot has {files}; check again")


def gap(found: PinCheck | None) -> Gap | None:
    """Say what a version lacks that was made from this pin; None if it is intact."""
    if found is None or found.status == "intact":
        return None
    files = found.intact + found.changed + found.lost
    return Gap(
        field="data",
        reason=f"the pinned snapshot {found.snapshot[:19]} is {found.status.upper()}: "
        f"{of_all(found.changed + found.lost, files, 'file')} not as pinned when it was "
        f"verified at {found.checked_at[:19]}Z",
        fix="bring the files back where they lay, then `cairn snapshot verify "
        f"{found.snapshot[:19]}`; next time keep a copy instead of a pin",
    )
