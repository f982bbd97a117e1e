"""Versions are scored as the policy pinned it, and whoever changed `cairn.toml` is told."""

import pytest

from projects.desk import Desk

COMMANDS = [
    ("gate", "check", "churn:2"),
    ("gate", "show", "churn@production"),
    ("promote", "churn:2"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_settings_that_differ_from_those_pinned_are_named(
    desk: Desk, command: tuple[str, ...]
) -> None:
    toml = desk.folder / "cairn.toml"
    before = desk.cairn("gate", "show", "churn@production")
    toml.write_text(toml.read_text().replace('groups = ["region"]', 'groups = ["age"]'))

    done = desk.cairn(*command)

    assert before.stderr == ""
    assert done.returncode == 0
    assert (
        "scored as it was pinned to churn@production; cairn.toml says otherwise "
        "now: groups (" in done.stderr
    )
    desk("gate", "set", "churn@production", "gates/churn.yaml", "-m", "by age")
    assert desk.cairn("gate", "show", "churn@production").stderr == ""


def test_a_function_of_the_projects_own_that_changed_is_named(desk: Desk) -> None:
    desk.write("own.py", "def score(model, rows):\n    return model.predict(rows)\n")
    toml = desk.folder / "cairn.toml"
    toml.write_text(toml.read_text() + 'score = "own:score"\n')
    desk("gate", "set", "churn@production", "gates/churn.yaml", "-m", "our own")
    assert desk.cairn("gate", "show", "churn@production").stderr == ""

    desk.write("own.py", "def score(model, rows):\n    return 0 * model.predict(rows)\n")

    told = desk.cairn("gate", "show", "churn@production").stderr
    assert "now: the file of own:score (" in told
