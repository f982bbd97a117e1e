"""Models of every task are evaluated on a snapshot as `cairn.toml` says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from sklearn.linear_model import LinearRegression, LogisticRegression

from cairn.core.errors import Invalid
from cairn.core.evaluation import EvaluationInfo, Perturbation, Scorer
from cairn.data.tables.column import read_column
from cairn.data.tables.table import parse_table
from cairn.gates.compare import compare
from cairn.gates.evaluation import configured_scorer, evaluate, evaluate_with
from cairn.gates.models import Models
from cairn.gates.perturb import perturb
from cairn.gates.report import comparison_text
from cairn.gates.task import task_of
from cairn.registry import Registry
from cairn.stats.predictions import Predictions, decode
from projects.workshop import add_table, open_workshop, register

NUMBERS = """
[model.churn.evaluation]
data = "snap:test"
id = "order"
label = "minutes"
task = "regression"
score = "predict"
unit = "customer"
weight = "share"
groups = ["size"]
"""
OWN = """
[model.churn.evaluation]
data = "snap:test"
id = "order"
label = "minutes"
task = "values"
score = "predict"
metrics = "shop:worth"
values = {cost = "lower", kept = "higher"}
"""
SHOP = """
def worth(rows, outputs):
    late = outputs - rows["minutes"].to_numpy()
    return {"cost": abs(late), "kept": (late < 1).astype(float)}
