"""What a handler works with: one transaction, the objects, who acts and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from cairn.core.digest import Digest
from cairn.core.ledger import Actor, Entry
from cairn.core.name import LabelName, Team, Text
from cairn.engine.store import StoreFile
from cairn.objects import ObjectStore
from cairn.sql.database import Transaction


def unsigned(text: str) -> str:
    """Sign nothing: the key of whoever acts is not at hand."""
    del text
    return ""


@dataclass(frozen=True)
class Context:
    """Everything outside of the request that a handler may use."""

    tx: Transaction
    folder: Path
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


@dataclass(frozen=True)
class Draft:
    """A change that a handler decided on, to become the next ledger entry.

    `before` and `after` hold what it takes to write the views again.
    """

    action: str
    subject: Text
    after: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: tuple[Digest, ...] = ()
    reason: Text = ""


class Action(NamedTuple):
    """What an entry of one kind does: write views, and answer whoever asked for it.

    `answer` raises the refusal of an entry that records one.
    """

    apply: Callable[[Context, Entry], None]
    answer: Callable[[Context, Entry], Any]
