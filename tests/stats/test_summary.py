"""What is recorded beside predictions."""

import pytest
from sklearn.metrics import brier_score_loss, f1_score, log_loss, roc_auc_score

from cairn.core.errors import Invalid
from cairn.stats.summary import rounded, summarise
from cairn.stats.tabulate import tabulate
from scores.scored import decided, ids, shuffled, spread


def test_every_metric_agrees_with_scikit_learn() -> None:
    rows = spread(500, skill=0.8, seed=6)

    found = summarise(rows)

    assert found["roc_auc"] == pytest.approx(roc_auc_score(rows.label, rows.score), rel=1e-11)
    assert found["log_loss"] == pytest.approx(log_loss(rows.label, rows.score), rel=1e-11)
    assert found["brier"] == pytest.approx(brier_score_loss(rows.label, rows.score), rel=1e-11)
    assert found["f1"] == pytest.approx(f1_score(rows.label, rows.score >= 0.5), rel=1e-11)
    assert list(found) == sorted(found)


def test_metrics_that_the_rows_do_not_define_are_left_out() -> None:
    found = summarise(decided(10, label=[0] * 10))

    assert "accuracy" in found
    assert not {"recall", "roc_auc", "precision"} & found.keys()


def test_labels_other_than_0_and_1_are_refused() -> None:
    with pytest.raises(Invalid, match="neither 0 nor 1"):
        summarise(tabulate(ids(2), [0, 2], score=[0.1, 0.2]))


def test_the_order_of_rows_changes_no_digit() -> None:
    rows = spread(3000, skill=0.8, seed=6)

    assert summarise(rows) == summarise(shuffled(rows, seed=1))


@pytest.mark.parametrize(
    ("value", "kept"), [(1 / 3, 0.333333333333), (-1e-15, 0.0), (1e-7 / 3, 3.33333333333e-8)]
)
def test_twelve_digits_are_kept(value: float, kept: float) -> None:
    assert rounded(value) == kept
