"""What a person's rows were found in, and what becomes of each."""

from typing import Literal

from cairn.core.digest import Digest
from cairn.core.request import Record
from cairn.data.row_holders import Use

Fate = Literal["rewritten", "whole", "stays"]
"""Written again without the rows; erased whole; not touched, for a reason."""


class Place(Record, frozen=True):
    """A file, a frame or predictions that hold rows: of what it is, and what follows."""

    what: str
    file: str
    rows: int
    fate: Fate
    why: str = ""


class Erasing(Record, frozen=True):
    """Everything that holds a row, what an erasure does about it, and what it leaves open.

    `objects` go, `successors` follow; `learned` are versions that keep what they learned.
    `unsearched` was not looked into, or not all of it.
    """

    looked_for: str
    snapshots: int
    places: tuple[Place, ...]
    learned: tuple[Use, ...] = ()
    unsearched: dict[str, str] = {}
    entries: tuple[int, ...] = ()
    """Ledger entries with a text that has the value; an entry is never changed."""
    paths: tuple[str, ...] = ()
    """Files with the value in their name; a list of files is never changed."""
    objects: tuple[Digest, ...] = ()
    successors: dict[Digest, Digest] = {}
    column_seen: bool = True

    followed: tuple[tuple[str, Digest, Digest], ...] = ()
    """Snapshots by name, each with its digest before and after."""

    @property
    def is_whole(self) -> bool:
        """Whether everything was looked into and nothing stays."""
        stays = any(place.fate == "stays" for place in self.places)
        return not (stays or self.unsearched or self.entries or self.paths)
