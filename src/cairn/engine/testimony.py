"""Keep what other stores' ledgers say of a model, and read it.

There is no view: what came is in the entries with its subject.
"""

from cairn.core import testimony as rules
from cairn.core.errors import Corrupt
from cairn.core.ledger import Entry
from cairn.core.testimony import (
    ListTestimonies,
    RecordTestimony,
    Testimony,
    TestimonyInfo,
)
from cairn.engine import ledger, remote, signed
from cairn.engine.context import Context, Draft
from cairn.signing import note

RECORDED = "testimony.record"


def record(context: Context, asked: RecordTestimony) -> Draft | TestimonyInfo:
    """Keep a testimony, once."""
    found = context.objects.get_record(asked.testimony, Testimony)
    origin = note.read_verifier(found.log)[0]
    pinned = remote.newest(context, origin)
    rules.record(found, pinned=pinned, own=context.about.log)
    entries = verified(asked.testimony, found)
    for known in _of(context, found.model):
        if known.digest == asked.testimony:
            return known

    return Draft(
        action=RECORDED,
        subject=_subject(found.model),
        after={
            "model": found.model,
            "log": found.log,
            "digest": asked.testimony,
            "first": entries[0].seq,
            "last": entries[-1].seq,
        },
        evidence=(asked.testimony,),
    )


def verified(place: str, testimony: Testimony) -> tuple[Entry, ...]:
    """Return the entries of a testimony, every proof and every signature in it verified.

    Raises `Corrupt` for one that does not hold; `place` says where it lies.
    """
    if not testimony.proofs:
        raise Corrupt(f"{place} is damaged: it has no entry")
    notes = [proof.checkpoint.note for proof in testimony.proofs]
    texts = {each: note.verify(each, testimony.log) for each in dict.fromkeys(notes)}
    entries = rules.told(place, testimony, [texts[each] for each in notes])
    for problem in signed.check(entries):
        raise Corrupt(f"{place}: {problem.place}: {problem.reason}")
    return entries


def apply_recorded(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer_recorded(_context: Context, entry: Entry) -> TestimonyInfo:
    """Answer whoever fetched it."""
    return _read(entry)


def every(context: Context, asked: ListTestimonies) -> tuple[TestimonyInfo, ...]:
    """Answer `ListTestimonies`."""
    return _of(context, asked.model)


def _of(context: Context, model: str) -> tuple[TestimonyInfo, ...]:
    rows = context.tx.all("testimony_list", subject=_subject(model))
    return tuple(_read(ledger.read(context.tx, row[0])) for row in rows)


def _subject(model: str) -> str:
    return f"testimony:{model}"


def _read(entry: Entry) -> TestimonyInfo:
    after = entry.after
    return TestimonyInfo(
        digest=after["digest"],
        model=after["model"],
        log=after["log"],
        first=after["first"],
        last=after["last"],
        by=entry.actor.id,
        at=entry.time,
    )
