"""Friday evening: a model that passed the gate hurts people, goes, and stays away."""

import pytest

from cairn.core.errors import Refused
from projects.desk import Desk
from projects.workshop import churn


@pytest.fixture
def friday(desk: Desk) -> Desk:
    """Both were promoted; then there were calls from the south, and churn:2 went."""
    desk("promote", "churn:1", "-m", "the first that we trust")
    desk("promote", "churn:2", "-m", "better on every number")
    back = desk("rollback", "churn", "-m", "calls from the south since five")
    marked = desk("mark-bad", "churn:2", "-m", "turns the south away")

    assert "churn@production now holds churn:1 (before: 2)" in back
    assert "churn:2 is marked bad: turns the south away" in marked
    return desk


def test_it_stays_away_on_the_evidence_that_let_it_in(friday: Desk) -> None:
    first = friday.fails("promote", "churn:2", code=Refused.exit_code, says="is marked bad")
    friday("evaluate", "churn:2", "--on", "snap:test")
    again = friday.fails(
        *("promote", "churn:2", "-m", "the numbers are good"),
        code=Refused.exit_code,
        says="has seen nothing about it that was measured since",
    )
    friday.fails("rollback", "churn", code=Refused.exit_code, says="churn:1 stays")

    assert "turns the south away" in first
    assert "--reason WHY" in first
    assert "cairn gate set" in again
    assert live(friday) == "churn:1"
    assert "turns the south away" in friday("gate", "check", "churn:2")


def test_it_comes_back_on_new_evidence_when_somebody_says_why(friday: Desk) -> None:
    friday.write("data/monday.csv", churn(rows=400, seed=5))
    friday("snapshot", "add", "data/monday.csv", "--name", "test")
    friday("gate", "set", "churn@production", "gates/churn.yaml", "-m", "Monday's data")

    cleared = friday("promote", "churn:2", "-m", "measured on Monday, the south is fine")

    assert "churn:2 was marked bad, and is not any more: turns the south away" in cleared
    assert live(friday) == "churn:2"
    story, history = friday("why", "churn:2"), friday("history", "churn")
    for reason in ("calls from the south since five", "measured on Monday, the south is fine"):
        assert reason in history
        assert reason in story
    assert "churn:2 was marked bad" in story
    assert "no problem found" in friday("verify", "--all")


def live(desk: Desk) -> str:
    return str(desk.json("status")["held"][0]["version"])
