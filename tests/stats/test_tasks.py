"""Every task and weighted rows: the values are those of scikit-learn, or of the definition."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import metrics as peer

from cairn.core.errors import Invalid
from cairn.stats.align import Sample, align, sample
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.measure import compare, measure
from cairn.stats.summary import summarise
from cairn.stats.tabulate import tabulate, tabulate_classes

Array = npt.NDArray[np.float64]


def value(name: str, rows: Sample) -> float:
    found = measure(name, rows)
    assert isinstance(found, Estimate), found
    assert found.lower <= found.value <= found.upper
    return found.value


def classes(rows: int = 400, *, seed: int = 1) -> Sample:
    world = np.random.default_rng(seed)
    label = world.integers(0, 3, rows).astype(float)
    raw = world.random((rows, 3)) + np.eye(3)[label.astype(int)] * 0.4
    return Sample(
        label=label,
        score=raw / raw.sum(axis=1, keepdims=True),
        task="multiclass",
        classes=("a", "b", "c"),
    )


def test_metrics_of_several_classes_are_those_of_scikit_learn() -> None:
    rows = classes()
    true, said = rows.label.astype(int), rows.score.argmax(axis=1)

    assert value("accuracy", rows) == pytest.approx(peer.accuracy_score(true, said))
    assert value("macro_f1", rows) == pytest.approx(peer.f1_score(true, said, average="macro"))
    assert value("balanced_accuracy", rows) == pytest.approx(
        peer.balanced_accuracy_score(true, said)
    )
    assert value("log_loss", rows) == pytest.approx(peer.log_loss(true, rows.score))
    assert value("brier", rows) == pytest.approx(
        float(((rows.score - np.eye(3)[true]) ** 2).sum(axis=1).mean())
    )
    assert value("top_k_accuracy@2", rows) == pytest.approx(
        peer.top_k_accuracy_score(true, rows.score, k=2)
    )


def test_one_class_of_several_is_seen_against_all_others() -> None:
    rows = classes()
    true, said = rows.label == 1, rows.score.argmax(axis=1) == 1

    assert value("recall/b", rows) == pytest.approx(peer.recall_score(true, said))
    assert value("precision/b", rows) == pytest.approx(peer.precision_score(true, said))
    assert value("f1/b", rows) == pytest.approx(peer.f1_score(true, said))
    assert value("roc_auc/b", rows) == pytest.approx(
        peer.roc_auc_score(true, rows.score[:, 1])
    )
    with pytest.raises(Invalid, match="no class 'd'; there are a, b, c"):
        measure("recall/d", rows)


def test_metrics_of_numbers_are_those_of_scikit_learn() -> None:
    world = np.random.default_rng(2)
    label = 50 + world.normal(size=300)
    rows = Sample(label=label, score=label + world.normal(size=300), task="regression")

    assert value("mae", rows) == pytest.approx(peer.mean_absolute_error(label, rows.score))
    assert value("mse", rows) == pytest.approx(peer.mean_squared_error(label, rows.score))
    assert value("rmse", rows) == pytest.approx(
        peer.root_mean_squared_error(label, rows.score)
    )
    assert value("r2", rows) == pytest.approx(peer.r2_score(label, rows.score))
    assert value("median_absolute_error", rows) == pytest.approx(
        peer.median_absolute_error(label, rows.score)
    )


def ranking(*, seed: int, queries: int = 60, each: int = 8) -> Sample:
    world = np.random.default_rng(seed)
    label = world.integers(0, 3, queries * each).astype(float)
    score = np.round(label + 2 * world.normal(size=label.size), 0)
    unit = np.repeat(np.arange(queries), each).astype(np.uint32)
    return Sample(label=label, score=score, task="ranking", unit=unit)


@pytest.mark.parametrize("k", [None, 3])
def test_ndcg_is_that_of_scikit_learn_ties_included(k: int | None) -> None:
    rows = ranking(seed=3)
    name = "ndcg" if k is None else f"ndcg@{k}"

    found = value(name, rows)

    shaped = [column.reshape(60, 8) for column in (rows.label, rows.score)]
    relevant = shaped[0].sum(axis=1) > 0
    assert found == pytest.approx(
        peer.ndcg_score(shaped[0][relevant], shaped[1][relevant], k=k), abs=1e-12
    )


def test_a_relevant_row_that_ties_comes_behind_those_it_ties_with() -> None:
    rows = Sample(
        label=np.array([0.0, 1, 0, 1, 0, 0]),
        score=np.array([3.0, 3, 1, 5, 5, 5]),
        task="ranking",
        unit=np.array([0, 0, 0, 1, 1, 1], dtype=np.uint32),
    )

    assert value("mrr", rows) == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert value("hit_rate@2", rows) == pytest.approx(1 / 2)


def test_queries_and_not_rows_are_the_unit_of_chance_in_a_ranking() -> None:
    found = measure("ndcg", ranking(seed=4, queries=30))

    assert isinstance(found, Estimate)
    assert (found.rows, found.noun) == (30, "query")


def test_a_query_without_a_relevant_row_is_left_out() -> None:
    rows = ranking(seed=5, queries=30)
    silent = Sample(
        label=np.r_[rows.label, np.zeros(8)],
        score=np.r_[rows.score, np.arange(8.0)],
        task="ranking",
        unit=np.r_[rows.unit, np.full(8, 30)].astype(np.uint32),
    )

    assert value("ndcg", silent) == value("ndcg", rows)


Peer = Callable[[Array, Array, Array], float]
PEERS: dict[str, Peer] = {
    "accuracy": lambda y, s, w: float(peer.accuracy_score(y, s >= 0.5, sample_weight=w)),
    "recall": lambda y, s, w: float(peer.recall_score(y, s >= 0.5, sample_weight=w)),
    "f1": lambda y, s, w: float(peer.f1_score(y, s >= 0.5, sample_weight=w)),
    "mcc": lambda y, s, w: float(peer.matthews_corrcoef(y, s >= 0.5, sample_weight=w)),
    "roc_auc": lambda y, s, w: float(peer.roc_auc_score(y, s, sample_weight=w)),
    "log_loss": lambda y, s, w: float(peer.log_loss(y, s, sample_weight=w)),
    "brier": lambda y, s, w: float(peer.brier_score_loss(y, s, sample_weight=w)),
    "average_precision": lambda y, s, w: float(
        peer.average_precision_score(y, s, sample_weight=w)
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_weighted_metrics_are_those_of_scikit_learn(name: str) -> None:
    world = np.random.default_rng(6)
    label = (world.random(700) < 0.4).astype(float)
    score = 1 / (1 + np.exp(-np.round(label + world.normal(size=700), 1)))
    weight = world.exponential(size=700)

    found = value(name, Sample(label=label, score=score, weight=weight))

    assert found == pytest.approx(PEERS[name](label, score, weight), abs=1e-9)


def test_weights_of_one_change_no_value() -> None:
    world = np.random.default_rng(7)
    label = (world.random(300) < 0.5).astype(float)
    score = world.random(300)
    for name in ("accuracy", "f1", "roc_auc", "brier", "average_precision", "ece"):
        plain = value(name, Sample(label=label, score=score))
        assert value(name, Sample(label=label, score=score, weight=np.ones(300))) == (
            pytest.approx(plain, abs=1e-12)
        )


def test_a_number_of_the_projects_own_is_compared_in_its_own_direction() -> None:
    world = np.random.default_rng(8)
    cheap, dear = world.normal(1, 1, 500), world.normal(2, 1, 500)
    tables = [
        tabulate(range(500), [], score=[], task="values", values={"cost": (numbers, "lower")})
        for numbers in (cheap, dear)
    ]

    found = compare("mean/cost", align(*tables))

    assert isinstance(found, Difference)
    assert found.better == "lower"
    assert found.gain > 0 > found.difference
    assert summarise(tables[0]).keys() == {"mean/cost"}
    with pytest.raises(Invalid, match=r"no number 'price' .* \(it has: cost\)"):
        compare("mean/price", align(*tables))


@pytest.mark.parametrize("name", ["rmse", "ndcg", "recall", "mean/x"])
def test_a_metric_of_another_task_is_refused_with_those_there_are(name: str) -> None:
    rows = classes(30)

    with pytest.raises(Invalid, match=r"multiclass, which has accuracy|no number 'x'"):
        measure(name, rows)


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(Invalid, match="label 'd' is none of the classes"):
        tabulate_classes([1, 2], ["a", "d"], scores={"a": [1, 0], "b": [0, 1]})


def test_rows_of_several_classes_are_sorted_with_their_scores() -> None:
    made = tabulate_classes(
        ["z", "a"], ["cat", "ant"], scores={"cat": [0.9, 0.2], "ant": [0.1, 0.8]}
    )

    assert (made.ids, made.classes) == (("a", "z"), ("ant", "cat"))
    assert made.label.tolist() == [0, 1]
    assert made.score.tolist() == [[0.8, 0.2], [0.1, 0.9]]
    assert sample(made).rows == 2


def test_two_rows_of_a_ranking_say_nothing_about_its_spread() -> None:
    one = Sample(
        label=np.array([1.0, 0]),
        score=np.array([0.0, 1]),
        task="ranking",
        unit=np.zeros(2, dtype=np.uint32),
    )

    found = measure("ndcg", one)

    assert isinstance(found, Undefined)
    assert "1 queries" in found.reason
