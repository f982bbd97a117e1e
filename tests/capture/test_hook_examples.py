"""Which rows a metric speaks of is found, however the script is written."""

from pathlib import Path

import pytest

from projects.watched import Seen, watch, watch_each

START = """
import joblib, pickle
import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import *
from sklearn.preprocessing import StandardScaler
world = np.random.default_rng(0)
X, X_test = world.normal(size=(60, 3)), world.normal(size=(40, 3))
y, y_test = (X.sum(axis=1) > 0).astype(int), (X_test.sum(axis=1) > 0).astype(int)
model = LogisticRegression()
"""


def metrics(seen: Seen) -> list[tuple[str, str | None, int]]:
    """List the metrics: name, role of their rows, generation of the model."""
    assert seen.code == 0, seen.output
    assert seen.of("fault", "not_stored") == []
    sets = {event["number"]: event for event in seen.of("examples")}
    found: list[tuple[str, str | None, int]] = []
    for event in seen.of("metric"):
        rows = sets.get(event["examples"])
        found.append(
            (event["name"], rows["role"] if rows else None, rows["generation"] if rows else 0)
        )
    return found


METRICS: dict[str, tuple[str, list[tuple[str, str | None, int]]]] = {
    "threshold": (
        "model.fit(X, y)\naccuracy_score(y_test, model.predict(X_test) > 0.5)",
        [("accuracy", "heldout", 1)],
    ),
    "copy": (
        "model.fit(X, y)\nroc_auc_score(y_test, list(model.predict_proba(X_test)[:, 1]))",
        [("roc_auc", "heldout", 1)],
    ),
    "temporary": (
        (
            "s = StandardScaler().fit(X)\nmodel.fit(s.transform(X), y)\n"
            "accuracy_score(y_test, model.predict(s.transform(X_test)))\n"
            "roc_auc_score(y_test, model.predict_proba(s.transform(X_test))[:, 1])"
        ),
        [("accuracy", "heldout", 1), ("roc_auc", "heldout", 1)],
    ),
    "score": (
        "model.fit(X, y)\nmodel.score(X_test, y_test)\nmodel.score(X, y)",
        [("accuracy", "heldout", 1), ("accuracy", "train", 1)],
    ),
    "copy of the training rows": (
        "model.fit(X, y)\naccuracy_score(y, model.predict(X.copy()))",
        [("accuracy", "train", 1)],
    ),
    "fitted again": (
        (
            "model.fit(X[:30], y[:30])\naccuracy_score(y[30:], model.predict(X[30:]))\n"
            "model.fit(X, y)\naccuracy_score(y_test, model.predict(X_test))"
        ),
        [("accuracy", "heldout", 1), ("accuracy", "heldout", 2)],
    ),
    "part": (
        "model.fit(X, y)\np = model.predict(X_test)\naccuracy_score(y_test[:9], p[:9])",
        [("accuracy", None, 0)],
    ),
    "no model": ("accuracy_score([1, 0, 1], [1, 1, 1])", [("accuracy", None, 0)]),
    "arguments": (
        (
            "model.fit(X, y)\np = model.predict(X_test)\n"
            "precision_score(y_true=y_test, y_pred=p, zero_division=0)\n"
            "fbeta_score(y_test, p, beta=2)\nf1_score(y_test, p, average='weighted')"
        ),
        [
            ("precision", "heldout", 1),
            ("fbeta.beta-2", "heldout", 1),
            ("f1_weighted", "heldout", 1),
        ],
    ),
    "regression": (
        "LinearRegression().fit(X, y).score(X_test, y_test)",
        [("r2", "heldout", 1)],
    ),
    "cross-validation": (
        (
            "from sklearn.model_selection import cross_val_score\n"
            "cross_val_score(model, X, y, scoring=make_scorer(fbeta_score, beta=2))\n"
            "cross_val_score(model, X, y, scoring='f1')"
        ),
        [("cv/fbeta.beta-2", None, 0), ("cv/f1", None, 0)],
    ),
    "no number": (
        (
            "model.fit(X, y)\nclassification_report(y_test, model.predict(X_test))\n"
            "confusion_matrix(y_test, model.predict(X_test))"
        ),
        [],
    ),
}


@pytest.fixture(name="measured", scope="module")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    scripts = {name: script for name, (script, _) in METRICS.items()}
    return watch_each(tmp_path_factory.mktemp("measured") / "work", START, scripts)


@pytest.mark.parametrize("case", METRICS)
def test_a_metric_finds_its_rows(measured: dict[str, Seen], case: str) -> None:
    assert metrics(measured[case]) == METRICS[case][1]


