"""The ledger: every change, in an append-only Merkle tree that anybody can check.

1. An entry is canonical JSON with all it takes to replay the change.
2. Entries are the leaves of an RFC 6962 tree: `SHA-256(0x00 || entry)`.
3. A checkpoint is a C2SP signed note over origin, size and root of the tree.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import replace

from cairn.core.digest import Digest, canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.name import ChangeId, Team, Text
from cairn.core.request import Record, Request

ENTRY_BYTES = 64 * 1024
SEGMENT_ENTRIES = 1024
HASH_BYTES = 32

Time = Annotated[
    str, Meta(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z$(?!\n)")
]
"""UTC with microseconds: `2026-03-01T09:30:00.000000Z`; sorts as text."""


class Actor(Record, frozen=True):
    """Who acted, and how sure we are of it; `key` is the public key that they sign with."""

    id: Text
    assurance: Literal["os-user", "key", "token"]
    key: str = ""


class Signed(Record, frozen=True):
    """Whose signature, and the signed note: canonical bytes and LF are what was signed."""

    key: str
    note: str


class Entry(Record, frozen=True):
    """One change. `seq` counts from 0; `request` binds the change id to what was asked."""

    v: Literal[1]
    seq: Annotated[int, Meta(ge=0)]
    time: Time
    actor: Actor
    team: Team
    action: str
    change_id: ChangeId
    request: Digest
    subject: Text
    before: dict[str, Any]
    after: dict[str, Any]
    evidence: tuple[Digest, ...]
    reason: Text
    salt: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    signature: str = ""
    """By `actor.key`, over all the other fields: the signature line's last word."""


class Checkpoint(Record, frozen=True):
    """A tree head: `note` is the signed text, as it is published."""

    origin: str
    size: int
    root: str
    note: str


class ReadLedger(Request["tuple[Entry, ...]"], frozen=True, tag="ledger.read"):
    """Read entries in order from `start`, of one subject or action if given.

    A model (`default/churn`) is meant with its versions and labels; `run:3f2a` and `snap:` are
    whatever begins so.
    With `newest` they are the last `limit` of them instead of the first.
    """

    start: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    subject: Text = ""
    action: Text = ""
    newest: bool = False


class GetCheckpoint(Request[Checkpoint], frozen=True, tag="ledger.checkpoint"):
    """Read the newest signed checkpoint."""


class ProveEntry(Request["InclusionProof"], frozen=True, tag="ledger.prove"):
    """Prove that an entry is in the tree of the newest checkpoint."""

    seq: Annotated[int, Meta(ge=0)]


class InclusionProof(Record, frozen=True):
    """An entry, the hashes beside its path to the root, and the checkpoint they lead to."""

    seq: int
    entry: str
    hashes: tuple[str, ...]
    checkpoint: Checkpoint


class Problem(Record, frozen=True):
    """One thing that verification found, and where."""

    place: str
    reason: str


class VerifyStore(Request["Verification"], frozen=True, tag="ledger.verify"):
    """Check the ledger against its checkpoint; with `objects` every stored byte as well.

    `against` is a checkpoint that was kept outside of the store: without one, whoever has the
    log key can rewrite history unseen.
    """

    objects: bool = False
    against: str = ""


class Verification(Record, frozen=True):
    """What was checked, and every problem found.

    `uncovered` is what lies in the store's folder and was not looked at, if all bytes were.
    """

    entries: int
    objects: int
    size_bytes: int
    versions: int
    problems: tuple[Problem, ...] = ()
    uncovered: tuple[str, ...] = ()
    erased: tuple[Problem, ...] = ()
    """What was erased on purpose, by whom and why: it is not missing."""


def entry_bytes(entry: Entry) -> bytes:
    """Write an entry canonically; raises `Invalid` at 64 KiB and above."""
    content = canonical(entry)
    if len(content) >= ENTRY_BYTES:
        raise Invalid(f"a ledger entry must stay under 64 KiB, this has {len(content)} bytes")
    return content


def signed_text(entry: Entry) -> str:
    """Write what the signature of an entry is over: the entry without it, and a line feed."""
    return f"{canonical(replace(entry, signature='')).decode()}\n"


def leaf_hash(content: bytes) -> bytes:
    """Hash an entry (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def new_nodes(
    size: int, leaf: bytes, node: Callable[[int, int], bytes]
) -> list[tuple[int, int, bytes]]:
    """List the complete subtrees that leaf number `size` finishes: level, index, hash.

    `node(level, index)` reads a stored complete subtree over 2^level leaves.
    """
    found, level, index, value = [(0, size, leaf)], 0, size, leaf
    while index & 1:
        value = node_hash(node(level, index - 1), value)
        level, index = level + 1, index >> 1
        found.append((level, index, value))
    return found


def root_hash(size: int, node: Callable[[int, int], bytes]) -> bytes:
    """Compute the root over the first `size` leaves from complete subtrees."""
    if size == 0:
        return hashlib.sha256(b"").digest()
    return _subtree(0, size, node)


def inclusion(seq: int, size: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Prove that leaf `seq` is among the first `size` (RFC 6962, section 2.1.1)."""
    if not 0 <= seq < size:
        raise Invalid(f"no proof of entry {seq} in a ledger of {size}")
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(start, middle, node))
            start = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Prove that the tree of `new` leaves extends that of `old` (RFC 6962, section 2.1.2)."""
    if not 0 < old <= new:
        raise Invalid(f"no consistency proof from size {old} to {new}")
    start, end, whole, path = 0, new, True, list[bytes]()
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(_subtree(start, end, node))
    return tuple(reversed(path))


def verify_inclusion(
    seq: int, size: int, *, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Check an inclusion proof (RFC 9162, section 2.1.3.2)."""
    if not 0 <= seq < size or not _all_hashes([leaf, root, *proof]):
        return False
    index, last, value = seq, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            value = node_hash(other, value)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            value = node_hash(value, other)
        index, last = index >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(
    old: int, new: int, *, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Check a consistency proof (RFC 9162, section 2.1.4.2); `old` must be at least 1."""
    if not 0 < old <= new or not _all_hashes([old_root, new_root, *proof]):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            second = node_hash(second, other)
        index, last = index >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """Write the text that gets signed (C2SP tlog-checkpoint)."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def read_checkpoint_text(text: str) -> tuple[str, int, bytes]:
    """Read origin, size and root of a checkpoint's text; raises `Corrupt`."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise Corrupt("the checkpoint cannot be read") from error
    canonical_text = checkpoint_text(origin, size, root) == text
    if not canonical_text or not origin or size < 0 or len(root) != HASH_BYTES:
        raise Corrupt("the checkpoint is not in canonical form")
    return origin, size, root


def tree_of(leaves: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
    """Compute every complete subtree over leaf hashes."""
    nodes: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(leaves):
        for level, index, value in new_nodes(size, leaf, lambda lv, ix: nodes[lv, ix]):
            nodes[level, index] = value
    return nodes


def _split(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)


def _subtree(start: int, end: int, node: Callable[[int, int], bytes]) -> bytes:
    width = end - start
    if width & (width - 1) == 0 and start % width == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(width)
    return node_hash(_subtree(start, middle, node), _subtree(middle, end, node))


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
