"""The same facts, told from inside: `with cairn.run("churn", seed=7) as run`."""

import os
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import cairn
from cairn.core.errors import Invalid, NotFound, Refused
from cairn.core.evaluation import Evaluation
from cairn.core.run import RunFacts
from cairn.registry import Registry
from cairn.stats.predictions import decode
from projects.training import customers, project, train

COLUMNS = ["age", "spend"]


@pytest.fixture(name="registry")
def _registry(tmp_path: Path) -> Registry:
    registry = project(tmp_path / "work", files={"data/test.csv": customers(rows=80)})
    os.chdir(tmp_path / "work")
    return registry


def fitted(path: Path, model: object | None = None) -> LogisticRegression:
    table = pd.read_csv(path)
    chosen = model if model is not None else LogisticRegression()
    return chosen.fit(table[COLUMNS], table["left"])  # type: ignore[attr-defined] (only the local engine has it)


def few_rows() -> pd.DataFrame:
    return pd.DataFrame({name: [0.0, 1.0, 2.0] for name in COLUMNS})


def test_a_run_from_inside_has_the_same_parts_as_a_command(registry: Registry) -> None:
    test = registry.snapshot("data/test.csv", name="test")
    table = pd.read_csv("data/test.csv")

    with cairn.run("churn", seed=7) as run:
        model = fitted(run.use("data/customers.csv"))
        run.log_params({"note": "first"})
        run.log_metrics({"cost": 12.5})
        run.log_field("owner", "ada")
        run.evaluate(
            table["left"],
            model.predict_proba(table[COLUMNS])[:, 1],
            ids=table["customer"],
            groups={"region": table["region"]},
            on=test,
        )
        run.save(model)

    manifest = run.version.manifest
    assert run.version.name == "churn:1"
    assert run.version.gaps == ()
    assert run.version.labels == ("staging",)
    assert [(given.role, given.path) for given in manifest.inputs] == [
        ("test", ""),
        ("train", "data/customers.csv"),
    ]
    assert [(seed.generator, seed.value) for seed in manifest.seeds] == [
        ("numpy.random", "7"),
        ("random", "7"),
    ]
    assert (manifest.parameters["C"], manifest.parameters["note"]) == (1.0, "first")
    assert manifest.metrics["cost"] == 12.5
    assert manifest.fields == {"owner": "ada"}
    assert manifest.metrics["roc_auc"] > 0.7
    assert manifest.code is not None
    assert manifest.environment is not None
    assert manifest.artifacts is not None
    assert manifest.artifacts.golden is not None
    evaluation = registry.objects.get_record(manifest.evaluations[0], Evaluation)
    assert evaluation.snapshot == test.digest
    rows = decode(registry.objects.get(evaluation.predictions))
    assert rows.ids == tuple(sorted(table["customer"]))
    assert set(rows.groups) == {"region"}


def test_the_same_run_again_is_the_same_version(registry: Registry) -> None:
    digests: set[str] = set()
    for _ in range(2):
        with cairn.run("churn", seed=7) as run:
            forest = RandomForestClassifier(n_estimators=5)
            model = fitted(run.use("data/customers.csv"), forest)
            drawn = random.random() + np.random.random_sample()  # noqa: NPY002 (scripts still do this)
            run.log_metric("drawn", drawn)
            run.save(model, example=pd.read_csv("data/test.csv")[COLUMNS])
        digests.add(run.version.digest)

    assert len(digests) == 1
    assert len(registry.versions("churn")) == 1


def test_chance_without_a_seed_is_a_gap(registry: Registry) -> None:
    del registry

    with cairn.run("churn") as run:
        model = fitted(run.use("data/customers.csv"), RandomForestClassifier(n_estimators=5))
        run.log_metric("cost", 1)
        run.save(model, example=few_rows())

    assert run.version.manifest.unseeded == ("numpy.random",)
    assert [gap.field for gap in run.version.gaps] == ["seeds"]


def test_predictions_without_a_snapshot_make_one_of_their_labels(registry: Registry) -> None:
    with cairn.run("churn", seed=1) as run:
        run.use("data/customers.csv")
        run.evaluate([0, 1, 1], [0.1, 0.8, 0.6])
        run.save(fitted(Path("data/customers.csv")), example=few_rows())

    (test,) = [given for given in run.version.manifest.inputs if given.role == "test"]
    info = registry.find_snapshot(test.snapshot)
    assert (info.kind, info.origin) == ("derived", "made by run.evaluate")
    assert run.version.manifest.metrics["accuracy"] == 1.0


