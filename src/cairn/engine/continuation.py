"""Let a ledger go on under another key: after a restore, for a copy, or when a key is lost.

`store.next.json` is there while it is done: whatever interrupts it, the next attempt ends it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from cairn.core import ledger as rules
from cairn.core.continuation import (
    CONTINUED,
    SUBJECT,
    Continued,
    Epoch,
    epoch_of,
    epochs,
    handover_text,
)
from cairn.core.digest import canonical, digest_bytes, from_canonical
from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Actor, Entry, Problem
from cairn.engine import ledger, segments, store
from cairn.engine.context import Context, Draft
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


def epochs_of(tx: Transaction, about: StoreFile) -> tuple[Epoch, ...]:
    """Read by whom the checkpoints of a ledger are signed, from which entry on."""
    rows = tx.all("ledger_of_action", action=CONTINUED)
    return epochs(about.log, (from_canonical(row[0], Entry) for row in rows))


def last(tx: Transaction) -> Continued | None:
    """Read the last continuation of a ledger."""
    rows = tx.all("ledger_of_action", action=CONTINUED)
    return _read(from_canonical(rows[-1][0], Entry)) if rows else None


def apply(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer(_context: Context, entry: Entry) -> Continued:
    """Answer whoever let it go on."""
    return _read(entry)


def _read(entry: Entry) -> Continued:
    return Continued(
        log=entry.after["log"],
        before=entry.before["log"],
        entries=entry.seq,
        handed_over=bool(entry.after["handover"]),
    )


def check(entries: list[Entry], contents: list[bytes]) -> list[Problem]:
    """Report every continuation that is not of all that came before it."""
    problems: list[Problem] = []
    for entry in entries:
        if entry.action == CONTINUED:
            try:
                _check(entry, contents)
            except (CairnError, KeyError) as error:
                problems.append(Problem(place=f"ledger entry {entry.seq}", reason=str(error)))
    return problems


def _check(entry: Entry, contents: list[bytes]) -> None:
    before, signed = str(entry.before["log"]), str(entry.before["note"])
    text = note.verify(signed, before)
    _, size, root = rules.read_checkpoint_text(text)
    tree = rules.tree_of(rules.leaf_hash(content) for content in contents[: entry.seq])
    if size != entry.seq or root != rules.root_hash(size, lambda lv, ix: tree[lv, ix]):
        raise Corrupt("what came before it is not what the old key signed")
    handover = entry.after["handover"]
    if handover and note.verify(handover, before) != handover_text(
        before, entry.after["log"], text
    ):
        raise Corrupt("the old key signed for something else")


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
    return _read(entry)


def _context(tx: Transaction, folder: Path, about: StoreFile, successor: Successor) -> Context:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Context(
        tx=tx,
        folder=folder,
        about=about,
        objects=store.open_bytes(folder, about, ""),
        actor=successor.actor,
        team=successor.team,
        now=now,
    )
