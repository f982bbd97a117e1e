"""Approvals: people who agree to a change before it happens.

1. A policy says how many people must agree, who they may be, to what, and for how long.
2. An approval is for one digest, that of a decision or of a proposal. When what is asked for
   changes, so does the digest, and nobody's yes is carried over.
3. Nobody approves what they made or asked for, by whatever name: keys are compared as well.
4. A move against the gate, in an emergency, is an entry of its own and is reviewed afterwards.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Forbidden, Invalid, Refused
from cairn.core.ledger import Actor, Signed, Time
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.request import Change, Record, Request

Person = Annotated[str, Meta(pattern=r"^\S{1,400}$(?!\n)")]
"""A user's name, or a public key: `ada`, `ada+1f2e3d4c+AbC...`."""

Covered = Literal["promotion", "policy", "deletion"]
State = Literal["open", "granted", "done", "expired", "void"]
Why = Annotated[str, Meta(min_length=1, max_length=2000)]


class Approvals(Record, frozen=True):
    """How many of which people must agree, to what, and for how many days that holds.

    `covers` are promotions to the label, changes of its policy, deletions of the model's
    versions. A person is a user's name or a public key.
    """

    people: Annotated[tuple[Person, ...], Meta(min_length=1)]
    count: Annotated[int, Meta(ge=1)] = 1
    expire_days: Annotated[float, Meta(gt=0, le=3650)] = 14.0
    covers: Annotated[tuple[Covered, ...], Meta(min_length=1)] = ("promotion",)


class SwapPolicy(Record, frozen=True, tag="policy"):
    """Bind another policy to a label."""

    label: LabelName
    policy: Digest
    replaces: Digest


class DropVersion(Record, frozen=True, tag="deletion"):
    """Put a tombstone on a version."""

    version: Digest


class Proposal(Record, frozen=True, tag_field="cairn", tag="proposal/1"):
    """A change that people are asked about and that no decision describes."""

    model: ModelName
    change: SwapPolicy | DropVersion


class Approval(Record, frozen=True, tag_field="cairn", tag="approval/1"):
    """What a person signs who agrees: to exactly this decision or proposal."""

    subject: Digest
    reason: Text = ""


class Override(Record, frozen=True, tag_field="cairn", tag="override/1"):
    """What a person signs who moves a label against what the gate decided."""

    decision: Digest
    reason: Why


class Review(Record, frozen=True, tag_field="cairn", tag="review/1"):
    """What a person signs who looked into an override; `override` is its ledger entry."""

    override: Annotated[int, Meta(ge=0)]
    reason: Why


class Approve(Change["ApprovalInfo"], frozen=True, tag="approval.give"):
    """Agree to what was asked for; `signed` is over `Approval(subject, reason)`."""

    subject: Digest
    signed: Signed
    reason: Text = ""


class GetApproval(Request["ApprovalInfo"], frozen=True, tag="approval.get"):
    """Read what was asked for by the digest of its decision or proposal, or its beginning."""

    reference: Text


class ListApprovals(Request["tuple[ApprovalInfo, ...]"], frozen=True, tag="approval.list"):
    """Read what people were asked about, newest first; with `past` what is over as well."""

    model: ModelName | None = None
    past: bool = False


class ReviewOverride(Change["OverrideInfo"], frozen=True, tag="approval.review"):
    """Say that an override was looked into; `signed` is over `Review(override, reason)`."""

    override: Annotated[int, Meta(ge=0)]
    signed: Signed
    reason: Why


class ListOverrides(
    Request["tuple[OverrideInfo, ...]"], frozen=True, tag="approval.overrides"
):
    """Read moves that were made against a gate, newest first; all, or those of a model."""

    model: ModelName | None = None


class Yes(Record, frozen=True):
    """One person's approval; it `counts` until it expires."""

    who: Text
    key: str
    at: Time
    until: Time
    reason: Text = ""
    counts: bool = True


class ApprovalInfo(Record, frozen=True):
    """What people were asked about, who agreed so far, and who else may.

    `about` says it in words, `then` is the command that goes on once enough people agreed.
    """

    subject: Digest
    kind: Covered
    model: ModelName
    about: Text
    asked_by: Text
    asked_at: Time
    until: Time
    people: tuple[Person, ...]
    count: int
    state: State
    then: Text
    label: LabelName | None = None
    given: tuple[Yes, ...] = ()


