"""Claims that people signed: what each entry claims, and whether the signature is over it.

A claim is a record; what is signed are its canonical bytes and a line feed, as the text of a
signed note by the key that the entry names.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cairn.core.approval import Approval
from cairn.core.digest import canonical
from cairn.core.errors import CairnError, Corrupt
from cairn.core.evaluation import Measured
from cairn.core.ledger import Actor, Entry, Problem, Signed
from cairn.core.override import Override, Review
from cairn.core.request import Record
from cairn.engine import moves
from cairn.signing import note


def fields(signed: Signed | None) -> Mapping[str, str]:
    """Give what an entry keeps of a signature: nothing where there is none."""
    return {"key": signed.key, "note": signed.note} if signed else {}


def require(claim: Record, signed: Signed) -> None:
    """Raise `Corrupt` unless the signature is by its key, and over this claim."""
    if note.verify(signed.note, signed.key) != f"{canonical(claim).decode()}\n":
        raise Corrupt(f"the signature of {signed.key.partition('+')[0]} is for something else")


def signer(entry: Entry) -> Actor:
    """Return who signed an entry's claim; raises `Corrupt` if nobody did."""
    if "note" not in entry.after:
        raise Corrupt(f"ledger entry {entry.seq} is not signed by anybody")
    found = Signed(key=str(entry.after["key"]), note=str(entry.after["note"]))
    require(_claim(entry), found)
    return Actor(id=entry.actor.id, assurance=entry.actor.assurance, key=found.key)


def check(entries: Iterable[Entry]) -> Iterator[Problem]:
    """Report every signed entry whose signature is not over what the entry says."""
    for entry in entries:
        if "note" not in entry.after:
            continue
        try:
            signer(entry)
        except CairnError as error:
            yield Problem(place=f"ledger entry {entry.seq}", reason=str(error))


def _claim(entry: Entry) -> Record:
    facts: dict[str, Any] = entry.after
    match entry.action:
        case "approval.give":
            return Approval(subject=facts["subject"], reason=entry.reason)
        case "approval.review":
            return Review(override=facts["override"], reason=entry.reason)
        case moves.OVERRIDDEN:
            return Override(decision=facts["decision"], reason=entry.reason)
        case _:
            return Measured(evidence=facts["digest"])
