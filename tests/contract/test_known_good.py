"""Known-good means passed: where a rollback ends, and where only somebody's choice ends."""

import re

import pytest

from cairn.core.approval import Approvals
from cairn.core.errors import NotFound, Refused
from cairn.core.override import ListOverrides, Review, ReviewOverride
from cairn.registry import Registry
from projects.people import Becomes, Person, bind, live, worked_on
from projects.store import register


@pytest.fixture
def desk(ada: Person) -> Person:
    """churn:2 went past the gate that refused it, and churn:3 passed it afterwards."""
    bind(ada.registry, Approvals(people=("bo",), covers=("deletion",)), override=("ada",))
    worked_on(ada, "worse", skill=0.0)
    ada.override("churn:2", "the live model fails")
    ada.registry.promote(worked_on(ada, "good", skill=1.3))
    return ada


def test_an_override_that_nobody_reviewed_is_no_target(desk: Person) -> None:
    registry = desk.registry

    with pytest.raises(Refused, match="no earlier known-good version") as refusal:
        registry.rollback("churn")

    assert live(desk) == 3
    assert "cairn rollback churn@production --to churn:2 --reason WHY" in refusal.value.fix
    assert "ada moved it there against the gate, and nobody reviewed" in refusal.value.fix
    with pytest.raises(NotFound, match="has 0 known-good versions before the live one"):
        registry.version("churn@production~1")


def test_an_override_that_was_reviewed_is_a_target(desk: Person, become: Becomes) -> None:
    (known,) = desk.registry.engine.send(ListOverrides())
    claim = Review(override=known.entry, reason="it was right")
    bo = become("bo")
    bo.registry.engine.send(
        ReviewOverride(override=known.entry, signed=bo.sign(claim), reason=claim.reason)
    )

    step = desk.registry.rollback("churn")

    assert (step.number, step.chosen) == (2, False)


def test_a_move_from_before_the_gate_is_no_target_once_there_is_one(ada: Person) -> None:
    registry = ada.registry
    for weights in ("first", "second"):
        registry.promote(register(registry, weights).name, "staging")
    assert registry.version("churn@staging~1").number == 2
    bind(registry, None, label="staging")
    registry.promote(worked_on(ada, "good", skill=1.3), "staging")

    with pytest.raises(Refused, match="no earlier known-good version") as refusal:
        registry.rollback("churn@staging")

    assert "without the gate that the label has now" in refusal.value.fix


def test_moves_without_a_gate_count_while_there_is_none(registry: Registry) -> None:
    for weights in "ab":
        name = register(registry, weights).name
        registry.promote(name, ungated=True, reason="no data yet")

    assert registry.rollback("churn").number == 1


def test_the_printed_way_back_ends_the_refusal_and_says_that_it_was_chosen(
    desk: Person,
) -> None:
    registry = desk.registry
    with pytest.raises(Refused) as refusal:
        registry.rollback("churn")
    printed = re.search(r"rollback (\S+) --to (\S+) --reason", refusal.value.fix)
    assert printed

    step = registry.rollback(printed[1], to=printed[2], reason="better than nothing")

    assert (step.number, step.chosen, step.reason) == (2, True, "better than nothing")
    assert [m.chosen for m in registry.history("churn@production")] == [False, False, True]
    assert registry.verify().problems == ()


def test_a_chosen_version_needs_a_reason(desk: Person) -> None:
    with pytest.raises(Refused, match="going back to churn:2 by choice needs a reason"):
        desk.registry.rollback("churn", to="churn:2")


def test_nobody_chooses_what_the_label_never_held(registry: Registry) -> None:
    for weights in "abc":
        register(registry, weights)
    registry.promote("churn:1", "staging")
    registry.promote("churn:2", "staging")

    with pytest.raises(
        Refused, match="cannot go back to churn:3: it never held it"
    ) as refusal:
        registry.rollback("churn@staging", to="churn:3", reason="I like it")

    assert "cairn promote churn:3 staging" in refusal.value.fix


@pytest.mark.parametrize("to", ["churn:2", "churn:3"])
def test_nobody_chooses_what_was_left_or_marked_bad(registry: Registry, to: str) -> None:
    for weights in "abcd":
        registry.promote(register(registry, weights).name, "staging")
    registry.mark_bad("churn:2", reason="wrong currency")
    registry.rollback("churn@staging")
    registry.rollback("churn@staging")

    with pytest.raises(Refused, match=f"{to} is marked bad|cannot go back to {to}"):
        registry.rollback("churn@staging", to=to, reason="I like it")


def test_the_nearer_one_may_be_passed_over_by_choice(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")

    assert registry.rollback("churn@staging", to="churn:1", reason="2 is as slow").number == 1
    with pytest.raises(Refused, match="no earlier known-good version"):
        registry.rollback("churn@staging")


def test_what_somebody_could_choose_is_not_deleted(registry: Registry, ada: Person) -> None:
    for weights in ("first", "second"):
        registry.promote(register(registry, weights).name, "staging")
    bind(registry, None, label="staging")

    with pytest.raises(
        Refused, match="churn:2 cannot be deleted: staging may roll back to it"
    ):
        registry.delete("churn:2", reason="old")
    assert live(ada) is None
