"""Approvals: enough people, others than the author, signed, for exactly this, in time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cairn.core.approval import (
    Approval,
    Approvals,
    Approve,
    Deputy,
    GetApproval,
    Group,
    ListApprovals,
)
from cairn.core.errors import Conflict, Corrupt, Forbidden, Invalid, Pending, Refused
from cairn.core.label import Anyone, MoveLabel
from cairn.core.ledger import ReadLedger
from cairn.core.override import ListOverrides, Override, Review, ReviewOverride
from cairn.engine import signed
from projects.people import Becomes, Person, asks, bind, live
from projects.store import MODEL, Clock, evaluate, register
from scores.scored import spread


def test_a_passed_gate_waits_until_enough_others_agreed(ada: Person, become: Becomes) -> None:
    with pytest.raises(Pending, match="2 of bo, cy or dee must agree, 0 have so far") as wait:
        ada.registry.promote("churn:1")
    subject = ada.registry.engine.send(ListApprovals())[0].subject
    become("bo").approve(subject)
    with pytest.raises(Pending, match="1 has so far"):
        ada.registry.promote("churn:1")
    info = become("cy").approve(subject)

    step = ada.registry.promote("churn:1")

    assert "cairn approve decision:" in wait.value.fix
    assert (info.state, [yes.who for yes in info.given]) == ("granted", ["bo", "cy"])
    assert (live(ada), step.decision) == (1, subject)
    assert ada.registry.engine.send(ListApprovals()) == ()
    assert ada.registry.verify().problems == ()


def test_a_version_that_enough_people_approved_is_found_by_that(
    ada: Person, become: Becomes
) -> None:
    subject = asks(ada)

    def found(word: str) -> list[str]:
        where = f'approved = "{word}"'
        return [version.name for version in ada.registry.versions(where=where)]

    become("bo").approve(subject)
    assert (found("yes"), found("no")) == ([], ["churn:1"])
    become("cy").approve(subject)

    assert (found("yes"), found("no")) == (["churn:1"], [])


def test_waiting_again_leaves_no_second_request(ada: Person) -> None:
    for _ in range(3):
        asks(ada)

    asked = ada.registry.engine.send(ReadLedger(action="approval.request"))
    assert len(asked) == 1


def test_nobody_approves_what_they_made_or_asked_for(ada: Person, become: Becomes) -> None:
    bind(ada.registry, Approvals(people=("ada", "bo", "cy")))
    bo = become("bo")
    subject = asks(bo)

    for who in (ada, bo):
        with pytest.raises(Refused, match=f"{who.name} cannot approve this"):
            who.approve(subject)
    become("cy").approve(subject)

    assert bo.registry.promote("churn:1").number == 1


def test_another_user_name_with_the_same_key_is_the_same_person(
    ada: Person, become: Becomes
) -> None:
    subject = asks(ada)

    with pytest.raises(Refused, match="cannot approve this"):
        become("bo/ada").approve(subject)


def test_one_person_counts_once_under_whatever_name(ada: Person, become: Becomes) -> None:
    subject = asks(ada)
    become("bo").approve(subject)

    for second in ("bo", "cy/bo", "bo/other"):
        info = become(second).approve(subject)
        assert sum(yes.counts for yes in info.given) == 1
    with pytest.raises(Pending):
        ada.registry.promote("churn:1")


def test_whoever_is_not_named_may_not_approve(ada: Person, become: Becomes) -> None:
    with pytest.raises(Forbidden, match="eve is not among those who may approve"):
        become("eve").approve(asks(ada))


def test_a_policy_may_name_keys_and_then_a_name_is_not_enough(
    ada: Person, become: Becomes
) -> None:
    bo = become("bo")
    bind(ada.registry, Approvals(people=(bo.verifier,)))
    subject = asks(ada)

    with pytest.raises(Forbidden):
        become("bo/forged").approve(subject)

    assert become("robert/bo").approve(subject).state == "granted"


def test_a_signature_on_something_else_is_no_approval(ada: Person, become: Becomes) -> None:
    subject, bo = asks(ada), become("bo")
    other = bo.sign(Approval(subject="sha256:" + "0" * 64))

    with pytest.raises(Corrupt, match="for something else"):
        bo.registry.engine.send(Approve(subject=subject, signed=other))


def test_approvals_expire(ada: Person, become: Becomes, clock: Clock) -> None:
    subject = asks(ada)
    become("bo").approve(subject)
    clock.now += timedelta(days=15)
    with pytest.raises(Conflict, match="expired; ask again"):
        become("cy").approve(subject)
    asks(ada)
    become("cy").approve(subject)

    with pytest.raises(Pending, match="1 has so far"):
        ada.registry.promote("churn:1")


def test_people_are_not_asked_about_what_the_gate_refuses(ada: Person) -> None:
    worse = register(ada.registry, "worse")
    test_set = ada.registry.find_snapshot("test")
    evaluate(ada.registry, worse, spread(500, skill=0.0, seed=1), on=test_set)

    with pytest.raises(Refused, match="floor: ") as refusal:
        ada.registry.promote(worse.name)

    assert not isinstance(refusal.value, Pending)
    assert ada.registry.engine.send(ListApprovals()) == ()


def test_swapping_the_policy_needs_approval_where_it_says_so(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("bo", "cy"), covers=("promotion", "policy")))
    with pytest.raises(Pending, match="the new policy of churn@production waits"):
        bind(ada.registry, None)
    (asked,) = ada.registry.engine.send(ListApprovals())
    become("bo").approve(asked.subject)

    bind(ada.registry, None)

    assert ada.registry.policy("churn@production").policy.approvals is None
    assert ada.registry.promote("churn:1").number == 1


def test_deleting_a_version_needs_approval_where_a_policy_says_so(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("bo", "cy"), covers=("deletion",)))
    register(ada.registry, "unused")
    with pytest.raises(Pending, match="the deletion of churn:2 waits"):
        ada.registry.delete("churn:2", reason="never used")
    (asked,) = ada.registry.engine.send(ListApprovals())
    become("cy").approve(asked.subject)

    gone = ada.registry.delete("churn:2", reason="never used")

    assert gone.deleted == "never used"


def test_an_emergency_goes_past_the_gate_loudly_and_is_reviewed_by_somebody_else(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("ada", "bo")), override=("ada",))

    step = ada.override("churn:1", "the live model fails")
    (known,) = ada.registry.engine.send(ListOverrides())

    assert (step.kind, live(ada)) == ("override", 1)
    assert (known.moved_by, known.reason) == ("ada", "the live model fails")
    assert known.reviewed_by is None
    claim = Review(override=known.entry, reason="it was right")
    with pytest.raises(Refused, match="ada cannot review this override"):
        ada.registry.engine.send(
            ReviewOverride(override=known.entry, signed=ada.sign(claim), reason=claim.reason)
        )
    bo = become("bo")
    looked = bo.registry.engine.send(
        ReviewOverride(override=known.entry, signed=bo.sign(claim), reason=claim.reason)
    )
    assert (looked.reviewed_by, looked.review) == ("bo", "it was right")
    assert ada.registry.verify().problems == ()


def test_only_whom_the_policy_names_may_override(ada: Person, become: Becomes) -> None:
    with pytest.raises(Forbidden, match="lets nobody override"):
        ada.override("churn:1", "please")
    bind(ada.registry, Approvals(people=("ada", "bo")), override=("ada",))
    with pytest.raises(Forbidden, match="eve may not override this gate, only ada may"):
        become("eve").override("churn:1", "please")

    assert live(ada) is None


def test_without_a_gate_there_is_nothing_to_override(ada: Person) -> None:
    found = ada.registry.version("churn:1")
    claim = Override(decision="sha256:" + "0" * 64, reason="please")

    with pytest.raises(Invalid, match="nothing to override"):
        ada.registry.engine.send(
            MoveLabel(
                model=MODEL,
                label="staging",
                version=found.digest,
                expecting=Anyone(),
                reason="please",
                override=ada.sign(claim),
            )
        )


def test_a_forged_signature_in_the_ledger_is_found(ada: Person, become: Becomes) -> None:
    subject = asks(ada)
    become("bo").approve(subject)
    (entry,) = ada.registry.engine.send(ReadLedger(action="approval.give"))
    forged = replace(entry, after=entry.after | {"key": become("cy").verifier})

    assert [problem.place for problem in signed.check([entry, forged])] == [
        f"ledger entry {entry.seq}"
    ]


def test_a_request_is_found_by_the_beginning_of_its_digest(ada: Person) -> None:
    subject = asks(ada)

    found = ada.registry.engine.send(GetApproval(reference=subject[:19]))

    assert (found.subject, found.about) == (subject, "the promotion of churn:1 to production")


RISK = Approvals(
    people=("olga",),
    also=(Group(people=("ann", "ben")),),
    deputies=(Deputy(by="pat", of="olga", until="2026-03-05"),),
)


def test_each_group_has_its_number(ada: Person, become: Becomes) -> None:
    bind(ada.registry, RISK)
    with pytest.raises(Pending, match=r"1 of olga and 1 of ann or ben \(pat in the"):
        ada.registry.promote("churn:1")
    subject = ada.registry.engine.send(ListApprovals())[0].subject
    become("ann").approve(subject)
    assert become("ben").approve(subject).state == "open"

    assert become("olga").approve(subject).state == "granted"
    assert ada.registry.promote("churn:1").number == 1


def test_one_person_counts_in_one_group_only(ada: Person, become: Becomes) -> None:
    both = Approvals(people=("olga",), also=(Group(people=("olga", "ann")),))
    bind(ada.registry, both)
    subject = asks(ada)

    assert become("olga").approve(subject).state == "open"
    assert become("ann").approve(subject).state == "granted"


def test_somebody_stands_in_until_a_day(ada: Person, become: Becomes, clock: Clock) -> None:
    bind(ada.registry, RISK)
    subject = asks(ada)
    become("ann").approve(subject)
    assert become("pat").approve(subject).state == "granted"

    clock.now += timedelta(days=5)
    bind(ada.registry, RISK)

    late = become("pat")
    evaluate(
        ada.registry,
        ada.registry.version("churn:1"),
        spread(500, skill=1.1, seed=4),
        on=ada.registry.find_snapshot("test"),
    )
    with pytest.raises(Forbidden, match="pat stood in for olga until 2026-03-05"):
        late.approve(asks(ada))
