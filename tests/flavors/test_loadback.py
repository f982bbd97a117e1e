"""A model is loaded back by another process, which sees what this one would not."""

import sys
from pathlib import Path

import pytest

from cairn import flavors
from cairn.core.errors import Refused
from cairn.flavors import loadback, pickled
from cairn.flavors.frames.npy import read_array, write_array
from cairn.interpreter import isolated
from fitted import MODELS

KILLER = """
import os, signal
class Killer:
    def __setstate__(self, state):
        os.kill(os.getpid(), signal.SIGSEGV)
    def __getstate__(self):
        return {"a": 1}
"""


@pytest.fixture(autouse=True, params=["fresh", "warm"])
def _interpreter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask an interpreter as people have it, and one as most tests here have it."""
    if request.param == "fresh":
        monkeypatch.setattr(loadback, "isolated", isolated)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    model, rows = MODELS["linear_regression"]()
    flavors.save(model, tmp_path / "model")
    flavors.make_golden(model, rows, tmp_path / "golden")
    return tmp_path


def test_an_ordinary_model_comes_back_and_says_the_same(stored: Path) -> None:
    flavors.loads_back(stored / "model", stored / "golden")


def test_other_golden_predictions_are_reported_from_there(stored: Path) -> None:
    outputs = read_array(stored / "golden" / "outputs.npy")
    write_array(outputs + 1, stored / "golden" / "outputs.npy")

    with pytest.raises(
        Refused, match=r"cannot be loaded back: golden predictions differ in 32"
    ):
        flavors.loads_back(stored / "model", stored / "golden")


def test_a_pickle_is_not_loaded_back_without_trust(tmp_path: Path) -> None:
    pickled.save(MODELS["linear_regression"]()[0], tmp_path)

    with pytest.raises(Refused, match=r"cannot be loaded back: model\.pkl is a pickle file"):
        flavors.loads_back(tmp_path)
    flavors.loads_back(tmp_path, trust=True)


def test_a_model_that_kills_its_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "killer_module.py").write_text(KILLER)
    (tmp_path / "model").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    from killer_module import Killer  # pyright: ignore[reportMissingImports] (the test writes it)

    pickled.save(Killer(), tmp_path / "model")
    monkeypatch.delitem(sys.modules, "killer_module")

    with pytest.raises(Refused, match="ended its process with signal 11"):
        flavors.loads_back(tmp_path / "model", trust=True)


def test_a_model_that_never_loads_is_refused(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.flavors.loadback.TIMEOUT_SECONDS", 0.001)

    with pytest.raises(Refused, match=r"was not loaded back within 0\.001 s"):
        flavors.loads_back(stored / "model")
