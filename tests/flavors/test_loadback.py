"""A model is loaded back by another process, which sees what this one would not."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from cairn import flavors
from cairn.core.errors import Refused
from cairn.flavors import loadback, pickled
from cairn.flavors.frames.npy import read_array, write_array
from cairn.flavors.judging import judging
from models.fitted import MODELS

KILLER = """
import os, signal
class Killer:
    def __setstate__(self, state):
        os.kill(os.getpid(), signal.SIGSEGV)
    def __getstate__(self):
        return {"a": 1}
"""

TALKER = """
class Talker:
    def __setstate__(self, state):
        print('["text", "safe", [], []]', flush=True)
    def __getstate__(self):
        return {"a": 1}
"""


@pytest.fixture(autouse=True, params=["fresh", "warm"])
def _interpreter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask an interpreter as people have it, and one as most tests here have it."""
    if request.param == "fresh":
        monkeypatch.setattr(loadback, "judging", judging)


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
    _pickle_one(tmp_path, KILLER, "Killer", monkeypatch)

    with pytest.raises(Refused, match="ended its process with signal 11"):
        flavors.loads_back(tmp_path / "model", trust=True)


def test_nothing_of_a_model_runs_where_files_are_judged(
    tmp_path: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pickle_one(tmp_path / "own", TALKER, "Talker", monkeypatch)
    asked = loadback.judging
    before = asked.process_id()

    flavors.loads_back(tmp_path / "own" / "model", trust=True)
    verdict = asked.judge(tmp_path / "own" / "model" / "model.pkl", 0)

    assert verdict.safety == "unsafe"  # what the model printed is not an answer
    assert asked.process_id() == before
    if asked is judging:
        flavors.loads_back(stored / "model", stored / "golden")
        assert "sklearn" not in Path(f"/proc/{before}/maps").read_text()


def _pickle_one(folder: Path, source: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickle an object of a class that lies in a module of the working folder."""
    module = f"module_of_{name.lower()}"
    (folder / "model").mkdir(parents=True)
    (folder / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    pickled.save(getattr(import_module(module), name)(), folder / "model")
    monkeypatch.delitem(sys.modules, module)


def test_a_model_that_never_loads_is_refused(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.flavors.loadback.TIMEOUT_SECONDS", 0.001)

    with pytest.raises(Refused, match=r"was not loaded back within 0\.001 s"):
        flavors.loads_back(stored / "model")
