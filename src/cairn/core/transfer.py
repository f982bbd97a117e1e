"""Transfer: what a remote says about snapshots and versions, and who vouches for it.

A remote is a store of objects with `refs/` beside them, written once each. A ref is an entry
of the ledger that recorded the snapshot or version, with the proof that it stands there:
whoever pulls need not believe the remote, and knows whose word it is.
"""

import base64
from typing import NamedTuple

import msgspec

from cairn.core import ledger
from cairn.core.digest import Digest, from_canonical
from cairn.core.errors import Corrupt
from cairn.core.ledger import Entry, InclusionProof
from cairn.core.name import ModelName, SnapshotName, Text, shown
from cairn.core.remote import Log
from cairn.core.request import Record
from cairn.core.version import Number

REFS = "refs/"
NAMELESS = "-"
_SNAPSHOTS, _VERSIONS = f"{REFS}snapshots/", f"{REFS}versions/"


class Ref(Record, frozen=True, tag_field="cairn", tag="ref/1"):
    """The content of a ref: an entry with its proof, and the public key of that ledger."""

    log: Log
    proof: InclusionProof


class SnapshotRef(NamedTuple):
    """A snapshot, and the name that it had."""

    digest: Digest
    name: SnapshotName | None

    @property
    def key(self) -> str:
        """Where it lies in a remote."""
        return f"{_SNAPSHOTS}{self.digest.removeprefix('sha256:')}/{self.name or NAMELESS}"

    @property
    def shown(self) -> str:
        """How people call it."""
        return f"snap:{self.name}" if self.name else self.digest


class VersionRef(NamedTuple):
    """A version of a model; its number is each store's own."""

    model: ModelName
    digest: Digest

    @property
    def key(self) -> str:
        """Where it lies in a remote."""
        return f"{_VERSIONS}{self.model}/{self.digest.removeprefix('sha256:')}"

    @property
    def shown(self) -> str:
        """How people call it."""
        return f"{shown(self.model)} {self.digest}"


AnyRef = SnapshotRef | VersionRef


def read_key(key: str) -> AnyRef:
    """Read where a ref lies; raises `Corrupt` for a key that no release of ours wrote."""
    parts = key.removeprefix(REFS).split("/")
    match parts:
        case ["snapshots", digits, name]:
            found: AnyRef = SnapshotRef(f"sha256:{digits}", None if name == NAMELESS else name)
            _check(key, (found.digest, Digest), (found.name, SnapshotName | None))
        case ["versions", team, model, digits]:
            found = VersionRef(f"{team}/{model}", f"sha256:{digits}")
            _check(key, (found.digest, Digest), (found.model, ModelName))
        case _:
            raise Corrupt(f"{key} is not a ref: a newer Cairn or somebody else wrote it")
    return found


class _Snapshot(msgspec.Struct):
    """What an entry has to say of a snapshot, so that it can be pulled."""

    digest: Digest
    name: SnapshotName | None
    origin: str
    profile: Digest | None = None


class _Version(msgspec.Struct):
    """What an entry has to say of a version."""

    model: ModelName
    number: Number
    digest: Digest
    stage: Text


def recorded(entry: Entry) -> AnyRef | None:
    """Return what an entry recorded; None for one that is about anything else."""
    after = entry.after
    match entry.action:
        case "snapshot.add":
            return SnapshotRef(after["digest"], after["name"])
        case "version.register":
            return VersionRef(after["model"], after["digest"])
        case _:
            return None


def proven(key: str, ref: Ref, checkpoint: str) -> Entry:
    """Return the entry of a ref, which `checkpoint`, a verified text, shows to be recorded.

    Raises `Corrupt` unless the entry is in that ledger and is what the key says.
    """
    entry = proven_entry(key, ref.proof, checkpoint)
    if (found := _recorded(key, entry)) is None or found.key != key:
        raise Corrupt(f"{key} holds what belongs elsewhere: {entry.action} {entry.subject}")
    return entry


def proven_entry(key: str, proof: InclusionProof, checkpoint: str) -> Entry:
    """Return an entry that `checkpoint`, a verified text, shows to be recorded.

    Raises `Corrupt`, naming `key`, unless it is in that ledger.
    """
    origin, size, root = ledger.read_checkpoint_text(checkpoint)
    head = (proof.checkpoint.origin, proof.checkpoint.size, proof.checkpoint.root)
    try:
        hashes = [base64.b64decode(text, validate=True) for text in proof.hashes]
        entry = from_canonical(proof.entry.encode(), Entry)
    except (ValueError, UnicodeEncodeError) as error:
        raise Corrupt(f"{key} cannot be read: {error}") from error
    leaf = ledger.leaf_hash(proof.entry.encode())
    is_in = ledger.verify_inclusion(proof.seq, size, leaf=leaf, proof=hashes, root=root)
    if not is_in or entry.seq != proof.seq or head != (origin, size, _text(root)):
        raise Corrupt(f"{key} is damaged: its entry is not in the ledger {origin}")
    return entry


def _recorded(key: str, entry: Entry) -> AnyRef | None:
    """Return what a foreign entry recorded; raises `Corrupt` unless it says all it has to."""
    kinds = {"snapshot.add": _Snapshot, "version.register": _Version}
    if (kind := kinds.get(entry.action)) is None:
        return None
    try:
        msgspec.convert(entry.after, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"{key}: its entry is not one of ours: {error}") from error
    return recorded(entry)


def _check(key: str, *values: tuple[object, object]) -> None:
    for value, kind in values:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise Corrupt(f"{key} is not a ref: {error}") from error


def _text(root: bytes) -> str:
    return base64.b64encode(root).decode()


class Item(Record, frozen=True):
    """A snapshot or version that was copied, as it is called where it was copied to."""

    name: str
    digest: Digest
    note: str = ""


class Failure(Record, frozen=True):
    """A snapshot or version that was asked for and not copied, and why."""

    name: str
    reason: str


class Transferred(Record, frozen=True):
    """What was copied, or would be; `already` of what was asked for were there before."""

    remote: str
    items: tuple[Item, ...]
    already: int
    objects: int
    size_bytes: int
    done: bool = True
    trusted: tuple[str, ...] = ()
    """Keys of ledgers that were met for the first time, and are pinned from now on."""
    failed: tuple[Failure, ...] = ()
    entries: int = 0
    """Entries of a ledger about what happened to these models, which went along."""
