"""Cells become values by the written rules, and these agree with pandas."""

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.data.tables.column import MISSING, Column, read_column
from cairn.data.tables.table import parse_table

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats().map(repr),
    st.floats(allow_nan=False).map("{:+.3e}".format),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
)
LOOKS_LIKE_A_NUMBER = st.text("0123456789+-.eE nNaAiIfFxX_\t", min_size=1, max_size=6)
MIXED = st.one_of(
    NUMBERS,
    LOOKS_LIKE_A_NUMBER,
    st.sampled_from(sorted(MISSING)),
    st.sampled_from(["True", "false", "TRUE", "tRuE", "yes", "1", "0", "-0", "007", "é", "A"]),
)


def column(*cells: str) -> Column:
    return read_column("c", cells)


def values(read: Column) -> list[Any]:
    return [
        None if gone else value
        for value, gone in zip(read.array.tolist(), read.missing, strict=True)
    ]


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "-2", "+3"], "int", [1, -2, 3]),
        (["007", " 8", "9\t"], "int", [7, 8, 9]),
        (["1", "", "NA"], "int", [1, None, None]),
        (["9223372036854775807", "-9223372036854775808"], "int", [2**63 - 1, -(2**63)]),
        (["18446744073709551615", "0"], "int", [2**64 - 1, 0]),
        (["1", "2.0"], "float", [1.0, 2.0]),
        (["1e3", ".5", "5.", "-0.0"], "float", [1000.0, 0.5, 5.0, 0.0]),
        (["inf", "-Infinity", "1"], "float", [math.inf, -math.inf, 1.0]),
        (["0.1", "nan"], "float", [0.1, None]),
        (["0.30000000000000004", "1e-320"], "float", [0.30000000000000004, 1e-320]),
        (["1e400", "1"], "float", [math.inf, 1.0]),
        (["True", "false", "TRUE"], "bool", [True, False, True]),
        (["True", "", "False"], "bool", [True, None, False]),
        (["a", "", "NULL"], "text", ["a", None, None]),
        (["1", "x"], "text", ["1", "x"]),
        (["True", "1"], "text", ["True", "1"]),
        (["", "NA", "null"], "float", [None, None, None]),
        ([], "float", []),
    ],
)
def test_a_column_is_of_the_first_kind_that_fits_all_cells(
    cells: list[str], kind: str, expected: list[Any]
) -> None:
    read = column(*cells)

    assert read.kind == kind
    assert values(read) == expected


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1_000",
            "1,000",
            "1 000",
            "$5",
            "5%",
            "0x1A",
            "1e",
            "e5",
            "+",
            "--1",
            "1-",
            "1.2.3",
        ),
        *(
            "NAN",
            "nAn",
            "+nan",
            " ",
            "\u0661",
            "\uff11",
            "1\u00a0",
            "½",
            "1j",
            "infin",
            "1d5",
            "TRUE ",
        ),
        *("9223372036854775808", "-9223372036854775809", "9" * 400, "9" * 5000, " na", "Na"),
        *("2026-01-01", "12:30", "[1]", "1]", '"1"', "null,1", "-", ".", "1e5.0", "1\x1c"),
    ],
)
def test_what_is_not_quite_a_number_stays_as_it_is_written(cell: str) -> None:
    read = column(cell, "-1")

    assert read.kind == "text"
    assert read.array.tolist() == [cell, "-1"]


def test_integers_of_64_bits_lose_no_digit() -> None:
    cells = [str(2**53 + 1), str(2**63 - 1), ""]

    read = column(*cells)

    assert read.texts() == cells


def test_values_are_spelled_for_people_and_for_identifiers() -> None:
    assert column("1", "02").texts() == ["1", "2"]
    assert column("1.50", "NA", "inf").texts() == ["1.5", "", "inf"]
    assert column("TRUE", "false").texts() == ["True", "False"]
    assert column("x", "").texts() == ["x", ""]


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_a_float_is_the_nearest_to_what_is_written(numbers: list[float]) -> None:
    read = column(*map(repr, numbers), "0.5")

    assert read.array.tobytes() == np.array([*numbers, 0.5]).tobytes()


@settings(max_examples=300)
@given(st.lists(MIXED, min_size=1, max_size=5))
def test_pandas_reads_the_same_values_and_types(cells: list[str]) -> None:
    content = written(cells)

    ours = parse_table(content, name="t.csv").to_frame()

    pd.testing.assert_frame_equal(ours, pd.read_csv(io.BytesIO(content)), check_exact=True)


@settings(max_examples=100)
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_pandas_reads_the_same_numbers(cells: list[str]) -> None:
    content = written(cells)

    ours = parse_table(content, name="t.csv").to_frame()

    pd.testing.assert_frame_equal(ours, pd.read_csv(io.BytesIO(content)), check_exact=True)


def written(cells: Sequence[str]) -> bytes:
    """Write one column, and another so that no line is empty."""
    return ("c,d\n" + "".join(f"{cell},x\n" for cell in cells)).encode()
