"""Approvals: people who agree to a change before it happens.

1. A policy says how many people must agree, who they may be, to what, and for how long.
2. An approval is for one digest, that of a decision or of a proposal. When what is asked for
   changes, so does the digest, and nobody's yes is carried over.
3. Nobody approves what they made or asked for, by whatever name: keys are compared as well.
4. Where a policy lists its authors, what anybody else made or asked for needs one approval
   more, so that nobody grants with their own key what they asked for with another.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from cairn.core.digest import Digest
from cairn.core.errors import Forbidden, Invalid, Refused
from cairn.core.ledger import Actor, Signed, Time
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.request import Change, Record, Request

Person = Annotated[str, Meta(pattern=r"^\S{1,400}$(?!\n)")]
"""A user's name, or a public key: `ada`, `ada+1f2e3d4c+AbC...`."""

Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
Covered = Literal["promotion", "policy", "deletion", "erasure"]
State = Literal["open", "granted", "done", "expired", "void"]
Why = Annotated[str, Meta(min_length=1, max_length=2000)]


class Group(Record, frozen=True):
    """People of whom so many must agree."""

    people: Annotated[tuple[Person, ...], Meta(min_length=1)]
    count: Annotated[int, Meta(ge=1)] = 1


class Deputy(Record, frozen=True):
    """Somebody who may agree in another's place, to the end of a day (UTC)."""

    by: Person
    of: Person
    until: Day


class Approvals(Record, frozen=True):
    """How many of which people must agree, to what, and for how many days that holds.

    `covers` are promotions to the label, changes of its policy, deletions of the model's
    versions, and erasures of persons' rows anywhere in the store. A person is a user's name
    or a public key. `also` are further groups, each with a number of its own; one person
    counts in one of them.
    """

    people: Annotated[tuple[Person, ...], Meta(min_length=1)]
    count: Annotated[int, Meta(ge=1)] = 1
    expire_days: Annotated[float, Meta(gt=0, le=3650)] = 14.0
    covers: Annotated[tuple[Covered, ...], Meta(min_length=1)] = ("promotion",)
    also: tuple[Group, ...] = ()
    deputies: tuple[Deputy, ...] = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group of which some must agree."""
        return (Group(people=self.people, count=self.count), *self.also)


class Approval(Record, frozen=True, tag_field="cairn", tag="approval/1"):
    """What a person signs who agrees: to exactly this decision or proposal."""

    subject: Digest
    reason: Text = ""


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


class ListApprovers(Request["tuple[Given, ...]"], frozen=True, tag="approval.approvers"):
    """Read who agreed to a decision, oldest first.

    With `move`, the ledger entry of a promotion by that decision: whose approvals it needed
    and had. What expired before it, or came after, is left out.
    """

    decision: Digest
    move: Annotated[int, Meta(ge=0)] | None = None


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
    wants: Text = ""
    """Who must agree, in words: `1 of ann and 1 of bo or cy`."""
    have: int = 0
    """How many of `count` agreed; two of a group that wants one of them are one."""
    open: Text = ""
    """Who must still agree, in words; empty once enough did."""


class Given(Record, frozen=True):
    """An approval as the ledger has it."""

    who: Actor
    at: Time
    reason: Text = ""

    @property
    def name(self) -> str:
        """Say who it was, by name and by key: `bo (key 4d1c2a90)`."""
        return f"{self.who.id} (key {self.who.key.split('+')[1]})"


def check_approvals(
    rule: Approvals | None, override: Sequence[Person], *, authors: Sequence[Person] = ()
) -> None:
    """Raise `Invalid` for a rule that nobody can meet, or that nobody can look after."""
    if authors and rule is None:
        raise Invalid("authors needs approvals: what others make or ask for takes one more")
    if names := plain_names(None, *authors):
        raise Invalid(
            f"authors: {listed(names)} is a name, which anybody can give himself: write the "
            "public key, as `cairn whoami` shows it"
        )
    if override and rule is None:
        raise Invalid("override needs approvals: the people named there review it afterwards")
    if rule is None:
        return
    for group in rule.groups:
        doubled = sorted({name for name in group.people if group.people.count(name) > 1})
        if doubled:
            raise Invalid(f"approvals: people: {', '.join(map(called, doubled))} stands twice")
        if group.count > len(group.people):
            raise Invalid(
                f"approvals: {group.count} people must agree, but only {len(group.people)} may"
            )
    for deputy in rule.deputies:
        _check_deputy(deputy, rule)


def called(person: Person) -> str:
    """Say who a policy means: the name, and of a key its id as well."""
    name, _, rest = person.partition("+")
    return f"{name} (key {rest.partition('+')[0]})" if rest else name


def known_as(who: Actor) -> str:
    """Say by which name and key an actor is known."""
    number = who.key.partition("+")[2].partition("+")[0]
    return f"{who.id} with key {number}" if number else f"{who.id} without a signature"


def named(person: Person, who: Actor) -> bool:
    """Whether a policy's name or key is this actor's."""
    return same_key(person, who.key) if "+" in person else person == who.id


def same_key(one: str, other: str) -> bool:
    """Whether two public keys are one key; the names that they go by are not part of it."""
    return bool(_bytes(one)) and _bytes(one) == _bytes(other)


def same_person(one: Actor, other: Actor) -> bool:
    """Whether two actors share a name or a key."""
    return one.id == other.id or same_key(one.key, other.key)


def expiry(at: Time, days: float) -> Time:
    """The instant so many days after another."""
    ends = datetime.fromisoformat(at) + timedelta(days=days)
    return ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def may_approve(who: Actor, rule: Approvals, *, own: Iterable[Actor], now: Time) -> None:
    """Raise unless `who` may agree; `own` are those who made it and those who asked for it."""
    if any(same_person(who, one) for one in own):
        raise Refused(
            f"{who.id} cannot approve this: whoever made a version, or asked for a change, is "
            "known by name and by key, and somebody else has to agree",
            fix=f"one of {listed(everybody(rule))} approves it",
        )
    if not places(who, rule, at=now):
        ended = "".join(
            f"; {who.id} stood in for {called(deputy.of)} until {deputy.until}"
            for deputy in rule.deputies
            if named(deputy.by, who)
        )
        raise Forbidden(
            f"{who.id} is not among those who may approve this: {listed(everybody(rule))}"
            f"{ended}"
        )


def counted(
    given: Iterable[Given], rule: Approvals, *, own: Sequence[Actor], now: Time
) -> tuple[Given, ...]:
    """The approvals that count now: by different people who may, and not expired."""
    found: list[Given] = []
    for one in given:
        fresh = now < expiry(one.at, rule.expire_days)
        allowed = places(one.who, rule, at=one.at)
        others = (*own, *(earlier.who for earlier in found))
        if fresh and allowed and not any(same_person(one.who, other) for other in others):
            found.append(one)
    return tuple(found)


def places(who: Actor, rule: Approvals, *, at: Time) -> tuple[int, ...]:
    """The groups that `who` may agree for at an instant, in person or in another's place."""
    stands_for = [d.of for d in rule.deputies if named(d.by, who) and at < _ends(d)]
    return tuple(
        place
        for place, group in enumerate(rule.groups)
        if any(named(person, who) or person in stands_for for person in group.people)
    )


