"""What holds for every flavor that stores models, a plugin's included."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from cairn.core.errors import CairnError, Invalid
from cairn.flavors import (
    Flavor,
    catboost,
    check_golden,
    choose,
    inspect,
    lightgbm,
    make_golden,
    pickled,
    sklearn,
    xgboost,
)
from cairn.flavors.frames.npy import array_bytes, read_array
from models import boosted
from models.fitted import MODELS


class Line:
    """A linear model of somebody else's."""

    def __init__(self, numbers: Any) -> None:
        self.coef_, self.intercept_ = numbers[:-1], numbers[-1]


class Weights:
    """A flavor as a plugin would write it: linear models as one array."""

    name = "weights"

    def handles(self, model: object) -> bool:
        """Take linear models."""
        return hasattr(model, "coef_")

    def recognises(self, directory: Path) -> bool:
        """Look for the array."""
        return (directory / "weights.npy").is_file()

    def save(self, model: object, directory: Path) -> None:
        """Write the array."""
        if not self.handles(model):
            raise Invalid(f"{model!r} has no coefficients")
        line: Any = model
        numbers = np.append(line.coef_, line.intercept_)
        (directory / "weights.npy").write_bytes(array_bytes(numbers))

    def load(self, directory: Path, *, trust: bool) -> object:
        """Read the array."""
        del trust
        return Line(read_array(directory / "weights.npy"))

    def score(self, model: object, inputs: Any, *, method: str) -> Any:
        """Multiply."""
        del method
        line: Any = model
        return inputs @ line.coef_ + line.intercept_


LINE = "linear_regression"
FLAVORS: dict[str, tuple[object, str]] = {
    "sklearn": (sklearn, LINE),
    "pickle": (pickled, LINE),
    "plugin": (Weights(), LINE),
    **{
        kind: (flavor, kind)
        for flavor in (xgboost, lightgbm, catboost)
        for kind in boosted.MODELS
        if kind.startswith(flavor.name)
    },
}
"""Each flavor with a kind of model that it stores."""


@pytest.fixture(params=FLAVORS)
def flavor(request: pytest.FixtureRequest) -> Flavor:
    return cast("Flavor", FLAVORS[request.param][0])


@pytest.fixture(autouse=True)
def installed(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Have the plugin found as an installed one would be, where the test is about it."""
    point = SimpleNamespace(name="weights", value="tests", load=Weights)
    offers = request.node.callspec.params["flavor"] == "plugin"
    choose.plugins.cache_clear()

    def entry_points(*, group: str) -> tuple[Any, ...]:
        return (point,) if offers and group == choose.GROUP else ()

    monkeypatch.setattr(choose, "entry_points", entry_points)
    yield
    choose.plugins.cache_clear()


@pytest.fixture
def fitted(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    kind = FLAVORS[request.node.callspec.params["flavor"]][1]
    return MODELS[kind]() if kind == LINE else boosted.fitted(kind)


@pytest.fixture
def model(fitted: tuple[Any, Any]) -> Any:
    return fitted[0]


@pytest.fixture
def rows(fitted: tuple[Any, Any]) -> Any:
    return fitted[1]


@pytest.fixture
def stored(flavor: Flavor, model: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    flavor.save(model, folder)
    return folder


def test_it_has_a_name_that_a_version_can_record(flavor: Flavor) -> None:
    assert flavor.name.isidentifier()


def test_it_says_what_it_handles_without_failing(flavor: Flavor) -> None:
    answers = [flavor.handles(thing) for thing in (None, 1, "x", object(), int, sys, [])]

    assert answers == [False] * len(answers)


def test_it_recognises_what_it_wrote_and_nothing_else(
    flavor: Flavor, stored: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("notes")

    assert flavor.recognises(stored)
    assert not flavor.recognises(tmp_path / "other")


def test_a_loaded_model_scores_the_same_to_the_bit(
    flavor: Flavor, model: Any, rows: Any, stored: Path
) -> None:
    loaded = flavor.load(stored, trust=True)

    again = flavor.score(loaded, rows, method="predict")
    assert again.tolist() == flavor.score(model, rows, method="predict").tolist()
    assert len(again) == len(rows)


def test_storing_twice_gives_the_same_bytes(
    flavor: Flavor, model: Any, stored: Path, tmp_path: Path
) -> None:
    (tmp_path / "again").mkdir()
    flavor.save(model, tmp_path / "again")

    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (stored, tmp_path / "again")
    )
    assert first == second


def test_storing_leaves_finished_files_only(flavor: Flavor, stored: Path) -> None:
    assert [path for path in stored.iterdir() if "unfinished" in path.name] == []
    assert flavor.recognises(stored)


def test_what_it_cannot_store_is_refused_and_leaves_nothing(
    flavor: Flavor, tmp_path: Path
) -> None:
    with pytest.raises(Invalid):
        flavor.save(lambda: None, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_every_file_has_a_verdict(flavor: Flavor, stored: Path) -> None:
    inspection = inspect(stored)

    assert flavor.recognises(stored)
    assert set(inspection.formats) == {path.name for path in stored.iterdir()}
    assert inspection.safety in ("safe", "unknown")


def test_a_cut_file_is_a_clear_error(flavor: Flavor, stored: Path) -> None:
    for file in stored.iterdir():
        content = file.read_bytes()
        for length in (0, 1, len(content) // 2, len(content) - 2):
            file.write_bytes(content[:length])

            with pytest.raises(CairnError):
                flavor.load(stored, trust=True)
        file.write_bytes(content)


def test_an_empty_directory_is_a_clear_error(flavor: Flavor, tmp_path: Path) -> None:
    with pytest.raises(CairnError):
        flavor.load(tmp_path, trust=True)


def test_golden_predictions_hold_for_what_was_loaded(
    flavor: Flavor, model: Any, rows: Any, stored: Path, tmp_path: Path
) -> None:
    made = make_golden(model, rows, tmp_path / "golden", method="predict")

    loaded = flavor.load(stored, trust=True)

    assert check_golden(loaded, tmp_path / "golden") == made
