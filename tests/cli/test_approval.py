"""Policies with people, as `cairn gate` and `cairn approvals` tell of them."""

from cairn.core.errors import Pending
from projects.desk import Desk

POLICY = (
    "cairn: policy/1\nevaluation: snap:test\nbootstrap: floors_only\nauthors: [%s]\n"
    "checks: [{id: x, type: floor, metric: roc_auc, value: 0.5}]\n"
    "approvals: {covers: [promotion], people: [%s]}\n"
)


def test_a_policy_with_authors_says_what_others_can_and_cannot_be_granted(desk: Desk) -> None:
    ci = desk.json("whoami", "--new", "../ci.key", "--name", "ci")["key"]
    number = ci.split("+")[1]
    desk.write("gates/canary.yaml", POLICY % (ci, "bo, cy"))
    enough = desk("gate", "set", "churn@canary", "gates/canary.yaml", "--new-label")
    shown = desk("gate", "show", "churn@canary")
    desk("promote", "churn:1", "canary", expect=Pending.exit_code)
    waiting = desk("approvals")
    desk.write("gates/canary.yaml", POLICY % (ci, "bo"))
    alone = desk("gate", "set", "churn@canary", "gates/canary.yaml")

    assert "can never be granted" not in enough
    assert (
        f"one more must agree to what others than ci (key {number}) made or ask for" in shown
    )
    assert "2 of bo or cy (one more, for " in waiting
    assert f"than ci (key {number}) made or ask for can never be granted: 2 people" in alone
    assert "bo is a name" in alone
