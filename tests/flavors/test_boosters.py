"""XGBoost, LightGBM and CatBoost: each model comes back as what it was; no code runs."""

from pathlib import Path
from typing import Any

import catboost as library
import lightgbm as light
import numpy as np
import pytest
import xgboost as extreme

from cairn import flavors
from cairn.core.errors import Corrupt, Invalid, Refused
from cairn.flavors import catboost, lightgbm, xgboost
from models import boosted


def stored(kind: str, folder: Path) -> Any:
    """Store a model and load it back."""
    flavors.save(boosted.fitted(kind)[0], folder)
    return flavors.load(folder)


@pytest.mark.parametrize("kind", boosted.MODELS)
def test_each_is_stored_safely_and_comes_back_as_its_own_class(
    kind: str, tmp_path: Path
) -> None:
    model, rows = boosted.fitted(kind)

    loaded = stored(kind, tmp_path)

    assert flavors.inspect(tmp_path).safety == "safe"
    assert type(loaded) is type(model)
    for method in ("predict_proba", "predict"):
        if hasattr(model, method) and not isinstance(model, extreme.Booster):
            expected = np.asarray(getattr(model, method)(rows))
            assert np.array_equal(np.asarray(getattr(loaded, method)(rows)), expected)
    assert getattr(loaded, "classes_", np.array([])).tolist() == (
        getattr(model, "classes_", np.array([])).tolist()
    )


@pytest.mark.parametrize("kind", boosted.MODELS)
def test_two_trainings_that_compute_the_same_give_the_same_bytes(
    kind: str, tmp_path: Path
) -> None:
    flavors.save(boosted.fitted(kind)[0], tmp_path / "one")
    flavors.save(boosted.MODELS[kind](), tmp_path / "two")

    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    )
    assert one == two


@pytest.mark.parametrize("flavor", [xgboost, lightgbm, catboost], ids=lambda each: each.name)
def test_a_model_that_is_not_fitted_is_refused(flavor: Any, tmp_path: Path) -> None:
    model = {
        "xgboost": extreme.XGBClassifier,
        "lightgbm": light.LGBMClassifier,
        "catboost": library.CatBoostClassifier,
    }[flavor.name]()

    with pytest.raises(Invalid, match="is not fitted"):
        flavor.save(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def squares(labels: Any, scores: Any) -> Any:
    """An objective of somebody's own."""
    return scores - labels, np.ones_like(scores)


@pytest.mark.parametrize(
    ("flavor", "model"),
    [
        (xgboost, extreme.XGBRegressor(objective=squares, n_estimators=1, max_depth=1)),
        (lightgbm, light.LGBMRegressor(objective=squares, n_estimators=1, verbose=-1)),
    ],
    ids=["xgboost", "lightgbm"],
)
def test_a_function_that_the_format_cannot_hold_is_named(
    flavor: Any, model: Any, tmp_path: Path
) -> None:
    model.fit(boosted.ROWS, boosted.TOTAL)

    with pytest.raises(Invalid, match="has a function as its objective"):
        flavor.save(model, tmp_path)


def test_what_a_script_wrote_itself_is_loaded_too(tmp_path: Path) -> None:
    for folder in ("x", "l", "c"):
        (tmp_path / folder).mkdir()
    boosted.fitted("xgboost")[0].save_model(tmp_path / "x" / "mine.json")
    boosted.fitted("lightgbm")[0].booster_.save_model(tmp_path / "l" / "mine.txt")
    boosted.fitted("catboost_regressor")[0].save_model(str(tmp_path / "c" / "mine.cbm"))

    kinds = [type(flavors.load(tmp_path / folder)).__name__ for folder in ("x", "l", "c")]

    assert kinds == ["XGBClassifier", "Booster", "CatBoostRegressor"]


@pytest.mark.parametrize("kind", ["xgboost_booster", "lightgbm_booster", "catboost_base"])
def test_a_booster_that_was_trained_for_probabilities_gives_them(
    kind: str, tmp_path: Path
) -> None:
    model = (
        extreme.train(
            {"objective": "binary:logistic", "nthread": 1},
            extreme.DMatrix(boosted.ROWS, boosted.YES),
            3,
        )
        if kind == "xgboost_booster"
        else boosted.fitted(kind)[0]
    )
    flavors.save(model, tmp_path)
    flavor = flavors.flavor_in(tmp_path)

    found = flavor.score(flavors.load(tmp_path), boosted.ROWS, method="predict_proba")

    assert found.shape == (len(boosted.ROWS), 2)
    assert np.allclose(found.sum(axis=1), 1)
    assert np.mean((found[:, 1] > 0.5) == boosted.YES) > 0.7


def test_a_booster_for_something_else_says_that_it_has_no_probabilities() -> None:
    model, rows = boosted.fitted("xgboost_booster")

    with pytest.raises(Invalid, match="trained for reg:squarederror gives no probabilities"):
        xgboost.score(model, rows, method="predict_proba")
    assert len(xgboost.score(model, rows, method="predict")) == len(rows)  # as it proposes


def test_a_file_with_parts_unheard_of_is_loaded_only_if_trusted(tmp_path: Path) -> None:
    flavors.save(boosted.fitted("lightgbm")[0], tmp_path)
    file = tmp_path / "model.txt"
    file.write_text(file.read_text() + "{{ ''.__class__.__mro__ }}\n")

    with pytest.raises(Refused, match=r"model.txt is not shown to be safe"):
        flavors.load(tmp_path)


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "catboost"])
def test_a_file_that_goes_on_as_something_else_is_corrupt(kind: str, tmp_path: Path) -> None:
    flavors.save(boosted.fitted(kind)[0], tmp_path)
    (file,) = (file for file in tmp_path.iterdir() if file.name.startswith("model"))
    content = file.read_bytes()
    file.write_bytes(content[:64] + b"\xff" * (len(content) - 64))

    with pytest.raises(Corrupt, match=rf"^{file.name}: "):
        flavors.load(tmp_path, trust=True)
