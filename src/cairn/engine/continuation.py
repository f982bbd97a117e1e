"""Under which keys a ledger went on, and whether each time all that came before went along."""

from cairn.core import ledger as rules
from cairn.core.continuation import (
    CONTINUED,
    Continued,
    Epoch,
    epochs,
    handover_text,
)
from cairn.core.digest import from_canonical
from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Entry, Problem
from cairn.engine.context import Context
from cairn.engine.store import StoreFile
from cairn.signing import note
from cairn.sql.database import Transaction


def epochs_of(tx: Transaction, about: StoreFile) -> tuple[Epoch, ...]:
    """Read by whom the checkpoints of a ledger are signed, from which entry on."""
    rows = tx.all("ledger_of_action", action=CONTINUED)
    return epochs(about.log, (from_canonical(row[0], Entry) for row in rows))


def last(tx: Transaction) -> Continued | None:
    """Read the last continuation of a ledger."""
    rows = tx.all("ledger_of_action", action=CONTINUED)
    return read(from_canonical(rows[-1][0], Entry)) if rows else None


def apply(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer(_context: Context, entry: Entry) -> Continued:
    """Answer whoever let it go on."""
    return read(entry)


def read(entry: Entry) -> Continued:
    """Read who a ledger went on as from its entry."""
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
