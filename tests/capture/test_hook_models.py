"""Fits, metrics and saved models of an unmodified scikit-learn script are seen as they are."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from projects.watched import Seen, plain, watch

DATA = """
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=7)
"""

TRAIN = (
    DATA
    + """
import argparse, joblib
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
parser = argparse.ArgumentParser()
parser.add_argument("--strength", type=float, default=1.0)
options = parser.parse_args()
model = make_pipeline(StandardScaler(), LogisticRegression(C=options.strength))
model.fit(X_train, y_train)
predicted = model.predict(X_test)
print(accuracy_score(y_test, predicted), confusion_matrix(y_test, predicted).shape)
print(f1_score(y_test, predicted, average="macro"))
print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
print(accuracy_score(y_train, model.predict(X_train)))
joblib.dump(model, "model.joblib")
"""
)


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return watch(
        tmp_path_factory.mktemp("trained") / "work", TRAIN, "--strength", "0.5", fresh=True
    )


def test_a_script_runs_to_its_end_and_nothing_fails(trained: Seen) -> None:
    assert trained.code == 0, trained.output
    assert trained.of("fault", "not_stored", "without_cairn") == []


def test_options_splits_and_seeds_are_seen(trained: Seen) -> None:
    assert trained.of("options")[0]["values"] == {"strength": 0.5}
    assert [(e["generator"], e["value"]) for e in trained.of("seed")] == [
        ("train_test_split", "7")
    ]
    assert trained.of("unseeded") == []


def test_only_the_fit_of_the_script_counts_and_not_those_inside_it(trained: Seen) -> None:
    assert [(e["kind"], e["rows"]) for e in trained.of("fitted")] == [("Pipeline", 426)]


def test_metrics_have_their_values_and_the_rows_that_they_speak_of(trained: Seen) -> None:
    roles = {e["number"]: e["role"] for e in trained.of("examples")}
    found = [(roles[e["examples"]], e["name"]) for e in trained.of("metric")]

    assert found == [
        ("heldout", "accuracy"),
        ("heldout", "f1_macro"),
        ("heldout", "roc_auc"),
        ("train", "accuracy"),
    ]
    printed = [float(line.split()[0]) for line in trained.output.splitlines()]
    assert [e["value"] for e in trained.of("metric")] == printed


def test_the_held_out_set_has_labels_and_scores_for_every_row(trained: Seen) -> None:
    import numpy as np

    heldout = next(e for e in trained.of("examples") if e["role"] == "heldout")
    folder = trained.room / "examples" / heldout["number"]

    labels = np.load(folder / "labels.npy")
    scores = np.load(folder / "predict_proba.npy")
    assert (heldout["task"], heldout["rows"], heldout["label"]) == ("binary", 143, "target")
    assert labels.shape == scores.shape == (143,)
    assert ((scores >= 0.5) == np.load(folder / "predict.npy")).all()


def test_the_saved_model_has_a_safe_copy_golden_predictions_and_parameters(
    trained: Seen,
) -> None:
    from cairn import flavors

    (saved,) = trained.of("saved")
    folder = trained.room / "models" / saved["folder"]

    assert saved["parameters"]["logisticregression__C"] == 0.5
    assert saved["parameters"]["estimator"] == "Pipeline"
    assert flavors.inspect(folder / "files").safety == "safe"
    flavors.loads_back(folder / "files", folder / "golden")


def test_the_script_own_file_is_its_own(trained: Seen, tmp_path: Path) -> None:
    model = trained.room.parent / "work" / "model.joblib"
    code = f"import joblib; print(type(joblib.load({str(model)!r}).predict).__name__)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "method\n"
    assert b"cairn" not in model.read_bytes()


TRANSPARENT = (
    DATA
    + """
import copy, inspect, io, multiprocessing, os, pickle, warnings
import cloudpickle, joblib
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.svm import SVC

class Majority(ClassifierMixin, BaseEstimator):
    def __init__(self, bias=0): self.bias = bias
    def fit(self, X, y):
        '''Count.'''
        self.classes_, counts = np.unique(y, return_counts=True)
        self.top_ = self.classes_[counts.argmax()]
        return self
    def predict(self, X): return np.full(len(X), self.top_)

if __name__ == "__main__":
    model = RandomForestClassifier(n_estimators=5, random_state=0, n_jobs=2)
    print(model.fit(X_train, y_train) is model)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print([part.sum() for part in pool.map(model.predict, [X_test, X_train])])
    joblib.parallel_config(backend=os.environ.get("BACKEND", "loky"))
    search = GridSearchCV(
        LogisticRegression(max_iter=50), {"C": [0.1, 1]}, n_jobs=2,
        scoring=make_scorer(accuracy_score), cv=3,
    )
    warnings.simplefilter("ignore")
    print(search.fit(X_train, y_train).best_params_, search.score(X_test, y_test))
    print(cross_val_score(model, X_train, y_train, cv=3, n_jobs=2).round(3))
    print(pickle.loads(pickle.dumps(model)).predict(X_test).sum())
    print(pickle.loads(pickle.dumps(accuracy_score)) is accuracy_score)
    print(pickle.loads(pickle.dumps(model.predict))(X_test).sum())
    print(copy.deepcopy(model).predict(X_test).sum(), clone(model))
    print(inspect.signature(model.fit), inspect.signature(RandomForestClassifier.fit))
    print(inspect.signature(accuracy_score), accuracy_score.__module__, model.fit.__name__)
    print(hasattr(SVC(), "predict_proba"), hasattr(SVC(probability=True), "predict_proba"))
    print(inspect.isfunction(Majority.fit), Majority.fit.__doc__, Majority().fit.__doc__)
    mine = Majority().fit(X_train, y_train)
    print(mine.score(X_test, y_test), mine, mine.fit == mine.fit)
    with open("mine.pkl", "wb") as file:
        cloudpickle.dump(mine, file)
    state = np.random.RandomState(3)
    print(isinstance(state, np.random.RandomState), state.rand(), type(state).__name__)
    print(pickle.loads(pickle.dumps(state)).rand() == state.rand())
    print(isinstance(np.random.mtrand._rand, np.random.RandomState))
    print(np.random.default_rng(4).random(), np.random.default_rng.__name__)
    np.random.seed(9)
    print(np.random.rand())
"""
)


@pytest.fixture(name="transparent", scope="module")
def _transparent(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return watch(tmp_path_factory.mktemp("transparent") / "work", TRANSPARENT, fresh=True)


def in_plain_python(folder: Path, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**plain(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.costly("real scripts run twice, watched and not")
def test_a_script_that_looks_closely_sees_no_difference(transparent: Seen) -> None:
    assert transparent.code == 0, transparent.output
    folder = transparent.room.parent / "work"
    assert transparent.output == in_plain_python(folder, "train.py", BACKEND="threading")
    assert transparent.of("fault") == []


def test_calls_inside_libraries_are_their_own_business(transparent: Seen) -> None:
    assert Counter(e["kind"] for e in transparent.of("fitted")) == {
        "RandomForestClassifier": 1,
        "GridSearchCV": 1,
        "Majority": 1,
    }
    assert sorted(e["name"] for e in transparent.of("metric")) == [
        *("accuracy", "accuracy", "cv/score")
    ]


def test_a_class_of_the_script_pickles_without_what_watches_it(transparent: Seen) -> None:
    code = "import pickle; print(pickle.load(open('mine.pkl', 'rb')).predict([[1], [2]]))"

    assert in_plain_python(transparent.room.parent / "work", "-c", code) == "[1 1]\n"