"""
CLASSES = """
[model.churn.evaluation]
data = "snap:test"
id = "order"
label = "size"
task = "multiclass"
"""


def orders(rows: int = 200, seed: int = 0) -> str:
    world = np.random.default_rng(seed)
    far, heavy = world.normal(size=rows), world.normal(size=rows)
    minutes = 30 + 5 * far + 2 * heavy + world.normal(size=rows)
    size = np.where(heavy > 0.5, "large", np.where(heavy < -0.5, "small", "usual"))
    lines = [
        f"o{row:04d},c{row % 40:02d},{minutes[row]:.3f},{size[row]},{1 + row % 3},"
        f"{far[row]:.4f},{heavy[row]:.4f}"
        for row in range(rows)
    ]
    return "\n".join(["order,customer,minutes,size,share,far,heavy", *lines]) + "\n"


def trained(model: Any, label: str) -> Any:
    table = parse_table(orders(400, seed=1).encode(), name="train.csv").to_frame()
    return model.fit(table[["far", "heavy"]], table[label])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a project with these settings and the orders to test on."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))

    def made(settings: str) -> Registry:
        registry = open_workshop(tmp_path / "shop", settings)
        (tmp_path / "shop" / "shop.py").write_text(SHOP)
        add_table(registry, orders())
        return registry

    return made


def predictions(registry: Registry, info: EvaluationInfo) -> Predictions:
    return decode(registry.objects.get(info.evaluation.predictions))


def test_numbers_are_evaluated_with_units_weights_and_groups(shop: Any) -> None:
    registry = shop(NUMBERS)

    version = register(registry, trained(LinearRegression(), "minutes"))
    info = evaluate(registry, version, on="test")

    found = predictions(registry, info)
    assert info.evaluation.task == found.task == "regression"
    assert found.unit is not None
    assert found.weight is not None
    assert len(found.unit.levels) == 40
    assert found.weight[:4].tolist() == [1, 2, 3, 1]
    assert sorted(found.groups) == ["size"]
    assert set(info.evaluation.metrics) == {"mae", "mse", "r2", "rmse"}
    assert info.evaluation.metrics["rmse"] == pytest.approx(1.0, abs=0.2)


def test_classes_are_named_and_have_a_score_each(shop: Any) -> None:
    registry = shop(CLASSES)

    version = register(registry, trained(LogisticRegression(), "size"))
    info = evaluate(registry, version, on="test")

    found = predictions(registry, info)
    assert found.classes == ("large", "small", "usual")
    assert found.score.sum(axis=1) == pytest.approx(1.0)
    assert info.evaluation.metrics["accuracy"] > 0.9


def test_numbers_of_the_projects_own_are_recorded_by_the_digest_of_their_source(
    shop: Any,
) -> None:
    registry = shop(OWN)

    version = register(registry, trained(LinearRegression(), "minutes"))
    info = evaluate(registry, version, on="test")

    found = predictions(registry, info)
    scorer = registry.objects.get_record(info.evaluation.scorer, Scorer)
    assert registry.objects.get(scorer.metrics_source) == SHOP.encode()
    assert {name: own.better for name, own in found.values.items()} == {
        "cost": "lower", "kept": "higher",
    }  # fmt: skip
    assert set(info.evaluation.metrics) == {"mean/cost", "mean/kept"}


@pytest.mark.parametrize(
    ("settings", "kind", "label", "task"),
    [
        (
            NUMBERS.replace('task = "regression"\nscore = "predict"\n', ""),
            LinearRegression,
            "minutes",
            "regression",
        ),
        (
            CLASSES.replace('task = "multiclass"\n', ""),
            LogisticRegression,
            "size",
            "multiclass",
        ),
    ],
)
def test_what_is_predicted_is_found_out_from_the_labels(
    shop: Any, settings: str, kind: type[Any], label: str, task: str
) -> None:
    lines = settings.splitlines(keepends=True)
    registry = shop("".join(x for x in lines if not x.startswith(("task", "score"))))

    info = evaluate(registry, register(registry, trained(kind(), label)), on="test")

    assert info.evaluation.task == task


@pytest.mark.parametrize(
    ("values", "numbers", "task"),
    [
        (["0", "1", "1"], False, "binary"),
        (["true", "false"], False, "binary"),
        (["0", "1", "2"], False, "multiclass"),
        (["0", "1", "2"], True, "regression"),
        ([str(value) for value in range(50)], False, "regression"),
        (["0.5", "1.25"], False, "regression"),
        (["late", "early"], False, "multiclass"),
    ],
)
def test_labels_say_what_they_are(values: list[str], *, numbers: bool, task: str) -> None:
    assert task_of(read_column("label", values), numbers=numbers) == task


def test_text_for_two_classes_says_what_to_write(shop: Any) -> None:
    registry = shop(CLASSES.replace("multiclass", "binary"))
    version = register(registry, trained(LogisticRegression(), "size"))

    with pytest.raises(Invalid, match=r"3 classes in column 'size', .* leave task out"):
        evaluate(registry, version, on="test")


RANKING = """
[model.churn.evaluation]
data = "snap:test"
id = "order"
label = "share"
task = "ranking"
unit = "customer"
score = "predict"
"""


@pytest.mark.parametrize(
    ("settings", "label", "says", "grouped"),
    [
        (
            *(NUMBERS, "minutes"),
            r"are at most \d\S* apart on half of 200 rows; churn:2 is closer to the label on",
            "mae by size",
        ),
        (CLASSES, "size", "are right only with", "Decided differently"),
        (RANKING, "minutes", r"churn:2 and churn:1 on 200 rows\.", "Scored differently"),
        (OWN, "minutes", r"churn:2 and churn:1 on 200 rows\.", "mean/cost"),
    ],
)
def test_versions_of_every_task_are_compared(
    shop: Any, settings: str, label: str, says: str, grouped: str
) -> None:
    registry = shop(settings)
    kind = LogisticRegression if settings is CLASSES else LinearRegression
    live = register(registry, trained(kind(), label))
    candidate = register(registry, trained(kind(fit_intercept=False), label))

    found = compare(registry, candidate, live)

    text = " ".join(comparison_text(found).split())
    assert re.search(says, text)
    assert grouped in text
    assert ("agree" in text) == (found.agreement is not None) == (settings is CLASSES)
    assert found.gained + found.lost <= found.rows - round((found.agreement or 0) * found.rows)
    assert {metric.metric for metric in found.metrics} == set(
        evaluate(registry, live, on="test").evaluation.metrics
    )


def test_a_flipped_row_of_several_classes_names_them(shop: Any) -> None:
    registry = shop(CLASSES)
    live = register(registry, trained(LogisticRegression(), "size"))
    candidate = register(registry, trained(LogisticRegression(C=1e-4), "size"))

    found = compare(registry, candidate, live)

    assert found.flipped
    for row in found.flipped:
        assert {row.label, row.candidate, row.live} <= {"large", "small", "usual"}
        assert row.candidate != row.live


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("def worth(rows, outputs):\n    return {'cost': outputs}\n", r"gave \['cost'\]"),
        ("def worth(rows, outputs):\n    return 3\n", "must give a mapping"),
        ("def worth(rows, outputs):\n    raise KeyError('x')\n", "failed: KeyError"),
    ],
)
def test_a_metric_function_that_gives_something_else_is_named(
    shop: Any, function: str, says: str
) -> None:
    registry = shop(OWN)
    (registry.settings.folder / "shop.py").write_text(function)
    version = register(registry, trained(LinearRegression(), "minutes"))

    with pytest.raises(Invalid, match=says):
        evaluate(registry, version, on="test")


def test_an_evaluation_under_noise_is_another_one_and_can_be_repeated(shop: Any) -> None:
    registry = shop(NUMBERS)
    version = register(registry, trained(LinearRegression(), "minutes"))
    snapshot = registry.find_snapshot("test")
    scorer = configured_scorer(registry, version)
    noisy = replace(scorer, perturbation=Perturbation(kind="noise", amount=0.5, seed=3))

    clean, once, again = (
        evaluate_with(Models(registry), version, snapshot=snapshot, scorer=one)
        for one in (scorer, noisy, noisy)
    )

    assert once.digest == again.digest != clean.digest
    assert once.evaluation.metrics["rmse"] > 1.5 * clean.evaluation.metrics["rmse"]


def test_inputs_are_perturbed_by_column_and_the_original_is_left_alone() -> None:
    frame = parse_table(orders(2000).encode(), name="test.csv").to_frame()
    rows = frame[["far", "heavy", "size"]]

    shifted = perturb(rows, Perturbation(kind="shift", amount=2, columns=("far",)))
    gone = perturb(rows, Perturbation(kind="missing", amount=0.3))

    assert (shifted["far"] - rows["far"]).mean() == pytest.approx(2 * rows["far"].std(ddof=0))
    assert shifted["heavy"].equals(rows["heavy"])
    assert gone["size"].equals(rows["size"])
    assert gone["far"].isna().mean() == pytest.approx(0.3, abs=0.04)
    assert not rows.isna().to_numpy().any()


def test_arrays_are_perturbed_alike() -> None:
    rows = np.random.default_rng(0).normal(size=(500, 2))

    noisy = perturb(rows, Perturbation(kind="noise", amount=0.1))

    assert (noisy - rows).std() == pytest.approx(0.1, rel=0.1)
    with pytest.raises(Invalid, match="have no names"):
        perturb(rows, Perturbation(kind="noise", amount=0.1, columns=("far",)))


def test_what_cannot_be_perturbed_is_named() -> None:
    frame = parse_table(orders(20).encode(), name="test.csv").to_frame()

    with pytest.raises(Invalid, match="'size' is not a column of numbers"):
        perturb(frame, Perturbation(kind="noise", amount=1, columns=("size",)))
    with pytest.raises(Invalid, match="another seed changes how a model is trained"):
        perturb(frame, Perturbation(kind="seed", amount=3))
