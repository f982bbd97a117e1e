"""Testimony on its way: entries of this ledger to a remote, and those of others from it."""

from collections.abc import Collection, Iterable, Iterator

from cairn.core import testimony as rules
from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import CairnError, Corrupt, Invalid, Unavailable
from cairn.core.ledger import Entry, ProveEntry
from cairn.core.name import ModelName
from cairn.core.remote import GetTrusted
from cairn.core.testimony import (
    TESTIMONY,
    TOLD,
    ListTestimonies,
    Place,
    RecordTestimony,
    Testimony,
)
from cairn.data.remotes.foreign_keys import pin
from cairn.data.remotes.refs import Remote
from cairn.engine.store import read_about
from cairn.engine.testimony import verified
from cairn.listed import ledger_entries
from cairn.objects.transfer import plan, ship
from cairn.project import Project

CUT_BYTES, MOST_BYTES = 1 << 20, 8 << 20
"""A testimony ends after so many bytes of entries; none that is larger is read."""


def unsent(project: Project, there: Remote, models: Collection[ModelName]) -> list[Testimony]:
    """Say what this ledger has of models and a remote lacks; each entry with its proof."""
    if not models:
        return []
    log = read_about(project.settings.store).log
    sent = _sent(there, log)
    by_model: dict[ModelName, list[Entry]] = {}
    for entry in _told(project):
        model = rules.about(entry)
        if model in models and entry.seq > sent.get(str(model), -1):
            by_model.setdefault(str(model), []).append(entry)
    return [
        _testimony(project, log, model, part)
        for model, entries in sorted(by_model.items())
        for part in _cut(entries)
    ]


def write(there: Remote, testimonies: Iterable[Testimony]) -> None:
    """Write testimonies durably, each once."""
    keys = {each.place.key: each for each in testimonies}
    for key, testimony in keys.items():
        there.place(key, canonical(testimony))
    there.settle(keys)


def offered(there: Remote) -> dict[str, Place | CairnError]:
    """List what a remote has below `testimony/`, and what there is none."""
    found: dict[str, Place | CairnError] = {}
    for key in there.listed(TESTIMONY):
        try:
            found[key] = rules.read_key(key)
        except Corrupt as error:
            found[key] = error
    return found


def read(there: Remote, place: Place) -> Testimony:
    """Read a testimony and verify all of it; raises `Corrupt`."""
    backend = there.objects.reader.backend
    where = backend.where(place.key)
    if (size := backend.size(place.key)) > MOST_BYTES:
        raise Corrupt(f"{where} has {size} bytes, and no testimony has more than {MOST_BYTES}")
    try:
        found = from_canonical(backend.read(place.key), Testimony)
        verified(where, found)
    except (Corrupt, Invalid) as error:
        raise Corrupt(f"{where} is damaged or forged: {error}; it is not believed") from error
    if found.place != place:
        raise Corrupt(f"{where} is not what its name says; it is not believed")
    return found


class Incoming:
    """Testimonies of other stores that are not here yet; `failed` are by key and error."""

    def __init__(
        self, project: Project, there: Remote, models: Collection[ModelName] | None
    ) -> None:
        self._project = project
        self._there = there
        self.failed: dict[str, CairnError] = {}
        self.found: list[Testimony] = []
        self._here: dict[ModelName, set[Place]] = {}
        own = read_about(project.settings.store).id
        for key, place in sorted(offered(there).items()):
            if isinstance(place, CairnError):
                if models is None:
                    self.failed[key] = place
            elif place.store != own and self._is_asked(place, models):
                self._take(place)

    @property
    def entries(self) -> int:
        """Count the entries."""
        return sum(len(each.proofs) for each in self.found)

    def logs(self) -> set[str]:
        """Return the keys of the ledgers."""
        return {each.log for each in self.found}

    def record(self) -> None:
        """Fetch what the entries name, and record each testimony here."""
        for testimony in list(self.found):
            try:
                self._record(testimony)
            except Unavailable:
                raise
            except CairnError as error:
                self.failed[testimony.place.key] = error
                self.found.remove(testimony)

    def _is_asked(self, place: Place, models: Collection[ModelName] | None) -> bool:
        return (models is None or place.model in models) and place not in self._known(
            place.model
        )

    def _known(self, model: ModelName) -> set[Place]:
        """List what was fetched before, as it is called in a remote."""
        if model not in self._here:
            infos = self._project.engine.send(ListTestimonies(model=model))
            self._here[model] = {info.place for info in infos}
        return self._here[model]

    def _take(self, place: Place) -> None:
        try:
            self.found.append(read(self._there, place))
        except Unavailable:
            raise
        except CairnError as error:
            self.failed[place.key] = error

    def _record(self, testimony: Testimony) -> None:
        objects, send = self._project.objects, self._project.engine.send
        ship(plan(self._there.objects, objects, testimony.objects), check_first=False)
        if send(GetTrusted(origin=testimony.log.partition("+")[0])) is None:
            pin(self._project, testimony.log)  # known from a version, before keys were pinned
        send(RecordTestimony(testimony=objects.put_record(testimony)))


def _told(project: Project) -> list[Entry]:
    entries = (
        each for action in TOLD for each in ledger_entries(project.engine, action=action)
    )
    return sorted(entries, key=lambda entry: entry.seq)


def _sent(there: Remote, log: str) -> dict[ModelName, int]:
    """Say up to which entry of this ledger a remote has proof of what it says of models."""
    found: dict[ModelName, int] = {}
    places = [place for place in offered(there).values() if isinstance(place, Place)]
    for place in sorted(places, key=lambda place: -place.last):
        if place.model not in found and log.partition("+")[0].endswith(place.store):
            try:
                if read(there, place).log == log:
                    found[place.model] = place.last
            except Corrupt:
                continue  # somebody else wrote it, so what it hides is sent again
    return found


def _testimony(
    project: Project, log: str, model: ModelName, entries: list[Entry]
) -> Testimony:
    named = set(rules.named(entries))
    return Testimony(
        log=log,
        model=model,
        proofs=tuple(project.engine.send(ProveEntry(seq=entry.seq)) for entry in entries),
        objects=tuple(sorted(named & project.objects.have(named))),
    )


def _cut(entries: list[Entry]) -> Iterator[list[Entry]]:
    part, size = list[Entry](), 0
    for entry in entries:
        part.append(entry)
        size += len(canonical(entry))
        if size > CUT_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
