"""Two models side by side: agreement, flips and confusion."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from cairn.stats.agreement import Confusion, Flip, agreement, confusion, flips
from scores.rows import models, pair


def test_decisions_are_counted_against_each_other_and_the_label() -> None:
    rows = pair([1, 1, 0, 0, 1], [0.9, 0.6, 0.6, 0.1, 0.2], [0.8, 0.4, 0.3, 0.7, 0.1])

    found = agreement(rows)

    assert (found.rows, found.agreeing, found.rate) == (5, 2, 0.4)
    assert (found.gained, found.lost) == (2, 1)
    assert [confusion(rows) for rows in rows.samples()] == [
        Confusion(true_positive=2, false_positive=1, false_negative=1, true_negative=1),
        Confusion(true_positive=1, false_positive=1, false_negative=2, true_negative=1),
    ]


def test_flips_come_with_the_largest_change_of_score_first() -> None:
    rows = pair([1, 0, 1, 0], [0.6, 0.9, 0.4, 0.9], [0.4, 0.1, 0.6, 0.8])

    found = flips(rows, limit=10)

    assert [flip.id for flip in found] == ["0000001", "0000000", "0000002"]
    assert found[0] == Flip(id="0000001", label=0.0, candidate=0.9, live=0.1)
    assert flips(rows, limit=1) == found[:1]


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_confusion_agrees_with_scikit_learn(threshold: float) -> None:
    rows = models(400, seed=21).samples()[0]
    oracle = confusion_matrix(rows.positive, rows.score >= threshold).ravel().tolist()

    found = confusion(rows, threshold)

    assert [
        found.true_negative,
        found.false_positive,
        found.false_negative,
        found.true_positive,
    ] == oracle


def test_a_model_agrees_with_itself() -> None:
    rows = models(100, seed=22)
    same = pair(rows.positive, rows.live, rows.live)

    found = agreement(same, 0.3)

    assert (found.rate, found.gained, found.lost) == (1.0, 0, 0)
    assert flips(same, 0.3, limit=5) == ()


def test_a_score_at_the_threshold_is_decided_positive() -> None:
    found = agreement(pair([1, 0], [0.5, 0.3], [0.4, 0.5]))

    assert (found.agreeing, found.gained, found.lost) == (0, 2, 0)


def test_what_flipped_is_what_was_gained_or_lost() -> None:
    rows = models(500, seed=23)

    found = agreement(rows)

    flipped = flips(rows, limit=rows.rows)
    right = [(flip.label == 1) == (float(flip.candidate) >= 0.5) for flip in flipped]
    assert found.agreeing is not None
    assert len(flipped) == found.rows - found.agreeing
    assert (sum(right), len(right) - sum(right)) == (found.gained, found.lost)
    change = np.array([abs(float(flip.candidate) - float(flip.live)) for flip in flipped])
    assert (np.diff(change) <= 0).all()
