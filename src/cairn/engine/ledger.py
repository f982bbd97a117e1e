"""Append to the ledger, and read entries that are checked against its tree."""

import base64
import re
import secrets
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from cairn.core import ledger
from cairn.core.digest import Digest, from_canonical
from cairn.core.errors import Conflict, Corrupt, NotFound
from cairn.core.ledger import (
    Checkpoint,
    Entry,
    GetCheckpoint,
    InclusionProof,
    ProveEntry,
    ReadLedger,
)
from cairn.engine.context import Context, Draft
from cairn.engine.store import StoreFile
from cairn.signing import note
from cairn.sql.database import Transaction

BATCH = 1000
_MODEL = re.compile(r"[a-z0-9._-]+/[a-z0-9._-]+")
_OF_MODEL = re.compile(rf"{_MODEL.pattern}[:@].+")


def append(context: Context, draft: Draft, *, change_id: str, request: Digest) -> Entry:
    """Make `draft` the next entry; time never runs backwards, whatever the clock does."""
    entry = Entry(
        v=1,
        seq=next_seq(context.tx),
        time=now(context),
        actor=context.actor,
        team=context.team,
        action=draft.action,
        change_id=change_id,
        request=request,
        subject=draft.subject,
        before=dict(draft.before),
        after=dict(draft.after),
        evidence=draft.evidence,
        reason=draft.reason,
        salt=secrets.token_hex(16),
    )
    entry = replace(entry, signature=context.sign(ledger.signed_text(entry)))
    insert(context.tx, entry)
    return entry


def now(context: Context) -> str:
    """Return the time that the next entry will have."""
    entries = size(context.tx)
    return max(context.now, read(context.tx, entries - 1).time if entries else "")


def next_seq(tx: Transaction) -> int:
    """Return the number of the next entry, of which this transaction has locked the row."""
    head = tx.one("ledger_head")
    if head is None or head.entries != size(tx):
        raise Corrupt(
            "the database does not agree with itself on how many ledger entries there are; "
            "run `cairn verify --all`, then `cairn rebuild --yes`"
        )
    return head.entries


def insert(tx: Transaction, entry: Entry) -> None:
    """Write an entry and the tree nodes that it completes."""
    content = ledger.entry_bytes(entry)
    tx.run(
        "ledger_append",
        seq=entry.seq,
        content=content,
        actor=entry.actor.id,
        change_id=entry.change_id,
        action=entry.action,
        subject=entry.subject,
    )
    tx.run("ledger_advance")
    leaf = ledger.leaf_hash(content)
    for level, position, value in ledger.new_nodes(entry.seq, leaf, nodes(tx)):
        tx.run("ledger_add_node", level=level, position=position, hash=value)


def sign(tx: Transaction, origin: str, key: note.SigningKey) -> None:
    """Sign the head of the tree; once a commit, after the last entry."""
    entries = size(tx)
    text = ledger.checkpoint_text(origin, entries, ledger.root_hash(entries, nodes(tx)))
    tx.run("ledger_add_checkpoint", size=entries, note=note.sign(text, key))


def size(tx: Transaction) -> int:
    """Return how many entries there are; a hole in their numbers is for `verify` to find."""
    row = tx.one("ledger_size")
    return row.entries if row else 0


def read(tx: Transaction, seq: int) -> Entry:
    """Read one entry, checked against its leaf in the tree.

    Not checked for its spelling as well: the leaf's hash is over these very bytes.
    """
    row = tx.one("ledger_entry", seq=seq)
    if row is None:
        raise NotFound(f"the ledger has no entry {seq}")
    if row.leaf is None:
        raise Corrupt(f"the ledger's tree lacks node 0/{seq}")
    if ledger.leaf_hash(row.content) != row.leaf:
        raise Corrupt(f"ledger entry {seq} was changed; run `cairn verify --all`")
    try:
        entry = msgspec.json.decode(row.content, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"ledger entry {seq} cannot be read: {error}") from error
    if entry.seq != seq:
        raise Corrupt(f"ledger entry {seq} calls itself {entry.seq}; run `cairn verify --all`")
    return entry


