"""What was agreed to holds until the label, a mark, the policy or the evidence changed."""

import pytest

from cairn.core.approval import Approvals, ListApprovals
from cairn.core.errors import Conflict, Pending, Refused
from projects.people import Becomes, Person, asks, bind, live, passing, worked_on
from projects.store import evaluate
from scores.scored import spread


def test_approvals_are_void_once_the_evidence_changed(ada: Person, become: Becomes) -> None:
    subject = asks(ada)
    for name in ("bo", "cy"):
        become(name).approve(subject)
    test_set = ada.registry.find_snapshot("test")
    version = ada.registry.version("churn:1")
    evaluate(ada.registry, version, spread(500, skill=1.2, seed=2), on=test_set)

    assert asks(ada) != subject
    assert live(ada) is None


def test_a_version_that_was_rolled_back_from_and_marked_bad_stays_away(
    ada: Person, become: Becomes
) -> None:
    passing(ada, become, "churn:1")
    passing(ada, become, worked_on(ada, "second", skill=1.2))
    ada.registry.rollback("churn", reason="complaints")
    ada.registry.mark_bad("churn:2", reason="hurts the south")

    with pytest.raises(Refused, match="churn:2 is marked bad"):
        ada.registry.promote("churn:2", reason="again")
    test_set, version = ada.registry.find_snapshot("test"), ada.registry.version("churn:2")
    evaluate(ada.registry, version, spread(500, skill=1.3, seed=3), on=test_set)
    with pytest.raises(
        Pending, match=r"\(marked bad: hurts the south\) waits .* 0 have so far"
    ):
        ada.registry.promote("churn:2", reason="it was the dashboard")

    assert live(ada) == 1
    assert ada.registry.version("churn:2").marked_bad == "hurts the south"


def test_a_rollback_voids_what_people_agreed_to(ada: Person, become: Becomes) -> None:
    passing(ada, become, "churn:1")
    passing(ada, become, worked_on(ada, "second", skill=1.2))
    ada.registry.rollback("churn", reason="complaints")

    with pytest.raises(Pending, match="0 have so far"):
        ada.registry.promote("churn:2", reason="a false alarm")


def test_a_move_voids_what_people_were_asked_before(ada: Person, become: Becomes) -> None:
    passing(ada, become, "churn:1")
    second, third = (worked_on(ada, name, skill=1.2) for name in ("second", "third"))
    asked = asks(ada, version=second)
    become("bo").approve(asked)
    passing(ada, become, third)

    states = {i.about: i.state for i in ada.registry.engine.send(ListApprovals(past=True))}

    assert states[f"the promotion of {second} to production"] == "void"
    assert states[f"the promotion of {third} to production"] == "done"
    assert ada.registry.engine.send(ListApprovals()) == ()
    with pytest.raises(Conflict, match="cannot come about any more"):
        become("cy").approve(asked)


def test_a_marked_version_needs_people_though_promotions_do_not(ada: Person) -> None:
    bind(ada.registry, Approvals(people=("bo",), covers=("policy",)))
    ada.registry.mark_bad("churn:1", reason="hurts the south")
    test_set, version = ada.registry.find_snapshot("test"), ada.registry.version("churn:1")
    evaluate(ada.registry, version, spread(500, skill=1.3, seed=3), on=test_set)

    with pytest.raises(Pending, match="1 of bo must agree"):
        ada.registry.promote("churn:1", reason="it was the dashboard")


def test_what_waits_is_over_once_the_evidence_changed(ada: Person, become: Becomes) -> None:
    subject = asks(ada)
    test_set, version = ada.registry.find_snapshot("test"), ada.registry.version("churn:1")
    evaluate(ada.registry, version, spread(500, skill=1.2, seed=2), on=test_set)

    assert ada.registry.engine.send(ListApprovals()) == ()
    with pytest.raises(Conflict, match=r"the evidence, .* changed since; ask again"):
        become("bo").approve(subject)


def test_an_approval_of_what_can_no_longer_happen_is_a_conflict(
    ada: Person, become: Becomes
) -> None:
    subject = asks(ada)
    bind(ada.registry, Approvals(people=("bo",)))

    with pytest.raises(Conflict, match="cannot come about any more"):
        become("bo").approve(subject)
