"""Let a ledger go on under another key: after a restore, for a copy, or when a key is lost.

`store.next.json` is there while it is done: whatever interrupts it, the next attempt ends it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from cairn.core.continuation import CONTINUED, SUBJECT, Continued, epoch_of, handover_text
from cairn.core.digest import canonical, digest_bytes
from cairn.core.errors import Corrupt
from cairn.core.ledger import Actor
from cairn.engine import ledger, segments, store
from cairn.engine.beside import Beside
from cairn.engine.context import Context, Draft
from cairn.engine.continuation import epochs_of, read
from cairn.engine.store import NEXT, StoreFile
from cairn.signing import note
from cairn.sql.database import Database, Transaction


class Successor(NamedTuple):
    """Who a ledger goes on as: its new key, and the old one where somebody has it."""

    key: note.SigningKey
    old: note.SigningKey | None
    actor: Actor
    team: str
    reason: str


def carry_on(
    folder: Path, about: StoreFile, after: StoreFile, successor: Successor
) -> Continued:
    """Write the entry, sign it with the new key, and let the store be the new one.

    The new key is already where it belongs. Raises `Corrupt` if the ledger is not whole.
    """
    store.require_own_records(folder, about)
    store.replace(folder / NEXT, canonical(after) + b"\n")
    database = Database(folder / "cairn.db")
    try:
        with database.writing() as tx:
            done = _appended(tx, folder, about, after, successor)
        with database.writing() as tx:
            segments.export(tx, folder / "ledger")
    finally:
        database.close()
    finish(folder)
    return done


def finish(folder: Path) -> None:
    """Let the store be the one that its ledger goes on as."""
    (folder / NEXT).replace(folder / "store.json")
    store.sync_folder(folder)


def _appended(
    tx: Transaction, folder: Path, about: StoreFile, after: StoreFile, successor: Successor
) -> Continued:
    head = ledger.newest(tx)
    if head.size != ledger.size(tx):
        raise Corrupt("the last entry is not signed: run `cairn rebuild --yes` first")
    text = note.verify(head.note, epoch_of(epochs_of(tx, about), head.size).log)
    handover = ""
    if successor.old is not None:
        handover = note.sign(handover_text(about.log, after.log, text), successor.old)
    asked = {"log": after.log, "reason": successor.reason, "type": CONTINUED}
    context = _context(tx, folder, after, successor)
    draft = Draft(
        action=CONTINUED,
        subject=SUBJECT,
        before={"log": about.log, "note": head.note},
        after={"log": after.log, "handover": handover or None},
        reason=successor.reason,
    )
    entry = ledger.append(
        context, draft, change_id=uuid4().hex, request=digest_bytes(canonical(asked))
    )
    ledger.sign(tx, after.origin, successor.key)
    return read(entry)


def _context(tx: Transaction, folder: Path, about: StoreFile, successor: Successor) -> Context:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Context(
        tx=tx,
        beside=Beside(folder, about),
        about=about,
        objects=store.open_bytes(folder, about, ""),
        actor=successor.actor,
        team=successor.team,
        now=now,
    )
