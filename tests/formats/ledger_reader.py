"""The ledger a second time: entries, segments, the Merkle tree, signed notes.

Proofs are followed from the top down, as RFC 6962 defines the tree, where Cairn climbs up.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from formats import ed25519
from formats.canonical_reader import parse
from formats.schema import ENTRY
from formats.shapes import Wrong, demand

ENTRY_LIMIT, SEGMENT_ENTRIES = 65_536, 1024


def leaf_hash(entry: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def tree_hash(entries: Sequence[bytes]) -> bytes:
    """Compute the root (RFC 6962, section 2.1)."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = _split(len(entries))
    return _node(tree_hash(entries[:split]), tree_hash(entries[split:]))


def root_from(seq: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Compute the root that an inclusion proof leads to, from the top down."""
    demand(0 <= seq < size and all(len(value) == 32 for value in (leaf, *proof)), "proof", seq)
    if size == 1:
        demand(not proof, "proof too long", len(proof))
        return leaf
    demand(bool(proof), "proof too short", size)
    split = _split(size)
    if seq < split:
        return _node(root_from(seq, split, leaf, proof[:-1]), proof[-1])
    return _node(proof[-1], root_from(seq - split, size - split, leaf, proof[:-1]))


def roots_from(old: int, new: int, root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Compute both roots that a consistency proof leads to; `root` is the old one."""
    demand(0 < old <= new and all(len(value) == 32 for value in (root, *proof)), "proof", old)
    return _grow(old, new, root, proof)


def _grow(
    old: int, new: int, whole: bytes | None, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    if old == new:
        demand(len(proof) == (whole is None), "proof length", len(proof))
        same = proof[0] if whole is None else whole
        return same, same
    demand(bool(proof), "proof too short", new)
    split = _split(new)
    if old <= split:
        before, after = _grow(old, split, whole, proof[:-1])
        return before, _node(after, proof[-1])
    before, after = _grow(old - split, new - split, None, proof[:-1])
    return _node(proof[-1], before), _node(proof[-1], after)


def read_segments(segments: Sequence[bytes]) -> list[bytes]:
    """Read ledger files in order; returns the entries, checked one by one and as a row."""
    entries: list[bytes] = []
    for number, segment in enumerate(segments):
        lines = segment.split(b"\n")
        demand(lines.pop() == b"" and bool(lines), "segment does not end a line", number)
        full = len(lines) == SEGMENT_ENTRIES or number == len(segments) - 1
        demand(full and len(lines) <= SEGMENT_ENTRIES, "entries in segment", len(lines))
        entries += lines
    earlier = ""
    for seq, content in enumerate(entries):
        entry = read_entry(content)
        demand(entry["seq"] == seq and entry["time"] >= earlier, "order", entry["seq"])
        earlier = entry["time"]
    return entries


def read_entry(content: bytes) -> dict[str, Any]:
    """Read one ledger entry."""
    demand(len(content) < ENTRY_LIMIT, "entry too long", len(content))
    entry = parse(content)
    ENTRY(entry)
    return entry


def read_checkpoint(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """Verify a checkpoint; returns origin, size and root."""
    lines = open_note(note, vkey).split("\n")
    demand(len(lines) == 4 and lines[0] != "", "checkpoint lines", lines)
    demand(re.fullmatch("0|[1-9][0-9]*", lines[1]) is not None, "checkpoint size", lines[1])
    root = _base64(lines[2])
    demand(len(root) == 32, "checkpoint root", lines[2])
    return lines[0], int(lines[1]), root


def open_note(note: bytes, vkey: str) -> str:
    """Verify a signed note by one key; returns its text."""
    name, identity, public = read_vkey(vkey)
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise Wrong("note is not UTF-8") from error
    demand(not re.search(r"[\x00-\x09\x0b-\x1f]", whole), "control character", whole)
    text, found, signatures = whole.rpartition("\n\n")
    demand(bool(found) and signatures.endswith("\n"), "no signature", whole)
    ours: list[bytes] = []
    for line in signatures[:-1].split("\n"):
        parts = re.fullmatch(r"— ([^\s+]+) ([^\s]+)", line)
        if parts is None:
            raise Wrong(f"broken signature line: {line!r}")
        value = _base64(parts[2])
        if parts[1] == name and value[:4] == identity:
            ours.append(value[4:])
    signed = (text + "\n").encode()
    right = [ed25519.verify(public, signed, signature) for signature in ours]
    demand(bool(right) and all(right), "signature", name)
    return text + "\n"


def read_vkey(vkey: str) -> tuple[str, bytes, bytes]:
    """Read a public key; returns name, key id and the key."""
    parts = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([^\s]+)", vkey)
    if parts is None:
        raise Wrong(f"not a key: {vkey!r}")
    key = _base64(parts[3])
    identity = hashlib.sha256(parts[1].encode() + b"\n" + key).digest()[:4]
    demand(len(key) == 33 and key[0] == 1, "not an Ed25519 key", vkey)
    demand(identity.hex() == parts[2], "key id", vkey)
    return parts[1], identity, key[1:]


def _base64(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Wrong(f"not base64: {text!r}") from error
    demand(base64.b64encode(value).decode() == text, "base64 is not canonical", text)
    return value


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    split = 1
    while split * 2 < size:
        split *= 2
    return split
