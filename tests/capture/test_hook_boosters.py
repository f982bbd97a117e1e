"""Libraries that read, train and write in compiled code are seen by what is asked of them."""

from pathlib import Path

import pytest

from projects.watched import Seen, watch

START = """
import os, tempfile
import numpy as np
import catboost, lightgbm, xgboost
from safetensors.numpy import save_file
from sklearn.metrics import accuracy_score
world = np.random.default_rng(0)
X, X_test = world.normal(size=(80, 3)), world.normal(size=(40, 3))
y, y_test = (X.sum(axis=1) > 0).astype(int), (X_test.sum(axis=1) > 0).astype(int)
few = {"num_leaves": 4, "verbose": -1, "seed": 1, "min_data_in_leaf": 5}
"""
SCRIPT = """
one = lightgbm.train({"objective": "binary", **few}, lightgbm.Dataset("data/native.tsv"), 5)
one.save_model("one.txt")
print(accuracy_score(y_test, one.predict(X_test[:, :2]) > 0.5))
data = xgboost.DMatrix("data/rows.svm?format=libsvm")
two = xgboost.train({"objective": "binary:logistic", "max_depth": 2, "seed": 1}, data, 3)
three = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(X, y)
print(accuracy_score(y_test, three.predict(X_test)))
three.save_model("three.ubj")
four = lightgbm.LGBMClassifier(n_estimators=3, **few).fit(X, y)
print(accuracy_score(y_test, four.predict(X_test)))
four.booster_.save_model("four.txt")
pool = catboost.Pool("dsv://data/cat.tsv")
few = {"iterations": 3, "depth": 2, "thread_count": 1, "verbose": False}
five = catboost.CatBoostClassifier(**few).fit(pool)
print(accuracy_score(y_test, five.predict_proba(X_test[:, :2])[:, 1] > 0.5))
five.save_model("five.cbm")
six = catboost.train(pool, {"loss_function": "Logloss", "random_seed": 4, **few})
six.save_model("six.json", format="json")
two.save_model(os.path.join(os.environ["ELSEWHERE"], "two.json"))
save_file({"w": X}, os.path.join(os.environ["ELSEWHERE"], "weights.safetensors"))
"""


@pytest.fixture(name="seen", scope="module")
def _seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("boosters")
    (folder / "work" / "data").mkdir(parents=True)
    (folder / "elsewhere").mkdir()
    rows = "".join(f"{n % 2}\t{n % 7}\t{n % 5}\n" for n in range(60))
    (folder / "work" / "data" / "native.tsv").write_text(rows)
    (folder / "work" / "data" / "cat.tsv").write_text(rows)
    sparse = "".join(f"{n % 2} 0:{n % 7} 1:{n % 5}\n" for n in range(60))
    (folder / "work" / "data" / "rows.svm").write_text(sparse)
    return watch(
        folder / "work",
        START + SCRIPT,
        variables={"ELSEWHERE": str(folder / "elsewhere"), "OMP_NUM_THREADS": "1"},
    )


def test_nothing_fails_and_what_was_read_in_compiled_code_is_known(seen: Seen) -> None:
    assert seen.code == 0, seen.output
    assert seen.of("fault") == []
    assert set(seen.paths("read")) == {"native.tsv", "rows.svm", "cat.tsv"}


def test_models_that_compiled_code_writes_are_seen_where_they_lie(seen: Seen) -> None:
    assert seen.paths("saved") == [
        *("one.txt", "three.ubj", "four.txt", "five.cbm", "six.json", "two.json"),
    ]
    assert "weights.safetensors" in seen.paths("write")
    assert [event["kind"] for event in seen.of("saved")] == [
        *("Booster", "XGBClassifier", "Booster", "CatBoostClassifier", "CatBoost", "Booster")
    ]


def test_their_metrics_and_parameters_are_their_own(seen: Seen) -> None:
    saved = {Path(event["path"]).stem: event for event in seen.of("saved")}
    sets = {event["number"]: event["model"] for event in seen.of("examples")}
    measured = [sets.get(event["examples"]) for event in seen.of("metric")]

    assert measured == [saved[name]["model"] for name in ("one", "three", "four", "five")]
    assert saved["one"]["parameters"]["num_boost_round"] == 5
    assert saved["two"]["parameters"]["objective"] == "binary:logistic"
    assert saved["three"]["parameters"]["max_depth"] == 2
    assert saved["five"]["parameters"]["iterations"] == 3
    assert saved["six"]["parameters"]["random_seed"] == 4


def test_each_is_stored_in_the_format_of_its_library(seen: Seen) -> None:
    stored = {Path(event["path"]).stem: event.get("flavor") for event in seen.of("saved")}

    assert stored == {
        **dict.fromkeys(("one", "four"), "lightgbm"),
        **dict.fromkeys(("two", "three"), "xgboost"),
        **dict.fromkeys(("five", "six"), "catboost"),
    }


def test_golden_predictions_are_made_where_the_rows_are_seen(seen: Seen) -> None:
    made = {Path(event["path"]).stem for event in seen.of("saved") if "method" in event}

    assert made == {"three", "four"}  # the others read their rows in compiled code


def test_a_booster_has_the_parameters_of_its_estimator(seen: Seen) -> None:
    saved = {Path(event["path"]).stem: event for event in seen.of("saved")}

    assert saved["four"]["parameters"]["n_estimators"] == 3
    assert saved["four"]["parameters"]["estimator"] == "LGBMClassifier"
