"""Any version is scored on any snapshot, as `cairn.toml` says; equal inputs, equal digest."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cairn.core.errors import Invalid, NotFound, Refused
from cairn.core.evaluation import EvaluationInfo, Scorer
from cairn.core.version import Manifest
from cairn.gates.evaluation import configured_scorer, evaluate
from cairn.gates.scorer import score_with
from cairn.registry import Registry
from cairn.stats.predictions import Predictions, decode
from projects.workshop import (
    SETTINGS,
    Shady,
    add_table,
    churn,
    fitted,
    open_workshop,
    register,
    register_file,
)

TABLE = churn(rows=400)
FEATURES = ["age", "spend"]


def predictions(registry: Registry, info: EvaluationInfo) -> Predictions:
    return decode(registry.objects.get(info.evaluation.predictions))


def scorer(registry: Registry, info: EvaluationInfo) -> Scorer:
    return registry.objects.get_record(info.evaluation.scorer, Scorer)


def workshop(tmp_path: Path, settings: str) -> Registry:
    return open_workshop(tmp_path / "other", SETTINGS + settings)


def test_an_evaluation_has_ids_labels_scores_and_groups(registry: Registry) -> None:
    snapshot = add_table(registry, TABLE)
    model = fitted(LogisticRegression(), FEATURES)
    version = register(registry, model)

    info = evaluate(registry, version, on="snap:test")

    found = predictions(registry, info)
    rows = [line.split(",") for line in TABLE.splitlines()[1:]]
    features = np.array([[float(cell) for cell in row[3:]] for row in rows])
    assert found.ids == tuple(row[0] for row in rows)
    assert found.label.tolist() == [float(row[1]) for row in rows]
    expected = [row[1] for row in model.predict_proba(_frame(features)).tolist()]
    assert found.score.tolist() == expected
    assert found.groups["region"].sizes() == {
        "north": sum(row[2] == "north" for row in rows),
        "south": sum(row[2] == "south" for row in rows),
    }
    assert (info.evaluation.snapshot, info.evaluation.rows) == (snapshot.digest, 400)
    assert info.evaluation.metrics["roc_auc"] > 0.8
    assert info.evaluation.groups == ("region",)


def _frame(features: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(features, columns=pd.Index(FEATURES))


def test_the_same_evaluation_again_has_the_same_digest_and_is_not_recorded_twice(
    registry: Registry,
) -> None:
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    once, again = (evaluate(registry, version, on="test") for _ in range(2))

    assert once == again


def test_the_order_of_rows_in_the_table_does_not_change_the_predictions(
    registry: Registry,
) -> None:
    head, *lines = TABLE.splitlines()
    add_table(registry, TABLE, name="test")
    add_table(registry, "\n".join([head, *reversed(lines)]), name="reversed")
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    forwards = evaluate(registry, version, on="test")
    backwards = evaluate(registry, version, on="reversed")

    assert forwards.evaluation.snapshot != backwards.evaluation.snapshot
    assert forwards.evaluation.predictions == backwards.evaluation.predictions


def test_a_model_without_column_names_gets_all_but_label_id_groups_and_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = workshop(tmp_path, 'drop = ["spend"]\n')
    add_table(registry, TABLE)
    labels = [int(line.split(",")[1]) for line in TABLE.splitlines()[1:]]
    ages = [[float(line.split(",")[3])] for line in TABLE.splitlines()[1:]]
    version = register(registry, LogisticRegression().fit(ages, labels))

    info = evaluate(registry, version, on="test")

    assert info.evaluation.metrics["roc_auc"] > 0.6


def test_columns_come_in_the_order_of_training_whatever_the_table_has(
    registry: Registry,
) -> None:
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), ["spend", "age"]))

    assert evaluate(registry, version, on="test").evaluation.metrics["roc_auc"] > 0.8


def test_rows_without_an_id_column_are_numbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = open_workshop(tmp_path / "other", SETTINGS.replace('id = "customer"\n', ""))
    add_table(registry, churn(rows=3))
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    info = evaluate(registry, version, on="test")

    assert predictions(registry, info).ids == ("1", "2", "3")


def test_groups_are_text_and_missing_ones_are_a_group(registry: Registry) -> None:
    lines = ["c0,0,,0.1,0.1", "c1,1,7,0.2,0.1", "c2,1,7.0,0.2,0.1", "c3,1,NA,0.3,0.1"]
    add_table(registry, "\n".join(["customer,churned,region,age,spend", *lines]))
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    info = evaluate(registry, version, on="test")

    found = predictions(registry, info).groups["region"]
    assert found.sizes() == {"(missing)": 2, "7": 2}


def test_predict_takes_the_decision_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = workshop(tmp_path, 'score = "predict"\n')
    add_table(registry, TABLE)
    version = register(registry, fitted(RidgeClassifier(), FEATURES))

    info = evaluate(registry, version, on="test")

    assert set(predictions(registry, info).score.tolist()) == {0.0, 1.0}


OWN = """
from churn.settings import FACTOR

