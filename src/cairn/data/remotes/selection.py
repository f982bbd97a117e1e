"""Which snapshots and versions are meant, what they refer to, and which objects they need."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from cairn.core import reference
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.evaluation import Evaluation
from cairn.core.ledger import Entry
from cairn.core.name import ModelName
from cairn.core.reference import ByDigest, ByNumber
from cairn.core.snapshot import Snapshot, parents_of
from cairn.core.transfer import AnyRef, SnapshotRef, VersionRef, recorded
from cairn.core.version import Manifest
from cairn.data.remotes.refs import Remote
from cairn.listed import ledger_entries
from cairn.objects import ObjectStore
from cairn.objects.closure import Need, parts
from cairn.project import Project

SHORTEST = len("sha256:") + 8


class Here:
    """What this store has recorded: each snapshot and version with its newest entry."""

    def __init__(self, project: Project) -> None:
        self.entries: dict[AnyRef, Entry] = {}
        for action in ("snapshot.add", "version.register"):
            for entry in ledger_entries(project.engine, action=action):
                if (ref := recorded(entry)) is not None:
                    self.entries[ref] = entry
        gone = {
            entry.subject for entry in ledger_entries(project.engine, action="version.delete")
        }
        self.deleted = {ref for ref, entry in self.entries.items() if entry.subject in gone}
        snapshots = [
            ref for ref in sorted_by_time(self.entries) if isinstance(ref, SnapshotRef)
        ]
        self.names = {ref.name: ref.digest for ref in snapshots if ref.name}
        self._snapshots = {ref.digest for ref in snapshots}

    def has(self, ref: AnyRef) -> bool:
        """Tell whether there is nothing to record; a name that is taken stays where it is."""
        if isinstance(ref, SnapshotRef):
            return ref.digest in self._snapshots and (not ref.name or ref.name in self.names)
        return ref in self.entries


def sorted_by_time(entries: Mapping[AnyRef, Entry]) -> list[AnyRef]:
    """List snapshots, then versions, in the order in which they were recorded."""
    return sorted(
        entries,
        key=lambda ref: (isinstance(ref, VersionRef), entries[ref].time, entries[ref].seq),
    )


def chosen_here(project: Project, here: Here, texts: Collection[str]) -> set[AnyRef]:
    """Find what is meant by references as people write them here; everything without any.

    Raises `NotFound` for what is not here, or was deleted.
    """
    offered = here.entries.keys() - here.deleted
    if not texts:
        return set(offered)
    found: set[AnyRef] = set()
    for text in texts:
        model = _model(project, text)
        meant = _of_model(offered, model) if model else offered & _here(project, here, text)
        if not meant:
            raise NotFound(f"nothing here is called {text}; `cairn list` shows all versions")
        found |= meant
    return found


def chosen_there(
    project: Project, remote: Remote, offered: Collection[AnyRef], texts: Collection[str]
) -> set[AnyRef]:
    """Find what is meant of what a remote offers: `snap:NAME`, a digest, a model, `churn:3`.

    Raises `NotFound` for what is not there, and `Conflict` where two things are meant.
    """
    if not offered:
        raise NotFound(f"there is nothing at {remote.address}: `cairn push` it there first")
    if not texts:
        return set(offered)
    found: set[AnyRef] = set()
    for text in texts:
        model = _model(project, text)
        meant = _of_model(offered, model) if model else _there(project, remote, offered, text)
        if not meant:
            raise NotFound(f"nothing at {remote.address} is called {text}")
        found |= meant
    return found


class Sources:
    """Finds the snapshots that versions were trained and judged on, and those made into them.

    Each record is read once.
    """

    def __init__(self, objects: ObjectStore, offered: Iterable[AnyRef]) -> None:
        self._objects = objects
        self._read: dict[AnyRef, tuple[Digest, ...]] = {}
        self._by_digest: dict[Digest, set[AnyRef]] = {}
        for ref in offered:
            if isinstance(ref, SnapshotRef):
                self._by_digest.setdefault(ref.digest, set()).add(ref)

    def closure(self, refs: Iterable[AnyRef]) -> set[AnyRef]:
        """Add to refs all those that they were made of."""
        found, waiting = set[AnyRef](), list(refs)
        while waiting:
            ref = waiting.pop()
            if ref not in found:
                found.add(ref)
                for digest in self._of(ref):
                    waiting += self._by_digest.get(digest, ())
        return found

    def _of(self, ref: AnyRef) -> tuple[Digest, ...]:
        if ref not in self._read:
            self._read[ref] = tuple(_sources(self._objects, ref))
        return self._read[ref]


def objects_of(objects: ObjectStore, refs: Iterable[AnyRef]) -> set[Digest]:
    """List every object that snapshots and versions need; each tree is read once."""
    return {part.digest for part in parts(objects, map(need_of, refs))}


def profiles(entries: Mapping[AnyRef, Entry], refs: Iterable[AnyRef]) -> set[Digest]:
    """List the descriptions of snapshots that their entries name."""
    return {entries[ref].after["profile"] for ref in refs if entries[ref].after.get("profile")}


def need_of(ref: AnyRef) -> Need:
    """Say what a ref is about: the record that leads to everything else."""
    kind = Snapshot if isinstance(ref, SnapshotRef) else Manifest
    return Need("its record", ref.digest, kind)


def _model(project: Project, text: str) -> ModelName | None:
    """Read the name of a model; None for any other reference."""
    try:
        return reference.model_name(text, team=project.settings.team)
    except Invalid:
        return None


def _of_model(offered: Iterable[AnyRef], model: ModelName) -> set[AnyRef]:
    return {ref for ref in offered if isinstance(ref, VersionRef) and ref.model == model}


def _here(project: Project, here: Here, text: str) -> set[AnyRef]:
    is_digest = text.startswith("sha256:")
    if text.startswith("snap:") or (is_digest and _snapshots(here.entries, text)):
        name = text.removeprefix("snap:")
        digest = project.find_snapshot(name).digest
        named = {ref for ref in _snapshots(here.entries, digest) if ref.name == name}
        return {*named} or {*_snapshots(here.entries, digest)}
    version = project.version(text)
    return {VersionRef(version.model, version.digest)}


def _there(
    project: Project, remote: Remote, offered: Collection[AnyRef], text: str
) -> set[AnyRef]:
    if text.startswith("snap:"):
        name = text.removeprefix("snap:")
        named = {ref for ref in offered if isinstance(ref, SnapshotRef) and ref.name == name}
        return _only(text, {*named} or {*_snapshots(offered, name)})
    match reference.parse(text, team=project.settings.team):
        case ByDigest(digits=digits):
            start = f"sha256:{digits}"
            return _only(text, {ref for ref in offered if ref.digest.startswith(start)})
        case ByNumber(model=model, number=number):
            versions = _of_model(offered, model)
            numbered = (ref for ref in versions if _number(remote, ref) == number)
            return _only(text, set(numbered))
        case _:
            raise Invalid(
                f"{text}: labels, releases and commits are not kept in a remote; ask for "
                "snap:NAME, a digest, a model, or a version by its number there"
            )


def _snapshots(offered: Iterable[AnyRef], start: str) -> set[SnapshotRef]:
    """List snapshots whose digest begins like this."""
    if len(start) < SHORTEST:
        return set()
    return {
        ref for ref in offered if isinstance(ref, SnapshotRef) and ref.digest.startswith(start)
    }


def _number(remote: Remote, ref: AnyRef) -> int:
    return remote.read(ref)[0].after["number"]


def _only(text: str, found: set[AnyRef]) -> set[AnyRef]:
    """Return what was found if all of it is one thing; raises `Conflict`."""
    digests = sorted({ref.digest for ref in found})
    if len(digests) > 1:
        raise Conflict(f"{text} means more than one there: name one of {', '.join(digests)}")
    return found


def _sources(objects: ObjectStore, ref: AnyRef) -> Iterator[Digest]:
    if isinstance(ref, SnapshotRef):
        yield from parents_of(objects.get_record(ref.digest, Snapshot).source)
        return
    manifest = objects.get_record(ref.digest, Manifest)
    yield from (given.snapshot for given in manifest.inputs)
    for evaluation in manifest.evaluations:
        yield objects.get_record(evaluation, Evaluation).snapshot
