"""Overrides: moves against a gate, or without one that is due; each is reviewed afterwards."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from cairn.core.approval import (
    Approvals,
    Person,
    Why,
    everybody,
    listed,
    named,
    places,
    same_person,
)
from cairn.core.digest import Digest
from cairn.core.errors import Forbidden, Refused
from cairn.core.ledger import Actor, Signed, Time
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.request import Change, Record, Request


class Override(Record, frozen=True, tag_field="cairn", tag="override/1"):
    """What a person signs who moves a label against what the gate decided."""

    decision: Digest
    reason: Why


class Review(Record, frozen=True, tag_field="cairn", tag="review/1"):
    """What a person signs who looked into an override; `override` is its ledger entry."""

    override: Annotated[int, Meta(ge=0)]
    reason: Why


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


def may_override(who: Actor, people: Sequence[Person]) -> None:
    """Raise unless the policy lets `who` move the label against the gate."""
    if not people:
        raise Forbidden(
            "the policy lets nobody override the gate; `override: [NAME]` in it would"
        )
    if not any(named(person, who) for person in people):
        raise Forbidden(f"{who.id} may not override this gate, only {listed(people)} may")


def may_review(
    who: Actor, rule: Approvals | None, *, own: Actor, now: Time, ungated: bool = False
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
    if rule is None or not places(who, rule, at=now):
        people = listed(everybody(rule)) if rule else "nobody: the policy has no approvals now"
        raise Forbidden(f"{who.id} is not among those who may review this: {people}")
