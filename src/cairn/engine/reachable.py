"""Which objects the store must keep, and for whose sake.

Whatever a ledger entry names is kept, and whatever the records among those name in turn: a
digest in a record of any kind leads on, so a kind that is added later is followed as well. The
one way to let bytes go is to delete every version that they belong to; then the weights go,
and the files that the training wrote. Manifest, names and digests of the weights, evidence and
history stay.
"""

import re
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

import msgspec

from cairn.core.digest import Digest, from_canonical
from cairn.core.errors import CairnError, Corrupt, NotFound
from cairn.core.ledger import Entry, Problem
from cairn.core.run import RunFacts
from cairn.core.tree import ROOT_HEAD, read_root
from cairn.core.version import Manifest
from cairn.engine import run, version
from cairn.engine.context import Context
from cairn.engine.erased import ERASED
from cairn.objects import ObjectStore
from cairn.objects.folders.stored_tree import tree_entries
from cairn.sql.database import Transaction

LARGEST_RECORD = 64 << 20
SWEEP = "sweep/1"
"""The one kind of record that names objects because they go."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Kept:
    """Objects by digest, each with the subject of the first ledger entry that needs it."""

    def __init__(self) -> None:
        self._subjects: list[str] = []
        self._by_object: dict[bytes, int] = {}
        self.unread: list[Problem] = []
        """What could not be read: it may need more, so nothing may be removed."""

    def __len__(self) -> int:
        """Count the objects."""
        return len(self._by_object)

    def __contains__(self, digest: Digest) -> bool:
        """Tell whether an object must stay."""
        return _raw(digest) in self._by_object

    def why(self, digest: Digest) -> str | None:
        """Return the subject for whose sake an object stays: `default/churn:2`."""
        found = self._by_object.get(_raw(digest))
        return None if found is None else self._subjects[found]

    def raw(self) -> KeysView[bytes]:
        """Return the SHA-256 of all of them."""
        return self._by_object.keys()

    def begin(self, subject: str) -> None:
        """Say for whose sake the objects that follow are kept."""
        self._subjects.append(subject)

    def add(self, digest: Digest) -> bool:
        """Keep an object; False if it is kept already."""
        raw = _raw(digest)
        if raw in self._by_object:
            return False
        self._by_object[raw] = len(self._subjects) - 1
        return True


class Released(NamedTuple):
    """What no longer has to stay: files of these trees, and these files."""

    trees: frozenset[Digest]
    files: frozenset[Digest]


def kept(context: Context) -> Kept:
    """Find everything that must stay, from the ledger on."""
    entries = every_entry(context.tx)
    found = Kept()
    released = released_by(context.objects, entries)
    for entry in entries:
        found.begin(entry.subject)
        named = _digests([entry.before, entry.after, list(entry.evidence)])
        _follow(context.objects, named, found, released)
    return found


def every_entry(tx: Transaction) -> list[Entry]:
    """Read the whole ledger, in order."""
    return [from_canonical(content, Entry) for (content,) in tx.all("sweep_entries")]


def _follow(
    objects: ObjectStore, named: Iterable[Digest], found: Kept, released: Released
) -> None:
    """Keep objects, and what those of them that are records or trees name."""
    waiting = list(named)
    while waiting:
        digest = waiting.pop()
        if digest in released.files or not found.add(digest):
            continue
        try:
            if digest in released.trees:
                _keep_leaves(objects.get(digest), found)
            else:
                waiting += _leads_to(objects, digest, found, released)
        except NotFound:
            continue  # the name of something that lies elsewhere, such as a container image
        except CairnError as error:
            found.unread.append(Problem(place=f"object {digest}", reason=str(error)))


def _leads_to(
    objects: ObjectStore, digest: Digest, found: Kept, released: Released
) -> list[Digest]:
    """Return what an object names, if it is a record; keep the files of a tree."""
    if objects.size(digest) > LARGEST_RECORD:
        return []
    content = objects.get(digest)
    if content.startswith(ROOT_HEAD):
        _keep_tree(objects, digest, content, found, released)
        return []
    if not content.startswith(b"{"):
        return []
    try:
        record = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []  # a file of somebody's that begins like a record
    return [] if record.get("cairn") == SWEEP else list(_digests(record))


def _keep_tree(
    objects: ObjectStore, digest: Digest, content: bytes, found: Kept, released: Released
) -> None:
    """Keep the leaves and files of a tree; a file that only begins like one has none."""
    try:
        _keep_leaves(content, found)
    except Corrupt:
        return
    for entry in tree_entries(objects, digest):
        if entry.digest not in released.files:
            found.add(entry.digest)


def _keep_leaves(content: bytes, found: Kept) -> None:
    for leaf in read_root(content):
        found.add(leaf.digest)


def released_by(objects: ObjectStore, entries: Sequence[Entry]) -> Released:
    """Find what belonged to deleted versions and to nothing else."""
    standing, deleted = _registered(entries)
    freed_runs = _runs(deleted) - _runs(standing)
    written = [entry for entry in entries if entry.action == run.FINISHED]
    freed, held = (
        {
            digest
            for entry in written
            if (entry.after["run"] in freed_runs) is is_freed
            for digest in _outputs(objects, entry)
        }
        for is_freed in (True, False)
    )
    trees = set(_weights(objects, deleted)) - set(_weights(objects, standing))
    erased = {digest for e in entries if e.action == ERASED for digest in e.after["objects"]}
    return Released(frozenset(trees), frozenset((freed - held) | erased))


def _registered(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Split the registrations into those that stand and those whose version was deleted."""
    gone = {_version(entry) for entry in entries if entry.action == version.DELETED}
    made = [entry for entry in entries if entry.action == version.REGISTERED]
    standing = [entry for entry in made if _version(entry) not in gone]
    return standing, [entry for entry in made if _version(entry) in gone]


def _version(entry: Entry) -> tuple[str, int]:
    return entry.after["model"], entry.after["number"]


def _runs(entries: Iterable[Entry]) -> set[str]:
    return {entry.after["run"] for entry in entries if entry.after["run"] is not None}


def _weights(objects: ObjectStore, entries: Iterable[Entry]) -> Iterator[Digest]:
    """Yield the trees of weights and golden rows of registered versions.

    A manifest that cannot be read is passed over: it is found unread when it is followed.
    """
    for entry in entries:
        with suppress(CairnError):
            artifacts = objects.get_record(entry.after["digest"], Manifest).artifacts
            if artifacts is not None:
                yield artifacts.tree
                if artifacts.golden is not None:
                    yield artifacts.golden


def _outputs(objects: ObjectStore, entry: Entry) -> Iterator[Digest]:
    """Yield the files that a run wrote, as far as its facts can be read."""
    facts = entry.after["facts"]
    with suppress(CairnError):
        if facts is not None:
            yield from objects.get_record(facts, RunFacts).outputs.values()


def _digests(value: Any) -> Iterator[Digest]:
    """Yield every digest that is written anywhere in a JSON value."""
    if isinstance(value, str):
        if _DIGEST.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, Any]", value).items():
            yield from _digests(name)
            yield from _digests(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[Any]", value):
            yield from _digests(inner)


def _raw(digest: Digest) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))
