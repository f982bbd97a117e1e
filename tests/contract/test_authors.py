"""A policy's authors: what others make or ask for takes one approval more."""

from collections.abc import Callable

import pytest

from cairn.core.approval import Approvals, Group, ListApprovals
from cairn.core.errors import Invalid, Pending
from projects.people import Becomes, Person, asks, bind, worked_on
from projects.store import register


def test_a_key_made_for_the_purpose_does_not_let_its_owner_approve_alone(
    ada: Person, become: Becomes
) -> None:
    bo = become("bo")
    people, listed = (ada.verifier, bo.verifier), (bo.verifier, become("ci").verifier)
    bind(ada.registry, Approvals(people=people), authors=listed)
    throwaway = become("eve")
    version = worked_on(throwaway, "made as eve", skill=1.0)
    subject = asks(throwaway, version=version)

    alone = ada.approve(subject)
    number = throwaway.verifier.split("+")[1]
    why = rf"one more, for eve with key {number} is not among the authors\) must agree, 1 has"
    with pytest.raises(Pending, match=why):
        throwaway.registry.promote(version)

    assert (alone.state, alone.count) == ("open", 2)
    assert bo.approve(subject).state == "granted"


def test_an_author_is_known_by_the_key_and_not_by_the_name(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("bo", "cy")), authors=(ada.verifier,))
    asked = become("ada/other")
    subject = asks(asked)

    assert become("bo").approve(subject).state == "open"
    assert become("cy").approve(subject).state == "granted"


@pytest.mark.parametrize("signs", [True, False])
def test_the_key_of_an_author_counts_only_where_it_signed(
    ada: Person, become: Becomes, *, signs: bool
) -> None:
    ci, eve = become("ci"), become("eve")
    bind(ada.registry, Approvals(people=(ada.verifier, "bo")), authors=(ci.verifier,))
    eve.claims(ci, signs=signs)
    subject = asks(eve, version=worked_on(eve, "made with a key of others", skill=1.0))

    alone = ada.approve(subject)
    with pytest.raises(Pending) as waits:
        eve.registry.promote(eve.registry.versions()[0].name)
    problems = ada.registry.verify().problems

    assert (alone.state, alone.count) == ("open", 2)
    assert "eve without a signature is not among the authors" in alone.wants
    assert "made without a signature" in waits.value.fix
    assert "trained and signed by one of the authors does without" in waits.value.fix
    assert bool(problems) is signs
    assert all("is not signed by ci" in problem.reason for problem in problems)
    assert become("bo").approve(subject).state == "granted"


def test_an_author_is_named_by_a_key(ada: Person) -> None:
    with pytest.raises(Invalid, match="ci is a name, which anybody can give himself"):
        bind(ada.registry, Approvals(people=("bo", "cy")), authors=("ci",))


def test_what_listed_authors_made_and_asked_for_takes_the_usual_number(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("bo", "cy")), authors=(ada.verifier,))
    subject = asks(become("robert/ada"))

    assert become("bo").approve(subject).state == "granted"


@pytest.mark.parametrize("eve_makes_it", [True, False])
def test_whoever_made_it_is_an_author_as_much_as_whoever_asked(
    ada: Person, become: Becomes, *, eve_makes_it: bool
) -> None:
    made, asked = (become("eve"), ada) if eve_makes_it else (ada, become("eve"))
    bind(ada.registry, Approvals(people=("bo", "cy")), authors=(ada.verifier,))
    subject = asks(asked, version=worked_on(made, "by one of them", skill=1.0))

    assert become("bo").approve(subject).state == "open"


def _swap(who: Person) -> None:
    bind(who.registry, None)


def _delete(who: Person) -> None:
    who.registry.delete(register(who.registry, "unused").name, reason="never used")


@pytest.mark.parametrize("change", [_swap, _delete])
def test_other_changes_that_an_unlisted_key_asks_for_take_one_more_as_well(
    ada: Person, become: Becomes, change: Callable[[Person], None]
) -> None:
    eve, rule = become("eve"), Approvals(people=("ada", "bo"), covers=("policy", "deletion"))
    bind(ada.registry, rule, authors=(become("ci").verifier,))
    with pytest.raises(Pending, match=r"2 of ada or bo \(one more, for eve with key"):
        change(eve)
    (asked,) = ada.registry.engine.send(ListApprovals())

    assert ada.approve(asked.subject).state == "open"
    assert become("bo").approve(asked.subject).state == "granted"


def test_where_there_are_groups_the_one_more_may_be_of_any(
    ada: Person, become: Becomes
) -> None:
    groups = Approvals(people=("olga",), also=(Group(people=("ann", "ben")),))
    bind(ada.registry, groups, authors=(become("ci").verifier,))
    subject = asks(ada)

    assert become("olga").approve(subject).state == "open"
    assert become("ann").approve(subject).state == "open"
    assert become("ben").approve(subject).state == "granted"
