"""What other stores say of a model, as it was fetched; nothing here follows it."""

from typing import NamedTuple

from cairn.core import testimony as rules
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, NotFound
from cairn.core.gate import Decision, Policy
from cairn.core.ledger import Entry, Time
from cairn.core.name import LabelName, ModelName, shown
from cairn.core.testimony import ListTestimonies, Testimony
from cairn.project import Project


class Said(NamedTuple):
    """Entries of one other ledger, in order, and when the last of them came."""

    origin: str
    entries: tuple[Entry, ...]
    fetched_at: str

    @property
    def last(self) -> int:
        """The newest entry that is known."""
        return self.entries[-1].seq


def said_of(project: Project, model: ModelName) -> tuple[Said, ...]:
    """Read what other ledgers say of a model, one after the other."""
    found: dict[str, dict[int, Entry]] = {}
    came: dict[str, str] = {}
    for info in project.engine.send(ListTestimonies(model=model)):
        origin = info.log.partition("+")[0]
        testimony = project.objects.get_record(info.digest, Testimony)
        entries = {entry.seq: entry for entry in rules.recorded(testimony)}
        found.setdefault(origin, {}).update(entries)
        came[origin] = info.at
    return tuple(
        Said(origin, tuple(entries[seq] for seq in sorted(entries)), came[origin])
        for origin, entries in sorted(found.items())
    )


def about(project: Project, entry: Entry) -> Digest | None:
    """Name the version that an entry is about by its digest, as far as it is known."""
    after = entry.after
    if entry.action == "gate.set":
        return None
    if "digest" in after:
        return after["digest"]
    if "subject" not in after:
        return entry.evidence[0] if entry.evidence and "number" in after else None
    try:
        return project.objects.get_record(after["subject"], Decision).candidate
    except CairnError:
        return None  # a proposal, or a decision that did not come


def marks_elsewhere(
    project: Project, model: ModelName, version: Digest
) -> tuple[tuple[str, Entry], ...]:
    """Say where else a version is marked bad: the ledger, and the entry with its reason."""
    return tuple(
        (said.origin, entry)
        for said in said_of(project, model)
        for entry in rules.standing_marks(said.entries).values()
        if about(project, entry) == version
    )


def policy_elsewhere(
    project: Project, model: ModelName, label: LabelName, *, origin: str, at: Time | None
) -> tuple[str, Entry, Policy]:
    """Read the policy that a label had at another store, now or at a time.

    Raises `NotFound` if nothing is known of one.
    """
    for said in said_of(project, model):
        if not said.origin.startswith(origin):
            continue
        for entry in reversed(said.entries):
            is_bound = entry.action == "gate.set" and entry.after["label"] == label
            if is_bound and (at is None or entry.time <= at):
                return (
                    said.origin,
                    entry,
                    project.objects.get_record(entry.after["digest"], Policy),
                )
    raise NotFound(
        f"nothing is known of a policy of {shown(model)}@{label} at {origin}: "
        f"`cairn history {shown(model)}@{label}` shows what was pulled"
    )