TWO_MODELS = """
model.fit(X, y)
other = LogisticRegression(C=10).fit(X ** 2, y)
p, q = model.predict_proba(X_test), other.predict_proba(X_test ** 2)
ours = model.predict(X_test)
twin = LogisticRegression().fit(X, y)
twin.predict(X_test), other.predict(X_test ** 2)
names = np.array(["no", "yes"])
"""
BEHIND: dict[str, str | None] = {
    "accuracy_score(y_test, ours)": "model",  # although its twin said the same, later
    "accuracy_score(y_test, p[:, 1] > 0.3)": "model",
    "accuracy_score(y_test, p[:, 0] < 0.4)": "model",
    "accuracy_score(names[y_test], names[p.argmax(axis=1)])": "twin",  # decides alike, later
    "r2_score(y_test, np.log(p[:, 1]))": "model",
    "accuracy_score(y_test, other.predict(X_test ** 2))": "other",
    "accuracy_score(y_test, list(other.predict(X_test ** 2)))": "other",
    "accuracy_score(y_test, q[:, 1] > 0.5)": "other",
    "accuracy_score(y_test, np.ones(40))": None,
    "accuracy_score(y_test, world.integers(0, 2, 40))": None,
    "accuracy_score(y_test, X_test[:, 0] > 0)": None,
    "accuracy_score(y_test, np.arange(40) == p[:, 1].argmax())": None,
    "accuracy_score(y_test, p[:, 1] + q[:, 1] > 1)": None,
}


def test_a_metric_belongs_to_the_model_whose_predictions_it_was_computed_from(
    tmp_path: Path,
) -> None:
    names = (
        "\njoblib.dump(model, 'model'), joblib.dump(other, 'other'), joblib.dump(twin, 'twin')"
    )

    seen = watch(tmp_path / "work", START + TWO_MODELS + "\n".join(BEHIND) + names)

    assert seen.code == 0, seen.output
    who = {event["model"]: Path(event["path"]).name for event in seen.of("saved")}
    sets = {event["number"]: who[event["model"]] for event in seen.of("examples")}
    found = [sets.get(event["examples"]) for event in seen.of("metric")]
    assert dict(zip(BEHIND, found, strict=True)) == BEHIND


SCORES = {
    "GridSearchCV(tree, grid, scoring=make_scorer(f1_score))": "f1",
    "GridSearchCV(tree, grid, scoring='neg_log_loss')": "neg_log_loss",
    "GridSearchCV(tree, grid)": "accuracy",
    "GridSearchCV(tree, grid, scoring=['f1', 'recall'], refit='recall')": "recall",
    "GridSearchCV(tree, grid, scoring=make_scorer(fbeta_score, beta=2))": "fbeta.beta-2",
    "GridSearchCV(tree, grid, scoring=make_scorer(hamming_loss, greater_is_better=False))": (
        "neg_hamming_loss"
    ),
    "GridSearchCV(tree, grid, scoring=lambda m, X, y: 0.5)": "score",
    "make_pipeline(StandardScaler(), GridSearchCV(tree, grid, scoring='f1'))": "f1",
    "make_pipeline(StandardScaler(), tree)": "accuracy",
    "RidgeClassifierCV(scoring='recall_macro', cv=2)": "accuracy",
    "LogisticRegressionCV(Cs=2, scoring='f1', l1_ratios=(0,))": "f1",
    "LinearRegression()": "r2",
    "Own()": "score",
}


def test_a_score_is_called_what_its_scorer_computes(tmp_path: Path) -> None:
    script = (
        START
        + """
from sklearn.linear_model import LogisticRegressionCV, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
class Own(LogisticRegression):
    def score(self, X, y): return 0.25
tree, grid = DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}
import warnings; warnings.simplefilter("ignore")
"""
    )

    seen = watch(
        tmp_path / "work",
        script + "".join(f"{made}.fit(X, y).score(X_test, y_test)\n" for made in SCORES),
    )

    assert seen.code == 0, seen.output
    assert dict(zip(SCORES, (e["name"] for e in seen.of("metric")), strict=True)) == SCORES


def test_a_script_that_asks_for_classes_only_gets_probabilities_stored_as_well(
    tmp_path: Path,
) -> None:
    seen = watch(
        tmp_path / "work",
        START
        + "model.fit(X, y)\naccuracy_score(y_test, model.predict(X_test.copy()))\n"
        + "joblib.dump(model, 'm.joblib')\nnp.save('p.npy', model.predict_proba(X_test))\n",
    )

    import numpy as np

    (examples,) = seen.of("examples")
    stored = np.load(seen.room / "examples" / examples["number"] / "predict_proba.npy")
    assert (stored == np.load(tmp_path / "work" / "p.npy")[:, 1]).all()


