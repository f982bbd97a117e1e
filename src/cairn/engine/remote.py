"""Pin the keys of foreign ledgers, and read them.

There is no view: the key of a ledger is in the newest entry with its subject.
"""

from cairn.core import remote as rules
from cairn.core.ledger import Entry
from cairn.core.remote import GetTrusted, TrustedLedger, TrustLedger
from cairn.engine import ledger
from cairn.engine.context import Context, Draft
from cairn.signing import note

TRUSTED = "remote.trust"


def trust(context: Context, asked: TrustLedger) -> Draft | TrustedLedger:
    """Pin a key, unless it is pinned already."""
    origin = note.read_verifier(asked.log)[0]
    known = newest(context, origin)
    if known is not None and known.log == asked.log:
        return known
    rules.trust(asked, origin=origin, known=known, own=context.about.log)
    return Draft(
        action=TRUSTED,
        subject=_subject(origin),
        before={"log": known.log} if known else {},
        after={"log": asked.log},
    )


def apply_trusted(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer_trusted(_context: Context, entry: Entry) -> TrustedLedger:
    """Answer whoever pinned it."""
    return _read(entry)


def get(context: Context, asked: GetTrusted) -> TrustedLedger | None:
    """Answer `GetTrusted`."""
    return newest(context, asked.origin)


def newest(context: Context, origin: str) -> TrustedLedger | None:
    """Read the pinned key of a ledger."""
    row = context.tx.one("remote_newest", subject=_subject(origin))
    return _read(ledger.read(context.tx, row[0])) if row else None


def _subject(origin: str) -> str:
    return f"log:{origin}"


def _read(entry: Entry) -> TrustedLedger:
    log = entry.after["log"]
    return TrustedLedger(
        origin=log.partition("+")[0], log=log, by=entry.actor.id, at=entry.time
    )