def agreed(rule: Approvals, given: Iterable[Given]) -> tuple[int, ...]:
    """How many people of each group agreed; everybody is counted in one group, the best."""
    seats = [place for place, group in enumerate(rule.groups) for _ in range(group.count)]
    taken: dict[int, tuple[int, ...]] = {}

    def seat(wanted: tuple[int, ...], tried: set[int]) -> bool:
        for number, place in enumerate(seats):
            if place in wanted and number not in tried:
                tried.add(number)
                if number not in taken or seat(taken[number], tried):
                    taken[number] = wanted
                    return True
        return False

    for one in given:
        seat(places(one.who, rule, at=one.at), set())
    filled = [seats[number] for number in taken]
    return tuple(filled.count(place) for place in range(len(rule.groups)))


def met(rule: Approvals, given: Iterable[Given]) -> bool:
    """Whether as many people of every group agreed as it wants."""
    have = agreed(rule, given)
    return all(n >= group.count for n, group in zip(have, rule.groups, strict=True))


def still(rule: Approvals, given: Iterable[Given], *, at: Time) -> Approvals | None:
    """Make the rule of those who must still agree at an instant; None where enough did."""
    have = agreed(rule, given)
    left = [
        replace(group, count=group.count - n)
        for group, n in zip(rule.groups, have, strict=True)
        if n < group.count
    ]
    if not left:
        return None
    people = {person for group in left for person in group.people}
    return replace(
        rule,
        people=left[0].people,
        count=left[0].count,
        also=tuple(left[1:]),
        deputies=tuple(d for d in rule.deputies if d.of in people and at < _ends(d)),
    )


def unlisted(authors: Sequence[Person], own: Iterable[Actor]) -> tuple[Actor, ...]:
    """Those who made it or asked for it, and are not among a policy's authors, if it has any.

    An author is known by the key that signed what they did, and by no name.
    """
    if not authors:
        return ()
    return tuple(
        who for who in own if not any(same_key(author, who.key) for author in authors)
    )


def one_more(rule: Approvals) -> Approvals:
    """Make the rule that wants one person more, of whichever group."""
    if not rule.also:
        return replace(rule, count=rule.count + 1)
    anybody = tuple(dict.fromkeys(person for group in rule.groups for person in group.people))
    return replace(rule, also=(*rule.also, Group(people=anybody)))


def needed(rule: Approvals) -> int:
    """How many people must agree in all."""
    return sum(group.count for group in rule.groups)


def everybody(rule: Approvals) -> tuple[Person, ...]:
    """Everybody who may agree in some group, in person or in another's place."""
    people = (person for group in rule.groups for person in group.people)
    return tuple(dict.fromkeys((*people, *(deputy.by for deputy in rule.deputies))))


def wants(rule: Approvals) -> str:
    """Say who must agree: `1 of olga and 1 of ann or ben`, and who stands in for whom."""
    groups = " and ".join(f"{group.count} of {listed(group.people)}" for group in rule.groups)
    deputies = ", ".join(
        f"{called(d.by)} in the place of {called(d.of)} until {d.until}" for d in rule.deputies
    )
    return f"{groups} ({deputies})" if deputies else groups


def plain_names(rule: Approvals | None, *others: Person) -> tuple[Person, ...]:
    """The people who are known by a name alone, which anybody can give himself."""
    people = (*(everybody(rule) if rule else ()), *others)
    return tuple(dict.fromkeys(person for person in people if "+" not in person))


def _check_deputy(deputy: Deputy, rule: Approvals) -> None:
    if not any(deputy.of in group.people for group in rule.groups):
        raise Invalid(f"approvals: deputies: {called(deputy.of)} is in no group")
    try:
        _ends(deputy)
    except ValueError as error:
        raise Invalid(f"approvals: deputies: {deputy.until} is not a day") from error


def _ends(deputy: Deputy) -> Time:
    """The instant at which a deputy's last day is over."""
    return expiry(f"{deputy.until}T00:00:00.000000Z", 1)


def listed(people: Sequence[Person]) -> str:
    """Name people in a sentence."""
    names = [called(person) for person in people]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _bytes(key: str) -> str:
    """The key itself, without its name and id: NAME+ID+BASE64."""
    return key.partition("+")[2].partition("+")[2]
