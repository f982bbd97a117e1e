"""Sweeping: bytes that nothing needs any more are removed, and the ledger says which."""

from typing import Literal

from cairn.core.digest import Digest
from cairn.core.ledger import Problem
from cairn.core.name import Text
from cairn.core.request import Change, Record, Request

Act = Literal["keep", "bury", "wait", "remove", "repack", "revive"]

DAMAGING: tuple[Act, ...] = ("bury", "repack", "remove")
"""What brings bytes nearer to their end; a sweep without any of these records nothing."""


class PackFate(Record, frozen=True):
    """What becomes of one pack, and why; `dead_bytes` of it are needed by nobody."""

    key: str
    size_bytes: int
    act: Act
    why: Text
    dead_bytes: int = 0


class Going(Record, frozen=True):
    """An object that nothing needs: where it lies, and what becomes of that pack.

    An encrypted one has no digest that could be told.
    """

    size_bytes: int
    key: str
    act: Act
    digest: Digest | None = None


class Sweep(Record, frozen=True, tag_field="cairn", tag="sweep/1"):
    """Everything that one sweep decided: the fate of each pack, and each object that goes.

    `kept` objects of `kept_bytes` stay.
    """

    packs: tuple[PackFate, ...] = ()
    going: tuple[Going, ...] = ()
    kept: int = 0
    kept_bytes: int = 0

    def count(self, act: Act) -> int:
        """Count the packs of one fate."""
        return sum(pack.act == act for pack in self.packs)

    @property
    def changes(self) -> bool:
        """Whether it brings anything nearer to its end."""
        return any(pack.act in DAMAGING for pack in self.packs)


class ListKept(Request[bytes], frozen=True, tag="sweep.kept"):
    """Read which objects must stay: the 32 bytes of each SHA-256, one after the other.

    Raises `Corrupt` while some of them cannot be read and may need more, unless `incomplete`
    will do.
    """

    incomplete: bool = False


class FindMissing(Request[tuple[Problem, ...]], frozen=True, tag="sweep.missing"):
    """Read what the ledger needs and the store has not, the first thing of each entry."""


class WhyKept(Request["str | None"], frozen=True, tag="sweep.why"):
    """Read for whose sake an object stays: the subject of a ledger entry, or None."""

    digest: Digest


class RecordSweep(Change["SweepInfo"], frozen=True, tag="sweep.record"):
    """Record a sweep before it is carried out; `sweep` is the stored `sweep/1`."""

    sweep: Digest
    reason: Text = ""


class SweepInfo(Record, frozen=True):
    """A sweep as the ledger has it."""

    digest: Digest
    removed: int
    removed_bytes: int
    swept_by: str
    swept_at: str
