"""Testimony: what another store's ledger says of a model, each entry with its proof.

1. It tells who moved which label there, by which policy, who agreed, and what was marked bad.
2. Each entry stands in that ledger, and whoever signed for something signed for just that.
3. Nothing here follows it: labels, gates and approvals are each store's own.
4. Whoever writes to a remote can leave entries out, so it shows what happened, not all of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from cairn.core import transfer
from cairn.core.approval import Covered
from cairn.core.digest import Digest, from_canonical
from cairn.core.errors import Corrupt, Refused
from cairn.core.ledger import Entry, InclusionProof
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.remote import Log, TrustedLedger
from cairn.core.request import Change, Record, Request
from cairn.core.version import Number

TESTIMONY = "testimony/"
MARKED, PROMOTED = "version.mark-bad", "label.move"
_Seq = Annotated[int, Meta(ge=0)]
_Store = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]


class Testimony(Record, frozen=True, tag_field="cairn", tag="testimony/1"):
    """Entries of one ledger about one model, in order; `objects` are what they name."""

    log: Log
    model: ModelName
    proofs: tuple[InclusionProof, ...]
    objects: tuple[Digest, ...] = ()

    @property
    def place(self) -> "Place":
        """Where it lies in a remote."""
        return Place(self.model, _store(self.log), self.proofs[0].seq, self.proofs[-1].seq)


class Place(NamedTuple):
    """Whose testimony lies somewhere, about what, and from which entry to which."""

    model: ModelName
    store: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """Its key in a remote."""
        return f"{TESTIMONY}{self.model}/{self.store}/{self.first}-{self.last}"


class RecordTestimony(Change["TestimonyInfo"], frozen=True, tag="testimony.record"):
    """Keep a stored testimony, whose ledger has the key that is pinned here."""

    testimony: Digest


class ListTestimonies(Request["tuple[TestimonyInfo, ...]"], frozen=True, tag="testimony.list"):
    """Read what other stores' ledgers say of a model, in the order in which it came."""

    model: ModelName


class TestimonyInfo(Record, frozen=True):
    """A testimony, which ledger and entries it is of, and who fetched it when."""

    digest: Digest
    model: ModelName
    log: Log
    first: int
    last: int
    by: str
    at: str

    @property
    def place(self) -> Place:
        """Where it lay in a remote."""
        return Place(self.model, _store(self.log), self.first, self.last)


class _Bound(msgspec.Struct):
    """What an entry has to say of a policy."""

    model: ModelName
    label: LabelName
    digest: Digest


class _Moved(_Bound):
    """What an entry has to say of a label's move."""

    number: Number
    decision: Digest | None


class _Judged(_Bound):
    """What an entry has to say of a judgement."""

    number: Number
    decision: Digest
    verdict: Text


class _OfVersion(msgspec.Struct):
    """What an entry has to say of a version."""

    model: ModelName
    number: Number


class _Asked(msgspec.Struct):
    """What an entry has to say of a request for approvals."""

    model: ModelName
    kind: Covered
    subject: Digest
    label: LabelName | None
    number: Number | None


class _Given(msgspec.Struct):
    """What an entry has to say of an approval."""

    model: ModelName
    subject: Digest
    key: Text
    note: str


class _Reviewed(msgspec.Struct):
    """What an entry has to say of a review."""

    model: ModelName
    override: _Seq
    key: Text
    note: str


TOLD: dict[str, type[msgspec.Struct]] = {
    "gate.set": _Bound,
    "gate.judge": _Judged,
    "label.refuse": _Judged,
    PROMOTED: _Moved,
    "label.override": _Moved,
    "label.rollback": _Moved,
    MARKED: _OfVersion,
    "version.release": _OfVersion,
    "version.delete": _OfVersion,
    "approval.request": _Asked,
    "approval.give": _Given,
    "approval.review": _Reviewed,
}
"""The actions that are told, and what an entry of each has to say."""


