"""Curves agree with scikit-learn's, and keep their shape when most points are left out."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from cairn.stats import curves
from cairn.stats.align import Sample, sample
from cairn.stats.distributions import clopper_pearson
from scores.scored import spread


def scored(label: list[int], score: list[float]) -> Sample:
    return Sample(label=np.array(label, dtype=float), score=np.array(score))


def test_a_roc_curve_of_few_rows_has_scikit_learns_points():
    label, score = [1, 0, 1, 1, 0, 0], [0.9, 0.8, 0.8, 0.4, 0.4, 0.1]

    false, true, _ = roc_curve(label, score, drop_intermediate=False)

    assert np.allclose(curves.roc(scored(label, score)), np.column_stack([false, true]))


def test_a_precision_recall_curve_has_scikit_learns_points():
    label, score = [1, 0, 1, 1], [0.9, 0.8, 0.7, 0.4]

    precision, recall, _ = precision_recall_curve(label, score)

    expected = np.column_stack([recall, precision])[-2::-1]
    assert np.allclose(curves.precision_recall(scored(label, score)), expected)


def test_of_many_points_those_are_kept_that_carry_the_area():
    rows = sample(spread(20_000, skill=0.8, seed=3))
    false, true, _ = roc_curve(rows.label, rows.score)

    found = np.array(curves.roc(rows))

    assert len(found) <= curves.POINTS + 2
    assert tuple(found[-1]) == (1, 1)
    assert np.trapezoid(found[:, 1], found[:, 0]) == pytest.approx(
        np.trapezoid(true, false), abs=2e-3
    )


def test_calibration_bins_count_every_row_once():
    rows = scored([1, 0, 1, 1], [0.05, 0.0, 1.0, 0.95])

    low, high = curves.calibration(rows)

    assert (low.rows, low.share, low.predicted) == (2, 0.5, pytest.approx(0.025))
    assert (high.rows, high.share) == (2, 1.0)
    assert (low.lower, low.upper) == pytest.approx(clopper_pearson(1, 2, 0.025))


def test_scores_that_are_no_shares_and_rows_of_one_label_are_told():
    assert not curves.shares(scored([0, 1], [0.5, 1.5]))
    assert curves.shares(scored([0, 1], [0.0, 1.0]))
    assert not curves.both_labels(scored([1, 1], [0.1, 0.2]))


def test_calibration_bins_count_rows_by_weight_and_customers_once():
    label, score = np.array([1.0, 0.0, 0.0, 0.0] * 10), np.full(40, 0.95)
    plain = Sample(label=label, score=score)
    heavy = Sample(label=label, score=score, weight=np.where(label == 1, 3.0, 1.0))
    alike = Sample(
        label=np.repeat([1.0, 0.0], 20), score=score, unit=np.repeat([0, 1], 20).astype("u4")
    )

    (one,), (weighted,), (few,) = map(curves.calibration, (plain, heavy, alike))

    assert (one.share, weighted.share) == (0.25, pytest.approx(0.5))
    assert few.upper - few.lower > 2 * (one.upper - one.lower)