def earlier(tx: Transaction, actor: str, *, change_id: str, request: Digest) -> Entry | None:
    """Find the entry that a repeated change made; `Conflict` if it asks for something else."""
    row = tx.one("ledger_change", actor=actor, change_id=change_id)
    if row is None:
        return None
    entry = read(tx, row.seq)
    if entry.request != request:
        raise Conflict(f"change {change_id} was used before for another request")
    return entry


def agree(entry: Entry, action: str, **facts: object) -> None:
    """Raise `Corrupt` unless a view's row says what its ledger entry says."""
    if entry.action != action or any(entry.after.get(k) != v for k, v in facts.items()):
        raise Corrupt(
            f"a row of the database contradicts ledger entry {entry.seq}; "
            "run `cairn verify --all`, then `cairn rebuild --yes`"
        )


def contents(tx: Transaction, start: int, stop: int) -> Iterator[bytes]:
    """Read the bytes of entries in order."""
    for first in range(start, stop, BATCH):
        for row in tx.all("ledger_range", start=first, stop=min(first + BATCH, stop)):
            yield row.content


def nodes(tx: Transaction) -> "_Nodes":
    """Return the reader of stored tree nodes that `core/ledger.py` wants."""
    return _Nodes(tx)


def find(context: Context, asked: ReadLedger) -> tuple[Entry, ...]:
    """Answer `ReadLedger`."""
    first, second = _patterns(asked.subject)
    rows = context.tx.all(
        "ledger_find_newest" if asked.newest else "ledger_find",
        start=asked.start,
        subject=asked.subject,
        first=first,
        second=second,
        action=asked.action,
        limit=asked.limit,
    )
    found = tuple(from_canonical(row.content, Entry) for row in rows)
    return found[::-1] if asked.newest else found


def _patterns(subject: str) -> tuple[str, str]:
    """Say what a subject stands for beside itself, as patterns of SQL.

    A model is its versions and labels too, and not another model whose name begins alike; a
    version or label is itself alone; anything else (`run:3f2a`, a team) is what begins so.
    """
    escaped = subject.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    if _MODEL.fullmatch(subject):
        return f"{escaped}:%", f"{escaped}@%"
    whole = escaped if _OF_MODEL.fullmatch(subject) else f"{escaped}%"
    return whole, whole


def checkpoint(context: Context, _asked: GetCheckpoint) -> Checkpoint:
    """Answer `GetCheckpoint`."""
    return newest(context.tx)


def newest(tx: Transaction) -> Checkpoint:
    """Read the newest checkpoint."""
    row = tx.one("ledger_checkpoint")
    if row is None:
        raise NotFound("the ledger is empty: nothing was recorded yet")
    origin, entries, root = ledger.read_checkpoint_text(row.note.rpartition("\n\n")[0] + "\n")
    return Checkpoint(
        origin=origin, size=entries, root=base64.b64encode(root).decode(), note=row.note
    )


def require_own(tx: Transaction, about: StoreFile) -> None:
    """Raise `Conflict` if the records are another store's."""
    row = tx.one("ledger_checkpoint") if about.records else None
    if row is not None:
        found = ledger.read_checkpoint_text(row.note.rpartition("\n\n")[0] + "\n")[0]
        if found != about.origin:
            raise Conflict(
                f"the database has the records of another store ({found}): name an empty one, "
                "or copy that store's store.json and its key to this machine"
            )


def newest_size(tx: Transaction) -> int:
    """Count the entries that the newest checkpoint signs."""
    row = tx.one("ledger_checkpoint")
    return row.size if row else 0


def prove(context: Context, asked: ProveEntry) -> InclusionProof:
    """Answer `ProveEntry`."""
    head = newest(context.tx)
    content = next(contents(context.tx, asked.seq, asked.seq + 1), None)
    if content is None or asked.seq >= head.size:
        raise NotFound(f"the ledger has no entry {asked.seq}; it ends at {head.size - 1}")
    hashes = ledger.inclusion(asked.seq, head.size, nodes(context.tx))
    return InclusionProof(
        seq=asked.seq,
        entry=content.decode(),
        hashes=tuple(base64.b64encode(value).decode() for value in hashes),
        checkpoint=head,
    )


class _Nodes:
    """Stored complete subtrees by level and position."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def __call__(self, level: int, position: int) -> bytes:
        row = self._tx.one("ledger_node", level=level, position=position)
        if row is None:
            raise Corrupt(f"the ledger's tree lacks node {level}/{position}")
        return row.hash
