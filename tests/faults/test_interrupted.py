"""Commands killed between the bytes that they store and the request that names them."""

import sys

import pytest

from projects.desk import Desk
from projects.shell import Shell

KILLED = """
import os, signal, sys
from cairn.cli import main
from cairn.engine.local import LocalEngine

last, send = sys.argv[1], LocalEngine.send

def dying(engine, request):
    if type(request).__name__ == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return send(engine, request)

LocalEngine.send = dying
sys.argv = ["cairn", *sys.argv[2:]]
main()
"""
COMMANDS = {
    "AddSnapshot": "snapshot add gates --name gates",
    "RegisterVersion": "register gates --model other --retroactive",
    "RecordEvaluation": "evaluate churn:1 --on snap:more",
    "SetPolicy": "gate set churn@dev gates/churn.yaml",
    "MoveLabel": "promote churn:1",
    "Rollback": "rollback churn@staging",
    "RecordDrill": "rollback churn@staging --drill",
}


@pytest.fixture
def moved(desk: Desk) -> Desk:
    """A project with a label to roll back and a second snapshot."""
    desk("promote", "churn:1", "staging")
    desk("promote", "churn:2", "staging")
    lines = (desk.folder / "data" / "test.csv").read_text().splitlines()
    desk.write("data/more.csv", "\n".join(lines[:200]) + "\n")
    desk("snapshot", "add", "data/more.csv", "--name", "more")
    return desk


def state(desk: Desk) -> list[object]:
    """What the project answers about everything that the commands change."""
    asked = ("snapshot list", "history churn", "history churn@staging", "gate history churn")
    versions = [(row["name"], row["digest"]) for row in desk.json("list")]
    return [versions, *(desk.json(*words.split()) for words in asked)]


@pytest.mark.parametrize("request_name", COMMANDS)
def test_a_command_killed_before_its_request_has_changed_nothing_and_can_be_repeated(
    moved: Desk, request_name: str
) -> None:
    words = COMMANDS[request_name].split()
    before = state(moved)

    done = Shell.run(moved, sys.executable, "-c", KILLED, request_name, *words)

    assert done.returncode == -9, done.stderr
    assert state(moved) == before
    assert "no problem found" in moved("verify", "--all")
    moved(*words)
    assert "no problem found" in moved("verify", "--all")


def test_a_run_killed_before_its_model_is_registered_can_be_registered_afterwards(
    desk: Desk,
) -> None:
    desk.write("script.py", "open('model.bin', 'w').write('weights')\n")
    words = ("run", "--model", "other", "--", sys.executable, "script.py")

    done = Shell.run(desk, sys.executable, "-c", KILLED, "FinishRun", *words)

    assert done.returncode == -9, done.stderr
    assert [row["status"] for row in desk.json("runs")] == ["interrupted"]
    assert desk.json("list", "other") == []
    assert "no problem found" in desk("verify", "--all")
    assert "nothing is registered yet" in desk(*words)
    run = desk.json("runs")[0]["id"]
    made = desk.json("register", f"run:{run}", "--artifact", "model.bin", "--retroactive")
    assert made["name"] == "other:1"
