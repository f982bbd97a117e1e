"""Columns as people have them become one table, or a sentence about the first bad value."""

import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.stats.predictions import encode
from cairn.stats.tabulate import tabulate

ROWS = st.lists(
    st.tuples(
        st.integers(-50, 50), st.booleans(), st.integers(0, 8), st.sampled_from(["x", "y"])
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0],
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(
    rows: list[tuple[int, bool, int, str]], random: Random
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    def stored(given: list[tuple[int, bool, int, str]]) -> bytes:
        ids, label, eighths, group = zip(*given, strict=True)
        score = [eighth / 8 for eighth in eighths]
        return encode(tabulate(ids, label, score=score, groups={"g": group}))

    assert stored(shuffled) == stored(rows)


@given(ROWS)
def test_the_type_of_a_column_changes_no_byte(
    rows: list[tuple[int, bool, int, str]],
) -> None:
    ids, label, eighths, group = zip(*rows, strict=True)
    score = np.array(eighths) / 8
    plain = encode(
        tabulate(
            [str(id_) for id_ in ids], label, score=score, groups={"g": group, "n": eighths}
        )
    )

    frame = pd.DataFrame({"id": ids, "label": label, "score": score, "g": group, "n": eighths})
    narrow = frame.astype(
        {"id": "int16", "label": "int8", "score": "float32", "g": "category", "n": "float64"}
    )

    for source in (frame, narrow):
        groups = {"n": source["n"], "g": source["g"]}
        found = tabulate(source["id"], source["label"], score=source["score"], groups=groups)
        assert encode(found) == plain


def test_a_zero_loses_its_sign() -> None:
    found = tabulate(["a"], [-0.0], score=[-0.0])

    assert math.copysign(1, found.score[0]) == 1
    assert math.copysign(1, found.label[0]) == 1


def test_booleans_group_as_a_file_spells_them() -> None:
    found = tabulate([1, 2], [0, 1], score=[0, 1], groups={"senior": np.array([True, False])})

    assert found.groups["senior"].levels == ("False", "True")


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, "", 0.5, b"raw"])
def test_a_missing_group_is_refused_with_its_column_and_id(missing: object) -> None:
    with pytest.raises(Invalid, match=r"group 'region' of row 'b' is .*; it must be text"):
        tabulate(["a", "b"], [0, 1], score=[0, 1], groups={"region": ["north", missing]})


@pytest.mark.parametrize("missing", [None, math.nan, ""])
def test_a_missing_id_is_refused_with_its_place(missing: object) -> None:
    with pytest.raises(Invalid, match=r"id of row number 2 is "):
        tabulate(["a", missing], [0, 1], score=[0, 1])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None])
@pytest.mark.parametrize("column", ["label", "score", "weight"])
def test_a_number_that_is_none_is_refused_with_its_column_and_id(
    column: str, bad: float | None
) -> None:
    numbers = dict.fromkeys(["label", "score", "weight"], np.array([0, 1, 1], dtype=object))
    numbers[column] = np.array([1, bad, bad], dtype=object)

    with pytest.raises(Invalid, match=rf"column '{column}' of row 'b' is (nan|-?inf)"):
        tabulate(
            ["a", "b", "c"],
            numbers["label"],
            score=numbers["score"],
            weight=numbers["weight"],
        )


def test_an_id_that_occurs_twice_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match=r"id 'b' occurs more than once: .* as `unit`"):
        tabulate(["a", "b", "c", "b"], [0, 1, 0, 1], score=[0, 1, 0, 1])


def test_ids_that_are_spelled_alike_are_one_id() -> None:
    with pytest.raises(Invalid, match="id '7' occurs more than once"):
        tabulate([7, "7"], [0, 1], score=[0, 1])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(Invalid, match="column 'label' has 1 values for 2 rows"):
        tabulate(["a", "b"], [0], score=[0, 1])
    with pytest.raises(Invalid, match="column 'score' has 2 x 2 values for 2 rows"):
        tabulate(["a", "b"], [0, 1], score=[[0.2, 0.8], [0.3, 0.7]])
    with pytest.raises(Invalid, match="group 'g' has 3 values for 2 rows"):
        tabulate(["a", "b"], [0, 1], score=[0, 1], groups={"g": ["x", "y", "z"]})


def test_text_where_numbers_belong_is_refused() -> None:
    with pytest.raises(Invalid, match="column 'label' is not numbers: could not convert"):
        tabulate(["a"], ["yes"], score=[0])


def test_no_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="there are no rows"):
        tabulate([], [], score=[])


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(Invalid, match="id has a value that is not Unicode text"):
        tabulate(["\ud800"], [0], score=[0])


def test_a_group_without_a_name_is_refused() -> None:
    with pytest.raises(Invalid, match="group '' has an empty name"):
        tabulate(["a"], [0], score=[0], groups={"": ["x"]})


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(Invalid, match="column 'weight' of row 'a' is -1"):
        tabulate(["a"], [0], score=[0], weight=[-1])
