"""What a model of several classes, or of numbers, predicted is kept as that of two classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cairn.capture.events import Examples
from cairn.capture.models.decisions import decided
from cairn.core.evaluation import Evaluation
from cairn.data.read_table import read_table
from cairn.flavors.frames.npy import write_array
from cairn.stats.predictions import decode
from projects.training import project, train

SPLIT = """
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.model_selection import train_test_split
X, y = load_iris(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
"""
CLASSES = """
model = LogisticRegression(max_iter=500).fit(X, y)
print(accuracy_score(y_test, model.predict(X_test)))
joblib.dump(model, "model.joblib")
"""
NUMBERS = """
model = LinearRegression().fit(X[:, :2], X[:, 2])
print(mean_absolute_error(X_test[:, 2], model.predict(X_test[:, :2])))
joblib.dump(model, "model.joblib")
"""


@pytest.mark.parametrize(
    ("fitting", "method", "metrics"),
    [
        (CLASSES, "predict_proba", "accuracy balanced_accuracy brier log_loss macro_f1"),
        (NUMBERS, "predict", "mae mse r2 rmse"),
    ],
)
def test_predictions_for_classes_and_numbers_are_stored_row_by_row(
    tmp_path: Path, fitting: str, method: str, metrics: str
) -> None:
    registry = project(tmp_path / "work", SPLIT + fitting)

    outcome = train(registry)

    assert outcome.version is not None, outcome.problem
    manifest = outcome.version.manifest
    assert outcome.facts.gaps == ()
    assert outcome.version.gaps == ()
    assert set(manifest.metrics) == set(metrics.split())
    evaluation = registry.objects.get_record(manifest.evaluations[0], Evaluation)
    found = decode(registry.objects.get(evaluation.predictions))
    test = read_table(
        registry, registry.find_snapshot(evaluation.snapshot), file="data.csv"
    ).to_frame()
    model: Any = registry.load(outcome.version.name).model
    expected = getattr(model, method)(test.drop(columns="label").to_numpy())
    in_order = sorted(range(len(test)), key=str)
    assert found.ids == tuple(map(str, in_order))
    assert (found.score == expected[in_order]).all()
    labels = [found.classes[int(n)] for n in found.label] if found.classes else found.label
    assert [str(one) for one in labels] == [str(one) for one in test["label"][in_order]]
    for name, value in evaluation.metrics.items():
        assert manifest.metrics[name] == pytest.approx(value)


def test_scores_that_would_fill_the_memory_are_neither_asked_for_nor_kept(
    tmp_path: Path,
) -> None:
    few = "import cairn_hook.evaluated; cairn_hook.evaluated.MOST_SCORES = 100\n"

    outcome = train(project(tmp_path / "work", SPLIT + few + CLASSES))

    (gap,) = (gap for gap in outcome.facts.gaps if gap.field == "evaluation")
    assert gap.reason.startswith("38 rows with a score for each of 3 classes are more than")
    assert outcome.facts.metrics.keys() == {"accuracy"}


def test_figures_of_several_classes_are_of_the_model_s_own_decisions(tmp_path: Path) -> None:
    told = Examples(
        time=1,
        number="1",
        model="1",
        generation=1,
        role="heldout",
        overlap=0,
        rows=60,
        task="multiclass",
        label="label",
        classes=("a", "b", "c"),
    )
    folder = tmp_path / "examples" / "1"
    folder.mkdir(parents=True)
    truth = np.arange(60) % 3
    write_array(0.2 + 0.4 * np.eye(3)[truth], folder / "predict_proba.npy")
    write_array(np.eye(3)[truth], folder / "predict.npy")
    write_array(truth.astype(float), folder / "labels.npy")

    assert decided(tmp_path, told) == ({}, ())
    write_array(np.eye(3)[[*truth[:-1], 0]], folder / "predict.npy")
    figures, notes = decided(tmp_path, told)

    assert figures["accuracy"] == pytest.approx(59 / 60)
    assert set(figures) == {"accuracy", "balanced_accuracy", "macro_f1"}
    assert notes[0].startswith("the model decides 1 of 60 rows otherwise than by its highest")