def read_key(key: str) -> Place:
    """Read where a testimony lies; raises `Corrupt` for a key that no release wrote."""
    match key.removeprefix(TESTIMONY).split("/"):
        case [team, model, store, span]:
            first, _, last = span.partition("-")
        case _:
            raise Corrupt(f"{key} is not a testimony: a newer Cairn or somebody else wrote it")
    try:
        found = Place(
            msgspec.convert(f"{team}/{model}", ModelName),
            msgspec.convert(store, _Store),
            int(first),
            int(last),
        )
    except (msgspec.ValidationError, ValueError) as error:
        raise Corrupt(f"{key} is not a testimony: {error}") from error
    if found.key != key or found.first > found.last:
        raise Corrupt(f"{key} is not a testimony: its entries are not in order")
    return found


def told(place: str, testimony: Testimony, texts: Sequence[str]) -> tuple[Entry, ...]:
    """Return the entries of a testimony; `texts` are its checkpoints, their notes verified.

    Raises `Corrupt` unless each is in that ledger, in order, and about that model.
    """
    pairs = zip(testimony.proofs, texts, strict=True)
    entries = tuple(transfer.proven_entry(place, proof, text) for proof, text in pairs)
    origins = {proof.checkpoint.origin for proof in testimony.proofs}
    if origins != {testimony.log.partition("+")[0]}:
        raise Corrupt(
            f"{place} is damaged: its entries are not all of the ledger that it names"
        )
    numbers = [entry.seq for entry in entries]
    if numbers != sorted(set(numbers)):
        raise Corrupt(f"{place} is damaged: its entries are not in order")
    for entry in entries:
        _check(place, entry, testimony.model)
    return entries


def recorded(testimony: Testimony) -> tuple[Entry, ...]:
    """Read the entries of a testimony that was verified before it was recorded."""
    return tuple(from_canonical(proof.entry.encode(), Entry) for proof in testimony.proofs)


def about(entry: Entry) -> ModelName | None:
    """Name the model that an entry is to be told of; None for an entry that is not told."""
    return str(entry.after.get("model")) if entry.action in TOLD else None


def named(entries: Iterable[Entry]) -> Iterator[Digest]:
    """Yield the policies, decisions and proposals that entries name."""
    for entry in entries:
        fields = ("digest",) if entry.action == "gate.set" else ("decision", "subject")
        yield from (entry.after[name] for name in fields if entry.after.get(name))


def record(testimony: Testimony, *, pinned: TrustedLedger | None, own: str) -> None:
    """Raise `Refused` unless a ledger has the pinned key, and is not this store's own."""
    origin = testimony.log.partition("+")[0]
    if origin == own.partition("+")[0]:
        raise Refused(f"{origin} is this very store: it needs no testimony of its own")
    if pinned is None or pinned.log != testimony.log:
        raise Refused(
            f"the key of {origin} is not the one that is pinned here",
            fix="ask whoever keeps that store which key it has (`cairn remote keys` there), "
            f"then `cairn remote trust {origin} --key KEY`",
        )


def standing_marks(entries: Iterable[Entry]) -> dict[int, Entry]:
    """Say which versions are marked bad after entries of one ledger, by their number there."""
    marks: dict[int, Entry] = {}
    for entry in entries:
        after: dict[str, Any] = entry.after
        if entry.action == MARKED:
            marks[after["number"]] = entry
        elif entry.action == PROMOTED and after["decision"] and "mark" not in after:
            marks.pop(after["number"], None)
    return marks


def _check(place: str, entry: Entry, model: ModelName) -> None:
    """Raise `Corrupt` unless an entry is one that is told, and about this model."""
    try:
        msgspec.convert(entry.after, TOLD[entry.action])
    except (KeyError, msgspec.ValidationError) as error:
        raise Corrupt(f"{place}: its entry {entry.seq} is not one of ours: {error}") from error
    if entry.after["model"] != model:
        raise Corrupt(f"{place} holds what belongs elsewhere: {entry.action} {entry.subject}")


def _store(log: str) -> str:
    """Name the store whose ledger has this key."""
    return log.partition("+")[0].rpartition("/")[2]
