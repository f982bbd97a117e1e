"""A model that is loaded later must say to a few rows what it said when it was stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from cairn import flavors
from cairn.core.errors import Corrupt, Invalid, Refused
from cairn.flavors.frames.npy import read_array
from cairn.flavors.golden import ROWS, Golden
from models.fitted import MODELS


class Noisy:
    """Gives another answer each time."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def predict(self, rows: Any) -> Any:
        """Answer at random."""
        return self.rng.normal(size=len(rows))


class Says:
    """Gives the answers that it is made with."""

    def __init__(self, answers: Any) -> None:
        self.answers = answers

    def predict(self, rows: Any) -> Any:
        """Answer."""
        del rows
        return self.answers


@pytest.mark.parametrize("kind", MODELS)
def test_every_model_gives_its_golden_predictions_after_loading(
    kind: str, tmp_path: Path
) -> None:
    model, rows = MODELS[kind]()
    flavors.save(model, tmp_path / "model")

    made = flavors.make_golden(model, rows, tmp_path / "golden")

    loaded = flavors.load(tmp_path / "model")
    assert flavors.check_golden(loaded, tmp_path / "golden") == made
    assert (made.rows, made.tolerance) == (ROWS, 0.0)


def test_the_rows_are_spread_over_the_examples(tmp_path: Path) -> None:
    rows = np.arange(320).reshape(-1, 1)

    flavors.make_golden(Says(np.zeros(ROWS)), rows, tmp_path / "golden")

    stored = flavors.read_frame(tmp_path / "golden" / "inputs")
    assert stored.ravel().tolist() == list(range(0, 320, 10))


def test_few_rows_are_all_kept_with_their_names_and_types(tmp_path: Path) -> None:
    rows = pd.DataFrame({"age": [1.5, np.nan], "city": pd.Categorical(["B", "A"])})

    made = flavors.make_golden(Says([1, 2]), rows, tmp_path / "golden")

    assert made == Golden(method="predict", rows=2)
    pd.testing.assert_frame_equal(flavors.read_frame(tmp_path / "golden" / "inputs"), rows)
    assert read_array(tmp_path / "golden" / "outputs.npy").tolist() == [1, 2]


def test_equal_models_have_equal_golden_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        flavors.make_golden(*MODELS["column_pipeline"](), tmp_path / folder)

    first, second = (
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*.*")}
        for f in ("a", "b")
    )
    assert first == second


def test_one_bit_of_one_answer_is_found_and_named(tmp_path: Path) -> None:
    answers = np.array([[0.25, 0.75], [0.5, 0.5]])
    flavors.make_golden(Says(answers), [1, 2], tmp_path / "golden")
    answers[1, 1] = np.nextafter(0.5, 1)

    with pytest.raises(
        Refused, match=r"in 1 of 2 rows, first in row 1 by 1\.11e-16"
    ) as refusal:
        flavors.check_golden(Says(answers), tmp_path / "golden")

    assert "environment" in refusal.value.fix


def test_a_declared_tolerance_is_kept_to(tmp_path: Path) -> None:
    flavors.make_golden(Says(np.array([1.0])), [1], tmp_path / "golden", tolerance=0.01)

    assert flavors.check_golden(Says(np.array([1.009])), tmp_path / "golden").tolerance == 0.01
    with pytest.raises(Refused, match=r"by 0\.011: .* \(allowed: 0\.01\)"):
        flavors.check_golden(Says(np.array([1.011])), tmp_path / "golden")


@pytest.mark.parametrize(
    ("recorded", "given", "message"),
    [
        (["a", "b"], ["a", "c"], r"first in row 1: predict gives c, recorded was b"),
        ([True, False], [True, True], r"first in row 1 by 1"),
        ([1, 2], [1, 9], r"first in row 1 by 7"),
        ([1.0, np.nan], [np.nan, np.nan], r"first in row 0"),
        (
            [1.0, 2.0],
            [[1.0], [2.0]],
            r"of shape \(2, 1\), recorded was float64 of shape \(2,\)",
        ),
        ([1.0, 2.0], [1, 2], r"gives int64"),
        ([1.0, 2.0], [1.0], r"gave 1 answer to 2 rows"),
    ],
)
def test_other_answers_are_refused(
    recorded: Any, given: Any, message: str, tmp_path: Path
) -> None:
    flavors.make_golden(Says(recorded), [1, 2], tmp_path / "golden")

    with pytest.raises((Refused, Invalid), match=message):
        flavors.check_golden(Says(given), tmp_path / "golden")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        (np.array(["a", "b"], dtype=object), ["a", "b"]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (sp.csr_matrix([[1, 0], [0, 1]]), [[1, 0], [0, 1]]),
        ([np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])], [[1.0, 3.0], [2.0, 4.0]]),
        (np.array([np.nan, 1.0]), None),
    ],
)
def test_answers_of_every_type_are_one_array(
    answers: Any, expected: Any, tmp_path: Path
) -> None:
    flavors.make_golden(Says(answers), [1, 2], tmp_path / "golden")

    flavors.check_golden(Says(answers), tmp_path / "golden")
    stored = read_array(tmp_path / "golden" / "outputs.npy").tolist()
    assert expected is None or stored == expected


def test_a_model_that_answers_at_random_has_no_golden_predictions(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="golden predictions differ"):
        flavors.make_golden(Noisy(), [1, 2], tmp_path / "golden")

    with pytest.raises(Corrupt, match=r"has no golden\.json"):
        flavors.check_golden(Noisy(), tmp_path / "golden")


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (Says([]), [], "there are no rows"),
        (object(), [1], "has none of predict_proba"),
        (Says([object()]), [1], "neither numbers nor text"),
        (MODELS["linear_regression"]()[0], [["a"]], "does not take these inputs"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    model: Any, rows: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=message):
        flavors.make_golden(model, rows, tmp_path / "golden")


def test_a_method_that_a_model_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="Says has no method transform"):
        flavors.make_golden(Says([1]), [1], tmp_path / "golden", method="transform")


def test_any_changed_golden_file_is_noticed(tmp_path: Path) -> None:
    model, rows = MODELS["linear_regression"]()
    flavors.make_golden(model, rows, tmp_path / "golden")
    for path in sorted((tmp_path / "golden").rglob("*.*")):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 0x55]))

        with pytest.raises((Corrupt, Refused)):
            flavors.check_golden(model, tmp_path / "golden")

        path.write_bytes(content)


def test_a_method_that_the_model_no_longer_has_is_refused(tmp_path: Path) -> None:
    flavors.make_golden(*MODELS["column_pipeline"](), tmp_path / "golden")

    with pytest.raises(
        Refused, match="cannot be made again: Says has no method predict_proba"
    ):
        flavors.check_golden(Says([]), tmp_path / "golden")