def score(model, rows):
    assert "customer" not in rows and "churned" not in rows
    assert "region" in rows
    return FACTOR * model.predict_proba(rows[["age", "spend"]])[:, 1]
"""


@pytest.fixture
def own_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = workshop(tmp_path, 'score = "churn.eval:score"\n')
    package = registry.settings.folder / "src" / "churn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "settings.py").write_text("FACTOR = 0.5\n")
    (package / "eval.py").write_text(OWN)
    add_table(registry, TABLE)
    for name in ("churn", "churn.settings"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    return registry


def test_a_function_of_the_project_with_a_secret_beside_it_is_not_kept(
    own_function: Registry,
) -> None:
    version = register(own_function, fitted(LogisticRegression(), FEATURES))
    file = own_function.settings.folder / "src" / "churn" / "eval.py"
    file.write_text(f'{OWN}password = "S3CRETpassw0rd"\n')

    with pytest.raises(
        Invalid, match=r"eval\.py, which scores, is kept as it is, and seems to"
    ):
        evaluate(own_function, version, on="test")


def test_a_function_of_the_project_scores_and_its_source_is_part_of_the_scorer(
    own_function: Registry,
) -> None:
    version = register(own_function, fitted(LogisticRegression(), FEATURES))

    info = evaluate(own_function, version, on="test")

    assert predictions(own_function, info).score.max() <= 0.5
    source = scorer(own_function, info).source
    assert source is not None
    assert own_function.objects.get(source).decode() == OWN


def test_another_function_is_another_scorer_and_is_run_as_it_stands_now(
    own_function: Registry,
) -> None:
    version = register(own_function, fitted(LogisticRegression(), FEATURES))
    before = evaluate(own_function, version, on="test")
    path = own_function.settings.folder / "src" / "churn" / "eval.py"
    path.write_text(OWN.replace("FACTOR *", "0.1 *"))

    after = evaluate(own_function, version, on="test")

    assert before.evaluation.scorer != after.evaluation.scorer
    assert predictions(own_function, after).score.max() <= 0.1


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "def score(model, rows):\n    return 1 / 0\n",
            "churn.eval:score failed: ZeroDivision",
        ),
        ("def other(model, rows): ...\n", "churn.eval has no function score"),
        ("score = 3\n", "churn.eval has no function score"),
        ("import nowhere\n", "churn.eval cannot be run: ModuleNotFoundError"),
        ("def score(:\n", "churn.eval cannot be run: SyntaxError"),
        ("def score(model, rows):\n    return [0.5]\n", "gave 1 value for 400 rows"),
        ("def score(model, rows):\n    return ['x'] * len(rows)\n", "values, not numbers"),
        (
            "def score(model, rows):\n    return [float('nan')] * len(rows)\n",
            "400 of 400 scores are NaN or infinite",
        ),
    ],
)
def test_a_function_that_does_not_work_is_named_with_what_is_wrong(
    own_function: Registry, source: str, says: str
) -> None:
    version = register(own_function, fitted(LogisticRegression(), FEATURES))
    (own_function.settings.folder / "src" / "churn" / "eval.py").write_text(source)

    with pytest.raises(Invalid, match=says):
        evaluate(own_function, version, on="test")


def test_a_function_whose_file_is_not_in_the_project_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = workshop(tmp_path, 'score = "json:dumps"\n')
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    with pytest.raises(Invalid, match=r"scores with json, but .* has no json.py"):
        evaluate(registry, version, on="test")


HEADER = "customer,churned,region,age,spend\n"


@pytest.mark.parametrize(
    ("table", "kind", "says"),
    [
        (HEADER, Invalid, "test.csv has no rows"),
        ("customer,churned,region,age\nc,1,n,0.1\n", NotFound, "no column 'spend'"),
        ("customer,label,region,age,spend\nc,1,n,1,1\n", NotFound, "no column 'churned'"),
        ("customer,churned,age,spend\nc,1,1,1\n", NotFound, "no column 'region'"),
        ("id,churned,region,age,spend\nc,1,n,1,1\n", NotFound, "no column 'customer'"),
        (HEADER + "c,2,n,1,1\nd,0,n,1,1\n", Invalid, "1 of 2 labels in column 'churned'"),
        (HEADER + "c,yes,n,1,1\n", Invalid, "1 class in column 'churned', such as 'yes'"),
        (HEADER + "c,,n,1,1\nd,0,n,1,1\n", Invalid, "1 of 2 rows has no label"),
        (HEADER + "c,1,n,1,1\nc,0,n,1,1\n", Invalid, "id 'c' occurs more than once"),
        (HEADER + "c,1,n,1,1\n,0,n,1,1\n", Invalid, "id of row number 2"),
        (HEADER + "c,1,n,old,1\n", Invalid, "does not take these inputs"),
        (HEADER + "c,1,n,,1\n", Invalid, "does not take these inputs"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_one_sentence(
    registry: Registry, table: str, kind: type[Exception], says: str
) -> None:
    add_table(registry, table)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    version = register(registry, fitted(model, FEATURES))

    with pytest.raises(kind, match=says) as caught:
        evaluate(registry, version, on="snap:test")

    assert "churn:1 on test cannot be evaluated: " in str(caught.value)


def test_a_model_trained_with_the_label_is_not_evaluated(registry: Registry) -> None:
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), ["age", "churned"]))

    with pytest.raises(Invalid, match="was trained with 'churned'"):
        evaluate(registry, version, on="test")


def test_a_model_of_three_classes_needs_a_function(registry: Registry) -> None:
    add_table(registry, TABLE)
    three = LogisticRegression().fit(_frame(np.eye(3)[:, :2]), [0, 1, 2])
    version = register(registry, three)

    with pytest.raises(Invalid, match="gives 3 numbers a row"):
        evaluate(registry, version, on="test")


def test_a_model_without_probabilities_is_named(registry: Registry) -> None:
    add_table(registry, TABLE)
    version = register(registry, fitted(RidgeClassifier(), FEATURES))

    with pytest.raises(Invalid, match="RidgeClassifier has no method predict_proba"):
        evaluate(registry, version, on="test")


def test_an_unknown_snapshot_is_not_found(registry: Registry) -> None:
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    with pytest.raises(NotFound, match="nowhere"):
        evaluate(registry, version, on="snap:nowhere")


def test_without_a_section_in_cairn_toml_the_error_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = open_workshop(tmp_path / "bare", "")
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    with pytest.raises(Invalid, match=r'\[model\."churn"\.evaluation\]'):
        evaluate(registry, version, on="test")


def test_a_version_without_weights_cannot_be_scored(registry: Registry) -> None:
    add_table(registry, TABLE)
    version = register(registry, fitted(LogisticRegression(), FEATURES))

    with pytest.raises(Invalid, match="churn:1 has no weights"):
        evaluate(registry, replace(version, manifest=Manifest()), on="test")


def test_a_model_that_could_run_code_is_not_loaded_to_be_scored(registry: Registry) -> None:
    add_table(registry, TABLE)
    version = register_file(registry, "model.pkl", pickle.dumps(Shady()))

    with pytest.raises(Refused, match="churn:1 cannot be measured"):
        evaluate(registry, version, on="test")


def test_a_model_that_breaks_while_scoring_is_named(registry: Registry) -> None:
    add_table(registry, TABLE)
    model = fitted(LogisticRegression(), FEATURES)
    model.coef_ = None
    scorer = configured_scorer(
        registry, register(registry, fitted(LogisticRegression(), FEATURES))
    )

    with pytest.raises(Invalid, match=r"LogisticRegression\.predict_proba"):
        score_with(scorer, registry)(model, _frame(np.zeros((2, 2))))
