"""What people signed: entries that they made, and claims in some of them.

1. Whoever makes an entry signs all of it, where the key is at hand. An entry without that
   signature only says whose key it was.
2. A claim is a record; what is signed are its canonical bytes and a line feed, as the text of
   a signed note by the key that the entry names.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from cairn.core.approval import Approval
from cairn.core.digest import canonical
from cairn.core.errors import CairnError, Corrupt
from cairn.core.evaluation import Measured
from cairn.core.ledger import Actor, Entry, Problem, Signed, signed_text
from cairn.core.override import Override, Review
from cairn.core.request import Record
from cairn.engine import label_moves
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


def author(entry: Entry) -> Actor:
    """Return who made an entry; with a key only if that key signed the whole entry."""
    try:
        return entry.actor if _is_signed(entry) else replace(entry.actor, key="")
    except CairnError:
        return replace(entry.actor, key="")


def check(entries: Iterable[Entry]) -> Iterator[Problem]:
    """Report every signature that is not over what its entry says."""
    for entry in entries:
        try:
            _is_signed(entry)
            if "note" in entry.after:
                signer(entry)
        except CairnError as error:
            yield Problem(place=f"ledger entry {entry.seq}", reason=str(error))


def _is_signed(entry: Entry) -> bool:
    """Tell whether its actor signed an entry; raises `Corrupt` if that signature is wrong."""
    if not entry.signature:
        return False
    name, text = entry.actor.key.partition("+")[0], signed_text(entry)
    note.verify(note.whole(text, name, entry.signature), entry.actor.key)
    return True


def _claim(entry: Entry) -> Record:
    facts: dict[str, Any] = entry.after
    match entry.action:
        case "approval.give":
            return Approval(subject=facts["subject"], reason=entry.reason)
        case "approval.review":
            return Review(override=facts["override"], reason=entry.reason)
        case label_moves.OVERRIDDEN:
            return Override(decision=facts["decision"], reason=entry.reason)
        case _:
            return Measured(evidence=facts["digest"])
