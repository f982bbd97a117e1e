"""Labels: names such as `production` that move from version to version.

1. A label moves through `MoveLabel` and `Rollback` only.
2. A move names the version that the caller believes to be live; another one is a `Conflict`.
3. Rollback walks down the stack of promotions to the last known-good version (see
   `core/known_good.py`), or to the one that a person names.
4. A mark is cleared by a promotion through a gate that says why, on evidence about the version
   that was made after the mark.
5. `archived` holds a version until it comes back to `dev`.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Refused
from cairn.core.ledger import Signed, Time
from cairn.core.name import LabelName, ModelName, Text, shown
from cairn.core.request import Change, Record, Request
from cairn.core.version import Version

ARCHIVED, WORKBENCH = "archived", "dev"
STAGING = "staging"
"""The label that a new version takes by itself when it is registered."""


class Anyone(Record, frozen=True, tag="anyone"):
    """Whatever the label holds now may be replaced."""


class Nobody(Record, frozen=True, tag="nobody"):
    """The label must hold nothing."""


class Holder(Record, frozen=True, tag="holder"):
    """The label must hold exactly this version."""

    version: Digest


Expecting = Anyone | Nobody | Holder


class Move(Record, frozen=True):
    """One step in a label's history; `override` is a promotion against the gate.

    `chosen` says that a person named the version that a rollback went to.
    """

    model: ModelName
    label: LabelName
    kind: Literal["promote", "override", "rollback"]
    after: Digest
    number: int
    seq: int
    actor: str
    time: str
    before: Digest | None = None
    before_number: int | None = None
    reason: Text = ""
    decision: Digest | None = None
    waiver: Text = ""
    chosen: bool = False


class MoveLabel(Change[Move], frozen=True, tag="label.move"):
    """Point a label at a version, if the policy bound to the label agrees.

    `decision` makes the move depend on a decision made before: a `Conflict` if it is out of
    date. `waiver` accepts the gaps of an incomplete version, with the reason for all to read.
    `override` moves the label whatever the gate says, if the policy names who acts: a
    signature over `Override` of the decision and the reason. `ungated` moves a gated label
    that has no policy yet; it is recorded as an override. `new_label` means a label that the
    model does not have yet. `required` are fields that the project requires of every version,
    which a gated label asks for again.
    """

    model: ModelName
    label: LabelName
    version: Digest
    expecting: Expecting
    reason: Text = ""
    decision: Digest | None = None
    waiver: Text = ""
    override: Signed | None = None
    ungated: bool = False
    new_label: bool = False
    required: tuple[str, ...] = ()


class Rollback(Change[Move], frozen=True, tag="label.rollback"):
    """Point a label back at the last known-good version, or at the one named by `to`."""

    model: ModelName
    label: LabelName
    expecting: Expecting = Anyone()
    reason: Text = ""
    to: Digest | None = None


class RecordDrill(Change["DrillInfo"], frozen=True, tag="label.drill"):
    """Record the stored proof of a rollback drill."""

    drill: Digest


class GetLabel(Request["Move | None"], frozen=True, tag="label.get"):
    """Read the move that put a label where it is, or was `at` (spelled as in the ledger)."""

    model: ModelName
    label: LabelName
    at: Time | None = None


class ListLabels(Request[tuple[Move, ...]], frozen=True, tag="label.list"):
    """Read the last move of every label of a model."""

    model: ModelName


class LabelHistory(Request[tuple[Move, ...]], frozen=True, tag="label.history"):
    """Read the moves of a label, oldest first: all, or the newest `limit` before an entry."""

    model: ModelName
    label: LabelName
    before: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1)] | None = None


class ListDrills(Request["tuple[DrillInfo, ...]"], frozen=True, tag="label.drills"):
    """Read the rollback drills of a label, newest first."""

    model: ModelName
    label: LabelName


class Switch(Record, frozen=True):
    """What a separate process loaded through a label, and how soon it saw the switch."""

    step: Literal["start", "promote", "rollback"]
    expected: Digest
    loaded: Digest
    seconds: Annotated[float, Meta(ge=0)]


class Drill(Record, frozen=True, tag_field="cairn", tag="drill/1"):
    """Proof that a rollback works: a throw-away process saw both switches."""

    model: ModelName
    label: LabelName
    switches: tuple[Switch, ...]
    rollback_seconds: Annotated[float, Meta(ge=0)]

    @property
    def passed(self) -> bool:
        """Whether both switches were seen and loaded what was expected."""
        seen = {switch.step for switch in self.switches}
        right = all(switch.loaded == switch.expected for switch in self.switches)
        return right and seen >= {"promote", "rollback"}


class DrillInfo(Record, frozen=True):
    """A drill, and who ran it when."""

    digest: Digest
    drill: Drill
    run_by: str
    run_at: str


def expected(asked: MoveLabel | Rollback, live: Version | None) -> None:
    """Raise `Conflict` unless the label holds what the caller believes."""
    holds = f"holds {live.name}" if live else "holds nothing"
    match asked.expecting:
        case Anyone():
            return
        case Nobody() if live is None:
            return
        case Holder(version=version) if live is not None and live.digest == version:
            return
        case Nobody():
            wanted = "it to hold nothing"
        case Holder(version=version):
            wanted = f"it to hold {version[:19]}"
    raise Conflict(
        f"{asked.label} of {shown(asked.model)} {holds}, you expected {wanted}; "
        "look again and decide again"
    )


def move(asked: MoveLabel, candidate: Version, live: Version | None, *, gated: bool) -> None:
    """Decide what needs no evidence: the rest of a move is the policy's business.

    Raises `Conflict` for a stale expectation, `Refused` for a version that must not go there.
    """
    expected(asked, live)
    if candidate.deleted is not None:
        raise Refused(f"{candidate.name} was deleted: {candidate.deleted}")
    comes_back = candidate.archived and asked.label == WORKBENCH
    is_held = live is not None and live.digest == candidate.digest
    if is_held and not comes_back and not _waived_anew(asked, candidate):
        raise Refused(f"{asked.label} already holds {candidate.name}")
    if candidate.archived and asked.label not in (ARCHIVED, WORKBENCH):
        raise Refused(
            f"{candidate.name} is archived and cannot be deployed",
            fix=f"bring it back first: `cairn promote {candidate.name} {WORKBENCH}`",
        )
    if candidate.marked_bad is not None and asked.label not in (ARCHIVED, WORKBENCH):
        _marked(asked, candidate, gated=gated)
    if asked.label == ARCHIVED and (held := set(candidate.labels) - {WORKBENCH, ARCHIVED}):
        raise Refused(
            f"{candidate.name} cannot be archived while it holds {', '.join(sorted(held))}",
            fix="\n".join(
                f"another version first: `cairn promote {shown(candidate.model)}:N {label}`"
                for label in sorted(held)
            ),
        )


def _waived_anew(asked: MoveLabel, candidate: Version) -> bool:
    """Tell whether a waiver is given, or replaced, for what the label holds already."""
    lacks = set(asked.required) - candidate.manifest.fields.keys()
    whole = candidate.complete and candidate.safety == "safe" and not lacks
    return bool(asked.waiver) and not whole


def _marked(asked: MoveLabel, candidate: Version, *, gated: bool) -> None:
    told = f"{candidate.name} is marked bad ({candidate.marked_bad})"
    if not gated:
        raise Refused(
            f"{told} and {asked.label} has no gate that could clear it",
            fix=f"bind a policy: `cairn gate set {shown(asked.model)}@{asked.label} FILE`, or "
            "choose another version",
        )
    if not asked.reason:
        raise Refused(
            f"{told}: whoever lets it back has to say why",
            fix=f"`cairn promote {candidate.name} {asked.label} --reason WHY`",
        )


def clear(candidate: Version, snapshot: Digest, *, measured: bool) -> None:
    """Raise `Refused` for a marked version unless something was `measured` since the mark."""
    if candidate.marked_bad is None or measured:
        return
    raise Refused(
        f"{candidate.name} is marked bad ({candidate.marked_bad}), and the gate has seen "
        "nothing about it that was measured since",
        fix="freeze newer data (`cairn snapshot add PATH --name NAME`) and bind the policy "
        f"again (`cairn gate set {shown(candidate.model)}@LABEL FILE`), or let somebody else "
        "measure it again: "
        f"`cairn evaluate {candidate.name} --on {snapshot[:19]}`",
    )
