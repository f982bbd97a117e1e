"""A risk officer and one of two more have to agree, and the officer is on holiday."""

import re

import pytest

from cairn.core.errors import Forbidden, Pending
from projects.desk import Colleague, Desk

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {{id: floor, type: floor, metric: roc_auc, value: 0.55}}
approvals:
  groups:
    - {{people: ["{olga}"]}}
    - {{people: ["{ann}", "{ben}"]}}
  deputies:
    - {{by: "{pat}", of: "{olga}", until: {until}}}
"""


@pytest.fixture
def people(desk: Desk) -> dict[str, Colleague]:
    """Olga the risk officer, Pat her deputy, Ann and Ben, each with a key."""
    return {name: Colleague(desk, name) for name in ("olga", "pat", "ann", "ben")}


def bind(desk: Desk, people: dict[str, Colleague], *, until: str) -> None:
    keys = {name: person.key for name, person in people.items()}
    desk.write("gates/churn.yaml", POLICY.format(until=until, **keys))
    desk("gate", "set", "churn@production", "gates/churn.yaml", "-m", "risk has a say")


def asked(desk: Desk) -> str:
    """Ask for churn:1, and return what people are asked about."""
    desk("promote", "churn:1", "-m", "the first", expect=Pending.exit_code)
    return f"decision:{desk.json('approvals')[0]['subject'].removeprefix('sha256:')}"


def test_a_deputy_and_one_more_agree(desk: Desk, people: dict[str, Colleague]) -> None:
    bind(desk, people, until="2999-12-24")
    decision = asked(desk)

    first = people["ben"]("approve", decision, "-m", "the numbers hold")
    (waiting,) = desk.json("approvals")
    told = desk("promote", "churn:1", expect=Pending.exit_code)
    second = people["pat"]("approve", decision, "-m", "in Olga's place: we can bear it")
    done = desk("promote", "churn:1", "-m", "the first")

    still = waiting["open"]
    assert "1 of 2 agreed" in first
    assert re.fullmatch(
        r"1 of olga \(\S+ \S+\) \(pat \(.*\) in the place of olga .* until 2999-12-24\)", still
    )
    assert f"still open: it waits for {still}" in first
    assert f"1 has so far, so it waits for {still}" in told
    assert "2 of 2 agreed" in second
    assert "go on: `cairn promote churn:1 production`" in second
    assert "churn@production now holds churn:1" in done
    assert desk("approvals") == "nothing waits for anybody's approval\n"
    history = desk("history", "churn")
    assert re.search(r"ben \(key [0-9a-f]{8}\)", history)
    assert "in Olga's place: we can bear it" in history


def test_ann_and_ben_do_not_make_up_for_the_officer(
    desk: Desk, people: dict[str, Colleague]
) -> None:
    bind(desk, people, until="2999-12-24")
    decision = asked(desk)

    people["ann"]("approve", decision, "-m", "fine")
    both = people["ben"]("approve", decision, "-m", "fine")

    assert "1 of 2 agreed" in both
    assert "it waits for 1 of olga" in both
    assert "ann" not in desk.json("approvals")[0]["open"]
    assert "1 of olga" in desk("promote", "churn:1", expect=Pending.exit_code)


def test_a_deputy_whose_days_are_over_does_not_count(
    desk: Desk, people: dict[str, Colleague]
) -> None:
    bind(desk, people, until="2020-01-06")
    decision = asked(desk)
    people["ann"]("approve", decision, "-m", "fine")

    told = people["pat"]("approve", decision, "-m", "for Olga", expect=Forbidden.exit_code)

    assert "pat stood in for olga" in told
    assert "pat" not in desk.json("approvals")[0]["open"]
    people["olga"]("approve", decision, "-m", "back from holiday")
    assert "now holds churn:1" in desk("promote", "churn:1")


def test_whoever_asks_cannot_take_the_officer_out(
    desk: Desk, people: dict[str, Colleague]
) -> None:
    bind(desk, people, until="2999-12-24")
    desk.write("gates/alone.yaml", POLICY.partition("approvals:")[0].format())

    told = desk(
        *("gate", "set", "churn@production", "gates/alone.yaml"), expect=Pending.exit_code
    )

    assert "the new policy of churn@production waits for people" in told
    assert "1 of olga" in desk("gate", "show", "churn@production")