class OverrideInfo(Record, frozen=True):
    """A move against the gate, or without one that is due: whose, why, and who reviewed."""

    entry: int
    model: ModelName
    label: LabelName
    number: int
    decision: Digest | None
    moved_by: Text
    moved_at: Time
    reason: Text
    reviewed_by: Text | None = None
    reviewed_at: Time | None = None
    review: Text = ""


class Given(Record, frozen=True):
    """An approval as the ledger has it."""

    who: Actor
    at: Time
    reason: Text = ""


def check_approvals(rule: Approvals | None, override: Sequence[Person]) -> None:
    """Raise `Invalid` for a rule that nobody can meet, or that nobody can look after."""
    if override and rule is None:
        raise Invalid("override needs approvals: the people named there review it afterwards")
    if rule is None:
        return
    doubled = sorted({name for name in rule.people if rule.people.count(name) > 1})
    if doubled:
        raise Invalid(f"approvals: people: {', '.join(map(called, doubled))} stands twice")
    if rule.count > len(rule.people):
        raise Invalid(
            f"approvals: {rule.count} people must agree, but only {len(rule.people)} may"
        )


def called(person: Person) -> str:
    """Say who a policy means: the name, and of a key its id as well."""
    name, _, rest = person.partition("+")
    return f"{name} (key {rest.partition('+')[0]})" if rest else name


def named(person: Person, who: Actor) -> bool:
    """Whether a policy's name or key is this actor's."""
    return same_key(person, who.key) if "+" in person else person == who.id


def same_key(one: str, other: str) -> bool:
    """Whether two public keys are one key; the names that they go by are no part of it."""
    return bool(_bytes(one)) and _bytes(one) == _bytes(other)


def same_person(one: Actor, other: Actor) -> bool:
    """Whether two actors share a name or a key."""
    return one.id == other.id or same_key(one.key, other.key)


def expiry(at: Time, days: float) -> Time:
    """The instant so many days after another."""
    ends = datetime.fromisoformat(at) + timedelta(days=days)
    return ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def may_approve(who: Actor, rule: Approvals, *, own: Iterable[Actor]) -> None:
    """Raise unless `who` may agree; `own` are those who made it and those who asked for it."""
    if any(same_person(who, one) for one in own):
        raise Refused(
            f"{who.id} cannot approve this: whoever made a version, or asked for a change, is "
            "known by name and by key, and somebody else has to agree",
            fix=f"one of {listed(rule.people)} approves it",
        )
    if not any(named(person, who) for person in rule.people):
        raise Forbidden(
            f"{who.id} is not among those who may approve this: {listed(rule.people)}"
        )


def may_override(who: Actor, people: Sequence[Person]) -> None:
    """Raise unless the policy lets `who` move the label against the gate."""
    if not people:
        raise Forbidden(
            "the policy lets nobody override the gate; `override: [NAME]` in it would"
        )
    if not any(named(person, who) for person in people):
        raise Forbidden(f"{who.id} may not override this gate, only {listed(people)} may")


def may_review(
    who: Actor, rule: Approvals | None, *, own: Actor, ungated: bool = False
) -> None:
    """Raise unless `who` may say that the override of `own` was looked into.

    A move that was `ungated` is anybody else's to review while there are no approvals.
    """
    if same_person(who, own):
        raise Refused(
            f"{who.id} cannot review this override: it is {own.id}'s own",
            fix="somebody else who may approve for the label reviews it",
        )
    if rule is None and ungated:
        return
    if rule is None or not any(named(person, who) for person in rule.people):
        people = listed(rule.people) if rule else "nobody: the policy has no approvals now"
        raise Forbidden(f"{who.id} is not among those who may review this: {people}")


def counted(
    given: Iterable[Given], rule: Approvals, *, own: Sequence[Actor], now: Time
) -> tuple[Given, ...]:
    """The approvals that count now: by different people who may, and not expired."""
    found: list[Given] = []
    for one in given:
        fresh = now < expiry(one.at, rule.expire_days)
        allowed = any(named(person, one.who) for person in rule.people)
        others = (*own, *(earlier.who for earlier in found))
        if fresh and allowed and not any(same_person(one.who, other) for other in others):
            found.append(one)
    return tuple(found)


def listed(people: Sequence[Person]) -> str:
    """Name people in a sentence."""
    names = [called(person) for person in people]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _bytes(key: str) -> str:
    """The key itself, without its name and id: NAME+ID+BASE64."""
    return key.partition("+")[2].partition("+")[2]