def test_a_model_that_is_loaded_again_is_the_one_that_was_saved(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        START
        + """
import subprocess, sys
model.fit(X, y)
joblib.dump(model, "model.joblib")
again = joblib.load("model.joblib")
accuracy_score(y_test, again.predict(X_test))
np.savez("test.npz", X=X_test, y=y_test)
subprocess.run([sys.executable, "-c", '''
import joblib, numpy as np
from sklearn.metrics import accuracy_score
data = np.load("test.npz")
print(accuracy_score(data["y"], joblib.load("model.joblib").predict(data["X"])))
'''], check=True)
""",
    )

    (saved,) = seen.of("saved")
    first, second = seen.of("examples")
    (loaded,) = seen.of("loaded")
    assert first["model"] == saved["model"]
    assert (second["model"], loaded["path"]) == (loaded["model"], saved["path"])


def test_rows_that_were_trained_on_are_counted_among_the_held_out_ones(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        START
        + "model.fit(X, y)\nmixed = np.vstack([X_test, X[:5]])\n"
        + "accuracy_score(np.concatenate([y_test, y[:5]]), model.predict(mixed))\n",
    )

    (examples,) = seen.of("examples")
    assert (examples["role"], examples["overlap"], examples["rows"]) == ("heldout", 5, 45)


def test_rows_of_few_values_recur_and_that_says_nothing(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        START
        + "X, X_test = X.round(0), X_test.round(0)\nmodel.fit(X, y)\n"
        + "accuracy_score(y_test, model.predict(X_test))\n",
    )

    (examples,) = seen.of("examples")
    assert (examples["role"], examples["overlap"]) == ("heldout", 0)


SAVED = {
    "joblib": ("joblib.dump(model, open('m.pkl', 'wb'))", True),
    "pickle": ("pickle.dump(model, open('m.pkl', 'wb'))", True),
    "bytes": ("open('m.pkl', 'wb').write(pickle.dumps(model))", True),
    "skops": ("import skops.io; skops.io.dump(model, 'm.skops')", True),
    "in a dictionary": ("joblib.dump({'model': model, 'columns': ['a']}, 'm.pkl')", True),
    "two in a list": ("joblib.dump([model, LinearRegression().fit(X, y)], 'm.pkl')", False),
    "transformer": ("joblib.dump(StandardScaler().fit(X), 'm.pkl')", False),
    "unfitted": ("joblib.dump(LogisticRegression(), 'm.pkl')", False),
    "something else": ("pickle.dump({'a': 1}, open('m.pkl', 'wb'))", False),
}


@pytest.fixture(name="saves", scope="module")
def _saves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    scripts = {name: f"model.fit(X, y)\n{script}" for name, (script, _) in SAVED.items()}
    return watch_each(tmp_path_factory.mktemp("saved") / "work", START, scripts)


@pytest.mark.parametrize("case", SAVED)
def test_a_fitted_model_is_recognised_when_it_is_saved(
    saves: dict[str, Seen], case: str
) -> None:
    assert saves[case].of("fault") == []
    assert bool(saves[case].of("saved")) == SAVED[case][1]


def test_text_sparse_rows_and_several_classes_are_told_apart(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        START
        + """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
texts = [f"word{n} word{n % 7}" for n in range(60)]
words = make_pipeline(TfidfVectorizer(), LogisticRegression())
words.fit(texts[:40], np.arange(40) % 3)
accuracy_score(np.arange(20) % 3, words.predict(texts[40:]))
vectors = TfidfVectorizer().fit(texts)
sparse = LogisticRegression().fit(vectors.transform(texts[:40]), np.arange(40) % 2)
accuracy_score(np.arange(20) % 2, sparse.predict(vectors.transform(texts[40:])))
accuracy_score(np.arange(40) % 2, sparse.predict(vectors.transform(texts[:40])))
""",
    )

    assert seen.code == 0, seen.output
    assert seen.of("fault", "not_stored") == []
    assert [(e["task"], e["role"]) for e in seen.of("examples")] == [
        ("multiclass", "heldout"),
        ("binary", "heldout"),
        ("binary", "train"),
    ]


def test_an_environment_without_cairn_is_said_so_and_everything_else_is_seen(
    tmp_path: Path,
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "cairn.py").write_text("raise ImportError('not here')\n")

    seen = watch(
        tmp_path / "work",
        START + "model.fit(X, y)\naccuracy_score(y_test, model.predict(X_test))\n"
        "joblib.dump(model, 'm.joblib')\n",
        fresh=True,
    )

    assert seen.code == 0, seen.output
    (saved,) = seen.of("saved")
    assert saved["reason"] == "Cairn is not installed in the script's environment"
    assert [event["name"] for event in seen.of("metric")] == ["accuracy"]
    assert seen.of("without_cairn")
    assert seen.of("fault") == []
