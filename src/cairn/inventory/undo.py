"""The way back from a change: which command undoes it, or comes nearest to that."""

from collections.abc import Callable

from cairn.core.gated import ALWAYS
from cairn.core.label import ARCHIVED, WORKBENCH
from cairn.core.ledger import Entry, ReadLedger
from cairn.core.name import shown
from cairn.core.request import Record
from cairn.engine.label_moves import MOVED, OVERRIDDEN, ROLLED_BACK
from cairn.engine.policies import BOUND
from cairn.engine.version import MARKED, REGISTERED
from cairn.project import Project

LOOKED_AT = 100


class WayBack(Record, frozen=True):
    """What was changed, and the command that takes it back; `how` says what it does."""

    entry: int
    time: str
    by: str
    what: str
    how: str
    command: str


def way_back(project: Project) -> WayBack | None:
    """Find the newest change that can be taken back, among the last hundred entries."""
    asked = ReadLedger(limit=LOOKED_AT, newest=True)
    for entry in reversed(project.engine.send(asked)):
        known = _KNOWN.get(entry.action)
        if known is not None:
            what, how, command = known(entry)
            return WayBack(
                entry=entry.seq,
                time=entry.time,
                by=entry.actor.id,
                what=what,
                how=how,
                command=command,
            )
    return None


def _moved(entry: Entry) -> tuple[str, str, str]:
    model, label = shown(entry.after["model"]), entry.after["label"]
    what = f"{label} moved to {model}:{entry.after['number']}"
    if label == ARCHIVED:
        name = f"{model}:{entry.after['number']}"
        return what, "bring the version back", f"cairn promote {name} {WORKBENCH}"
    if not entry.before and label != ALWAYS:
        how = "nothing was there before, and no label is emptied: point it elsewhere"
        return what, how, f"cairn promote {model}:N {label}"
    if not entry.before:
        how = "nothing was there before; mark the version bad, and no rollback ends at it"
        return what, how, f"cairn mark-bad {model}:{entry.after['number']} --reason WHY"
    return what, "go back to the last known-good version", f"cairn rollback {model}@{label}"


def _rolled_back(entry: Entry) -> tuple[str, str, str]:
    model, label = shown(entry.after["model"]), entry.after["label"]
    left = entry.before.get("number", entry.after["number"])
    what = f"{label} went back to {model}:{entry.after['number']}"
    return what, "let the gate judge it afresh", f"cairn promote {model}:{left} {label}"


def _registered(entry: Entry) -> tuple[str, str, str]:
    name = f"{shown(entry.after['model'])}:{entry.after['number']}"
    return f"{name} was registered", "delete it", f"cairn delete {name} --reason WHY"


def _marked(entry: Entry) -> tuple[str, str, str]:
    name = f"{shown(entry.after['model'])}:{entry.after['number']}"
    how = "the mark goes when it passes the gate on what is measured from now on"
    return f"{name} was marked bad", how, f"cairn promote {name} --reason WHY"


def _bound(entry: Entry) -> tuple[str, str, str]:
    name = f"{shown(entry.after['model'])}@{entry.after['label']}"
    how = "bind the policy before it, from the file as it was"
    return f"another policy was bound to {name}", how, f"cairn gate history {name}"


_KNOWN: dict[str, Callable[[Entry], tuple[str, str, str]]] = {
    MOVED: _moved,
    OVERRIDDEN: _moved,
    ROLLED_BACK: _rolled_back,
    REGISTERED: _registered,
    MARKED: _marked,
    BOUND: _bound,
}
