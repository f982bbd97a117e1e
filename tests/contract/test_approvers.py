"""Who approved what came about is known for as long as the ledger is."""

from datetime import timedelta

import pytest

from cairn.core.approval import ListApprovers
from cairn.core.errors import Invalid
from projects.people import Becomes, Person, asks
from projects.store import Clock


def test_whoever_let_a_label_move_is_named_for_ever_and_nobody_whose_yes_had_expired(
    ada: Person, become: Becomes, clock: Clock
) -> None:
    subject, send = asks(ada), ada.registry.engine.send
    become("bo").approve(subject)
    clock.now += timedelta(days=15)
    asks(ada)
    for name in ("cy", "dee"):
        become(name).approve(subject)
    step = ada.registry.promote("churn:1")
    clock.now += timedelta(days=400)

    for_the_move = send(ListApprovers(decision=str(step.decision), move=step.seq))
    in_all = send(ListApprovers(decision=str(step.decision)))

    assert [one.who.id for one in for_the_move] == ["cy", "dee"]
    assert [one.who.id for one in in_all] == ["bo", "cy", "dee"]
    assert [one.who.key for one in for_the_move] == [become(n).verifier for n in ("cy", "dee")]
    with pytest.raises(Invalid, match="ledger entry 0 let no label move by sha256:"):
        send(ListApprovers(decision=subject, move=0))
