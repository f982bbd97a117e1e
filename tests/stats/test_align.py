"""Two models are compared on the same rows, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from cairn.core.errors import Invalid
from cairn.stats.align import align, sample
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate


def table(
    ids: str = "abcd", label: str = "0110", score: float = 0.5, groups: str = "nnss"
) -> Predictions:
    return tabulate(
        list(ids),
        [int(digit) for digit in label],
        score=[score] * len(ids),
        groups={"region": list(groups)},
    )


def test_rows_are_matched_by_id_whatever_their_order() -> None:
    live = tabulate(["b", "a"], [1, 0], score=[0.2, 0.1])
    candidate = tabulate(["a", "b"], [0, 1], score=[0.3, 0.4])

    found = align(candidate, live)

    assert found.ids == ("a", "b")
    assert found.positive.tolist() == [False, True]
    assert (found.candidate.tolist(), found.live.tolist()) == ([0.3, 0.4], [0.1, 0.2])


def test_rows_that_only_one_model_saw_are_counted_and_the_first_is_named() -> None:
    with pytest.raises(
        Invalid, match=r"2 only in the candidate's, first 'c'; 1 only in the live"
    ):
        align(table("abcd"), table("abx", "010", groups="nns"))
    with pytest.raises(Invalid, match=r"rows: 1 only in the live model's, first 'd'$"):
        align(table("abc", "011", groups="nns"), table("abcd"))


def test_labels_that_differ_are_counted_and_the_first_is_named() -> None:
    with pytest.raises(Invalid, match="2 of 4 labels, first row 'b': 1 against 0"):
        align(table(label="0110"), table(label="0000"))


def test_groups_that_differ_are_counted_and_the_first_is_named() -> None:
    message = "group 'region' in 2 of 4 rows, first row 'b': 'n' against 's'"

    with pytest.raises(Invalid, match=message):
        align(table(groups="nnss"), table(groups="nsns"))


def test_groups_that_only_one_model_has_are_named() -> None:
    with pytest.raises(Invalid, match=r"candidate has groups \['region'\], live model \[\]"):
        align(table(), replace(table(), groups={}))


def test_labels_that_are_no_classes_are_refused() -> None:
    with pytest.raises(Invalid, match=r"1 of 2 labels are neither .* first 0\.5 of row 'b'"):
        sample(tabulate(["a", "b"], [1, 0.5], score=[0, 1]))


def test_weights_that_differ_are_refused() -> None:
    light = tabulate(["a", "b"], [0, 1], score=[0, 1], weight=[1, 1])
    heavy = tabulate(["a", "b"], [0, 1], score=[0, 1], weight=[1, 2])

    with pytest.raises(Invalid, match="other weights"):
        align(light, heavy)
    with pytest.raises(Invalid, match="other weights"):
        align(light, replace(light, weight=None))


def test_a_part_of_a_pair_is_its_marked_rows() -> None:
    rows = align(table(score=0.25), table(score=0.75))

    south = rows.where(rows.groups["region"].rows("s"))

    assert list(south.ids) == ["c", "d"]
    assert south.positive.tolist() == [True, False]
    assert south.candidate.tolist() == [0.25, 0.25]
    assert (south.rows, south.groups) == (2, {})
    first, second = south.samples()
    assert (first.score.tolist(), second.score.tolist()) == ([0.25, 0.25], [0.75, 0.75])
    assert first.at(np.array([1])).rows == 1
