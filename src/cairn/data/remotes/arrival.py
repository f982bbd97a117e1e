"""What a pull brings: proven, copied and recorded here, and what of it could not be.

One bad record does not keep the others away. Who is bad is found by halving: all at once, and
if that fails, each half by itself.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Corrupt, NotFound, Unavailable
from cairn.core.ledger import Entry
from cairn.core.snapshot import AddSnapshot, Snapshot, parents_of
from cairn.core.transfer import AnyRef, SnapshotRef, VersionRef
from cairn.core.version import UNSTAGED, Manifest, Origin, RegisterVersion
from cairn.data.remotes.refs import Remote
from cairn.data.remotes.selection import Here, Sources, objects_of, profiles, sorted_by_time
from cairn.data.verdict import verdict_on
from cairn.objects.transfer import Progress, plan, ship
from cairn.project import Project

LONGEST_ORIGIN = 2000


class Arrived(NamedTuple):
    """What was recorded: how it is called here, its digest, and what is to say about it."""

    name: str
    digest: Digest
    note: str = ""


class Arrival:
    """Snapshots and versions on their way from a remote; `failed` are by name and error."""

    def __init__(
        self, project: Project, there: Remote, here: Here, failed: dict[str, CairnError]
    ) -> None:
        self._project = project
        self._there = there
        self._here = here
        self._logs: dict[AnyRef, str] = {}
        self._wholes: dict[AnyRef, AbstractSet[AnyRef]] = {}
        self.entries: dict[AnyRef, Entry] = {}
        self.failed = failed
        self.objects = 0
        self.size_bytes = 0

    def prove(self, asked: Iterable[AnyRef], offered: Collection[AnyRef]) -> None:
        """Find what is asked for and not here, with the snapshots that it was made of."""
        sources = Sources(self._there.objects, offered)
        for ref in sorted(asked, key=lambda ref: ref.key):
            if not self._here.has(ref):
                self._try(ref, lambda ref=ref: self._prove_all(ref, sources.closure([ref])))

    def bring(self, *, dry_run: bool, on_progress: Progress | None) -> None:
        """Copy the bytes of all that was proven."""
        waiting = [self.in_order()] if self.entries else []
        while waiting:
            refs = waiting.pop()
            try:
                self._copy(refs, dry_run=dry_run, on_progress=on_progress)
            except (Corrupt, NotFound) as error:
                if len(refs) == 1:
                    self._fail(refs[0], error)
                else:
                    middle = len(refs) // 2
                    waiting += [refs[middle:], refs[:middle]]
        self._leave_out()

    def record(self) -> Iterator[Arrived]:
        """Record what was brought, snapshots before those that were made of them."""
        waiting, done = self.in_order()[::-1], set[AnyRef]()
        while waiting:
            ref = waiting[-1]
            parents = [each for each in self._made_of(ref) if each not in done]
            if parents:
                waiting += parents
                continue
            if waiting.pop() not in done:
                done.add(ref)
                found = self._try(ref, lambda ref=ref: self._recorded(ref))
                yield from () if found is None else (found,)

    def logs(self) -> set[str]:
        """Return the keys of the ledgers that what is on its way was recorded in."""
        return {self._logs[ref] for ref in self.entries}

    def in_order(self) -> list[AnyRef]:
        """List what is proven and still on its way, in the order it was first recorded."""
        return sorted_by_time(self.entries)

    def error(self) -> CairnError:
        """Return one error that says all that failed."""
        first, *others = self.failed.values()
        more = f"; {len(others)} more could not be copied" if others else ""
        return type(first)(f"{first}{more}") if more else first

    def _try(self, ref: AnyRef, work: Callable[[], Arrived | None]) -> Arrived | None:
        try:
            return work()
        except Unavailable:
            raise
        except CairnError as error:
            self._fail(ref, error)
            return None

    def _fail(self, ref: AnyRef, error: CairnError) -> None:
        self.failed[ref.shown] = error
        self.entries.pop(ref, None)

    def _prove_all(self, asked: AnyRef, whole: set[AnyRef]) -> None:
        """Prove what is asked for and all that it was made of."""
        found = {ref: self._there.read(ref) for ref in whole if not self._here.has(ref)}
        for ref, (entry, log) in found.items():
            self.entries[ref], self._logs[ref] = entry, log
        self._wholes[asked] = found.keys()

    def _leave_out(self) -> None:
        """Leave out what cannot be whole, and what nobody asked for but for its sake."""
        whole = set[AnyRef]()
        for asked, refs in self._wholes.items():
            if refs <= self.entries.keys():
                whole |= refs
            elif asked in self.entries:
                lacking = min(ref.shown for ref in refs - self.entries.keys())
                self._fail(asked, NotFound(f"{lacking}, which it was made of, is not whole"))
        self.entries = {ref: entry for ref, entry in self.entries.items() if ref in whole}

    def _copy(
        self, refs: Sequence[AnyRef], *, dry_run: bool, on_progress: Progress | None
    ) -> None:
        needed = objects_of(self._there.objects, refs) | profiles(self.entries, refs)
        shipment = plan(self._there.objects, self._project.objects, needed)
        if not dry_run:
            ship(shipment, check_first=False, on_progress=on_progress)
        self.objects += shipment.objects
        self.size_bytes += shipment.size_bytes

    def _made_of(self, ref: AnyRef) -> list[AnyRef]:
        if isinstance(ref, VersionRef):
            return []
        objects = self._project.objects
        parents = parents_of(objects.get_record(ref.digest, Snapshot).source)
        return [
            each
            for each in self.entries
            if isinstance(each, SnapshotRef) and each.digest in parents
        ]

    def _recorded(self, ref: AnyRef) -> Arrived:
        entry, log = self.entries[ref], self._logs[ref]
        if isinstance(ref, SnapshotRef):
            return self._add_snapshot(ref, entry, log)
        number = entry.after["number"]
        judged = self._judged(ref.digest)
        version = self._project.engine.send(
            RegisterVersion(
                model=ref.model,
                manifest=ref.digest,
                retroactive=True,  # the gaps were known where it was registered
                stage=entry.after["stage"] or UNSTAGED,
                required=self._project.settings.model(ref.model).fields,
                origin=Origin(log=log, number=number, seq=entry.seq),
            )
        )
        there = "" if version.number == number else f"number {number} there"
        note = "; ".join(each for each in (there, judged) if each)
        return Arrived(version.name, ref.digest, note)

    def _judged(self, manifest: Digest) -> str:
        """Judge the bytes that came, whatever is said of them; tell where the two disagree."""
        artifacts = self._project.objects.get_record(manifest, Manifest).artifacts
        if artifacts is None:
            return ""
        found = verdict_on(self._project, artifacts.tree)
        if found.safety == artifacts.safety:
            return ""
        return f"{found.safety}, though its maker says {artifacts.safety}"

    def _add_snapshot(self, ref: SnapshotRef, entry: Entry, log: str) -> Arrived:
        """Record a snapshot; a name that another one has here stays where it is."""
        names = self._here.names
        is_free = ref.name is None or names.get(ref.name, ref.digest) == ref.digest
        origin = f"{entry.after['origin']} (pulled from {log.partition('+')[0]})"
        self._project.engine.send(
            AddSnapshot(
                snapshot=ref.digest,
                origin=origin[:LONGEST_ORIGIN],
                name=ref.name if is_free else None,
                profile=entry.after.get("profile"),
            )
        )
        if ref.name is not None and not is_free:
            note = f"without its name {ref.name}, which is {names[ref.name]} here"
            return Arrived(ref.digest, ref.digest, note)
        if ref.name is not None:
            names[ref.name] = ref.digest
        return Arrived(ref.shown, ref.digest)
