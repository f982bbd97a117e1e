"""What a handler works with: one transaction, the objects, who acts and when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.ledger import Actor, Entry
from cairn.core.name import LabelName, Team, Text
from cairn.core.request import Record
from cairn.engine.intact import Proofs
from cairn.engine.store import StoreFile
from cairn.engine.who import unsigned
from cairn.objects import ObjectStore
from cairn.sql.database import Transaction


class Beside(Protocol):
    """What a store has outside of its database, as far as handlers read it."""

    def exported(self) -> Iterator[tuple[str, int, bytes]]:
        """Read file, line number and bytes of every exported entry, in order."""
        ...

    def exported_size(self) -> int:
        """Count the entries that the exported checkpoint covers; 0 if it cannot be read."""
        ...

    def exported_checkpoint(self) -> str | None:
        """Read the exported checkpoint; None if there is none."""
        ...

    def last_exported(self) -> str:
        """Name the file that new entries are exported to."""
        ...

    def pinned(self) -> tuple[str, str] | None:
        """Read where the user keeps the newest checkpoint, and what it says."""
        ...

    def changed(self) -> str:
        """Say that another store lies there than before; empty if it is the same."""
        ...

    def uncovered(self) -> list[str]:
        """Name what lies in the store and is not part of what is verified."""
        ...


@dataclass(frozen=True)
class Context:
    """Everything outside of the request that a handler may use."""

    tx: Transaction
    beside: Beside
    about: StoreFile
    objects: ObjectStore
    actor: Actor
    team: Team
    now: str
    sign: Callable[[str], str] = unsigned
    """Signs with the key of `actor`; gives nothing where that is not at hand."""
    gated: frozenset[LabelName] = frozenset()
    """Labels that demand something of every version, whatever their policy says."""
    trusted: frozenset[str] = frozenset()
    """Names of classes, and formats, that the project vouches for."""
    proofs: Proofs = field(default_factory=dict[Digest, CairnError | None])
    """Which weights were looked at before the change began, and what is wrong with them."""


@dataclass(frozen=True)
class Draft:
    """A change that a handler decided on, to become the next ledger entry.

    `before` and `after` hold what it takes to write the views again; `records` are stored
    together before the entry is written.
    """

    action: str
    subject: Text
    after: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: tuple[Digest, ...] = ()
    reason: Text = ""
    records: tuple[Record, ...] = ()


class Action(NamedTuple):
    """What an entry of one kind does: write views, and answer whoever asked for it.

    `answer` raises the refusal of an entry that records one.
    """

    apply: Callable[[Context, Entry], None]
    answer: Callable[[Context, Entry], Any]
