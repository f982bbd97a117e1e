"""Weights that would run code: flagged when they come in, loaded by nobody who did not ask."""

import pickle
import sys
from pathlib import Path

import pytest

from cairn.core.errors import Refused
from models.streams import ATTACKS
from projects.desk import Desk
from projects.shell import Shell

LOAD = """
import sys, cairn
try:
    model = cairn.load(sys.argv[1], trust=sys.argv[2] == "trust").model
except cairn.Refused as refusal:
    sys.exit(f"refused: {refusal} | {refusal.fix}")
print(type(model).__name__)
"""


def load(desk: Desk, name: str, how: str) -> tuple[int, str]:
    """Load in a process of its own; returns its exit code and what it said."""
    done = Shell.run(desk, sys.executable, "-c", LOAD, name, how)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def attacked(desk: Desk) -> Desk:
    """A project with a registered pickle that writes a canary when it is loaded."""
    canary = desk.folder / "canary"
    stream = f"cos\nsystem\n(S'touch {canary}'\ntR.".encode()
    (desk.folder / "evil.pkl").write_bytes(stream)
    desk("register", "evil.pkl", "--model", "evil", "--retroactive")
    return desk


def test_an_attack_is_flagged_wherever_it_is_shown(attacked: Desk) -> None:
    again = attacked("register", "evil.pkl", "--model", "evil", "--retroactive")
    shown = attacked.json("show", "evil:1")["artifacts"]

    assert "unsafe, loaded only if it is trusted: evil.pkl" in again
    assert "os.system" in again or "posix.system" in again
    assert shown["safety"] == "unsafe"
    assert "system" in shown["reasons"][0]
    assert "unsafe" in attacked("show", "evil:1")
    assert not (attacked.folder / "canary").exists()


@pytest.mark.parametrize("how", ["careful", "trust"])
def test_an_attack_is_never_loaded(attacked: Desk, how: str) -> None:
    code, text = load(attacked, "evil:1", how)

    assert code == 1
    assert text.startswith("refused: evil.pkl is not loaded")
    assert not (attacked.folder / "canary").exists()


def test_an_attack_passes_no_gate_and_no_evaluation(attacked: Desk) -> None:
    settings = (attacked.folder / "cairn.toml").read_text()
    attacked.write("cairn.toml", settings + settings.replace("churn.", "evil."))
    attacked("gate", "set", "evil@production", "gates/churn.yaml")

    evaluated = attacked("evaluate", "evil:1", "--on", "snap:test", expect=Refused.exit_code)
    promoted = attacked("promote", "evil:1", expect=Refused.exit_code)

    assert "cannot be measured" in evaluated
    assert "evil:1" in promoted
    assert attacked.json("show", "evil:1")["labels"] == []
    assert not (attacked.folder / "canary").exists()


def test_an_attack_is_handed_out_as_the_file_that_it_is(attacked: Desk) -> None:
    place = attacked.folder / attacked.json("export", "evil:1", "out")["place"]

    assert (place / "evil.pkl").read_bytes().startswith(b"cos\nsystem")
    assert not (attacked.folder / "canary").exists()


def test_a_harmless_pickle_is_loaded_only_by_whoever_trusts_it(desk: Desk) -> None:
    (desk.folder / "plain.pkl").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    desk("register", "plain.pkl", "--model", "plain", "--retroactive")

    refused, text = load(desk, "plain:1", "careful")
    loaded, model = load(desk, "plain:1", "trust")

    assert refused == 1
    assert "trust" in text
    assert (loaded, model) == (0, "dict\n")


@pytest.mark.parametrize("attack", list(ATTACKS)[::8])
def test_attacks_of_every_kind_come_in_as_not_safe(desk: Desk, attack: str) -> None:
    (desk.folder / "model.pkl").write_bytes(ATTACKS[attack])

    desk("register", "model.pkl", "--model", "other", "--retroactive")

    assert desk.json("show", "other:1")["artifacts"]["safety"] in ("unsafe", "unknown")


def test_weights_under_another_name_are_judged_by_their_bytes(desk: Desk) -> None:
    evil = b"cos\nsystem\n(S'true'\ntR."
    for name in ("model.onnx", "model.safetensors", "model", "weights.bin", "model.joblib"):
        folder = Path(desk.folder / "renamed" / name)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(evil)
        desk("register", f"renamed/{name}", "--model", "other", "--retroactive")

    unsafe = [
        desk.json("show", row["name"])["artifacts"]["safety"]
        for row in desk.json("list", "other")
    ]
    assert len(unsafe) == 5
    assert "safe" not in unsafe