def test_an_error_in_the_block_ends_the_run_as_failed_and_flies_on(registry: Registry) -> None:
    with pytest.raises(KeyError, match="absent"), cairn.run("churn") as run:
        run.log_param("x", {}["absent"])

    found = registry.run(run.id)
    assert (found.status, found.versions) == ("failed", ())
    assert found.facts is not None
    log = registry.objects.get_record(found.facts, RunFacts).log
    assert log is not None
    assert registry.objects.get(log) == b"KeyError: 'absent'"
    with pytest.raises(NotFound, match="has no version"):
        _ = run.version
    assert list((registry.settings.store / "runs").iterdir()) == []


def test_ctrl_c_in_the_block_leaves_the_run_interrupted(registry: Registry) -> None:
    with pytest.raises(KeyboardInterrupt), cairn.run("churn") as run:
        raise KeyboardInterrupt

    assert registry.run(run.id).status == "interrupted"


def test_a_metric_that_is_no_number_is_refused_at_once(registry: Registry) -> None:
    with pytest.raises(Invalid, match="metric loss is nan"), cairn.run("churn") as run:
        run.log_metric("loss", float("nan"))

    assert registry.versions("churn") == ()


@pytest.mark.parametrize(
    ("labels", "scores", "sentence"),
    [
        ([0, 1], [0.5], "column 'score' has 1 values for 2 rows"),
        ([0, 2], [0.5, 0.5], "1 of 2 labels are neither 0 nor 1"),
        ([0, 1], [0.5, float("nan")], "column 'score' of row '1' is nan"),
    ],
)
def test_predictions_that_do_not_fit_are_refused_at_once(
    registry: Registry, labels: list[int], scores: list[float], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence), cairn.run("churn") as run:
        run.evaluate(labels, scores)

    assert registry.runs()[0].status == "failed"


def test_a_refused_registration_is_raised_and_the_run_is_kept(registry: Registry) -> None:
    run = cairn.run("churn")
    with pytest.raises(Refused, match="no metric was measured"), run:
        run.save(fitted(run.use("data/customers.csv")), example=few_rows())

    assert registry.run(run.id).status == "succeeded"
    assert registry.versions("churn") == ()


def test_a_second_model_belongs_to_a_second_run(registry: Registry) -> None:
    del registry
    model = fitted(Path("data/customers.csv"))

    with cairn.run("churn") as run:
        run.save(model)
        with pytest.raises(Invalid, match="use one run for each model"):
            run.save(model)
        run.use("data/customers.csv")
        run.log_metric("cost", 1)


def test_data_that_may_change_is_refused(registry: Registry) -> None:
    del registry

    with (
        pytest.raises(Refused, match="may hold other data tomorrow"),
        cairn.run("churn") as run,
    ):
        run.use("https://example.org/train.csv")


def test_what_a_model_holds_that_is_not_safe_is_refused_by_name(registry: Registry) -> None:
    class Own(LogisticRegression):
        """A class that only this script knows."""

    with (
        pytest.raises(Invalid, match="Cairn has no safe format for a"),
        cairn.run("churn") as run,
    ):
        run.save(fitted(Path("data/customers.csv"), Own()))

    assert registry.runs()[0].status == "failed"


SELF_CAPTURED = """
import cairn
import pandas as pd
from sklearn.linear_model import LogisticRegression
with cairn.run("churn", seed=7) as run:
    table = pd.read_csv(run.use("data/customers.csv"))
    model = LogisticRegression().fit(table[["age", "spend"]], table["left"])
    run.log_metric("cost", 1)
    run.save(model, example=table[["age", "spend"]])
"""


def test_a_script_that_captures_itself_can_run_under_cairn_run(tmp_path: Path) -> None:
    registry = project(tmp_path / "both", SELF_CAPTURED)

    outcome = train(registry)

    assert outcome.exit_code == 0
    assert outcome.version is not None
    assert outcome.version.name == "churn:1"
    assert len(registry.runs()) == 2
    assert outcome.notes == (
        f"the script captured itself: run:{outcome.version.run[:8]}, which succeeded",  # type: ignore[index] (it is there)
    )
