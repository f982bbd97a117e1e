"""The pictures of several classes and of numbers: drawn of every row, with their numbers."""

import json
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from cairn.gates.page import classes, residuals
from cairn.gates.page.model import CANDIDATE, LIVE, Model
from cairn.stats.agreement import class_confusion
from cairn.stats.align import Sample, sample
from cairn.stats.residuals import bands
from cairn.stats.tabulate import tabulate, tabulate_classes

WORLD = np.random.default_rng(7)
HOSTILE = '<script>&"'
NAMES = ("ham", "spam", HOSTILE)


def classified(*, rows: int = 300, many: tuple[str, ...] = NAMES) -> Sample:
    truth = WORLD.integers(0, len(many), size=rows)
    raw = WORLD.random((rows, len(many))) + 1.5 * (truth[:, None] == np.arange(len(many)))
    shares = raw / raw.sum(axis=1, keepdims=True)
    scores: dict[str, Any] = {name: shares[:, at] for at, name in enumerate(many)}
    return sample(tabulate_classes(range(rows), [many[at] for at in truth], scores=scores))


def numbered(*, rows: int = 400, off: float = 0.0) -> Sample:
    label = WORLD.normal(size=rows)
    score = label + off + 0.1 * WORLD.normal(size=rows)
    return sample(tabulate(range(rows), label, score=score, task="regression"))


def data_of(content: str) -> list[Any]:
    return [json.loads(pre.text or "") for pre in ET.fromstring(content).iter("pre")]


def test_a_confusion_of_classes_is_scikit_learn_s() -> None:
    rows = classified()

    ours = class_confusion(rows)

    assert np.array_equal(ours, confusion_matrix(rows.label, rows.score.argmax(axis=1)))


def test_every_class_and_row_of_both_versions_is_told() -> None:
    models = [Model("m:2", classified(), CANDIDATE), Model("m:1", classified(), LIVE)]

    content = f"<page>{classes.pictures(models)}</page>"

    (data,) = data_of(content)
    assert {name: sum(one["rows"] for one in found) for name, found in data.items()} == {
        "m:2": 300,
        "m:1": 300,
    }
    assert "<script>" not in content
    told = "".join(ET.fromstring(content).itertext())
    assert all(f"as {name}" in told for name in NAMES)


def test_of_many_classes_the_largest_are_shown_and_it_is_said_how_many_are_not() -> None:
    many = tuple(f"class-{at:02d}" for at in range(23))

    content = classes.pictures([Model("m:1", classified(many=many), CANDIDATE)])

    assert "3 classes with fewer rows are not shown" in content


def test_scores_that_are_no_shares_have_no_reliability_and_that_is_said() -> None:
    rows = classified()
    wide = Sample(
        label=rows.label, score=rows.score * 9, task="multiclass", classes=rows.classes
    )

    assert "no reliability curve" in classes.pictures([Model("m:1", wide, CANDIDATE)])


def test_residuals_are_of_all_rows_in_order_of_their_labels() -> None:
    rows = numbered(off=2.0)

    found = bands(rows)

    assert sum(one.rows for one in found) == rows.rows
    assert all(a.high < b.low for a, b in pairwise(found))
    assert all(one.most[0] <= one.middle <= one.most[1] for one in found)
    assert all(one.middle == pytest.approx(2.0, abs=0.1) for one in found)


@pytest.mark.parametrize("labels", [[1.0], [3.0, 3.0, 3.0], [1.0, 2.0]])
def test_few_or_equal_labels_are_fewer_bands(labels: list[float]) -> None:
    rows = sample(tabulate(range(len(labels)), labels, score=labels, task="regression"))

    assert len(bands(rows)) <= len(set(labels))
    assert sum(one.rows for one in bands(rows)) == len(labels)


def test_both_versions_have_their_residuals_drawn() -> None:
    models = [Model("m:2", numbered(), CANDIDATE), Model(HOSTILE, numbered(off=1), LIVE)]

    content = f"<page>{residuals.pictures(models)}</page>"

    assert [sum(one["rows"] for one in data) for data in data_of(content)] == [400, 400]
    assert "<script>" not in content
