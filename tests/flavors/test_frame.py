"""Tables and arrays come back as they were, and equal ones are equal files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cairn.core.errors import Corrupt, Invalid
from cairn.flavors.frames.frame import columns, read_frame, row_count, take_rows, write_frame

MIXED = pd.DataFrame(
    {
        "float": [1.5, np.nan, -0.0],
        "float32": np.array([1, 2, 3], dtype="f4"),
        "int": [3, 1, 2],
        "bool": [True, False, True],
        "text": ["ü\n", None, ""],
        "python": pd.Series([1, "x", None], dtype=object),
        "deep": pd.Series([[1, "a"], {"k": (1, None)}, float("inf")], dtype=object),
        "category": pd.Categorical(["u", None, "v"], categories=["v", "u", "w"], ordered=True),
        "numbers": pd.Categorical([10, 20, 10]),
        "day": pd.Series(np.array(["2020-01-01", "NaT", "2021-02-03"], dtype="M8[us]")),
        "zoned": pd.Series(np.array(["2020-01-01", "NaT", "2021-07-01"], dtype="M8[us]")),
        "lasted": pd.Series(np.array([1, "NaT", 3], dtype="m8[s]")),
        "Int8": pd.array([1, None, -3], dtype="Int8"),
        "UInt64": pd.array([2**64 - 1, None, 0], dtype="UInt64"),
        "Float32": pd.array([1.5, None, 2], dtype="Float32"),
        "boolean": pd.array([True, None, False], dtype="boolean"),
        "string": pd.array(["a", None, "c"], dtype="string"),
        7: [1, 2, 3],
    },
).set_axis(pd.Index([5, 3, 1], name="row"))
MIXED["zoned"] = MIXED["zoned"].dt.tz_localize("Europe/Paris")


def round_trip(value: Any, folder: Path) -> Any:
    """Write, read, write again; both writings are the same files."""
    write_frame(value, folder / "first")
    read = read_frame(folder / "first")
    write_frame(read, folder / "second")
    assert files(folder / "first") == files(folder / "second")
    return read


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "table",
    [
        MIXED,
        MIXED.iloc[:0],
        pd.DataFrame(np.eye(3)),
        pd.DataFrame(index=["a", "b"]),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2020-01-01"])),
        pd.DataFrame({"a": [1, 2]}).rename_axis(columns="measures"),
    ],
    ids=["mixed", "no rows", "numbered columns", "no columns", "twice", "dates", "named"],
)
def test_a_table_comes_back_with_names_types_and_order(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    pd.testing.assert_frame_equal(round_trip(table, tmp_path), table)


@pytest.mark.parametrize("name", MIXED.columns)
def test_a_column_alone_comes_back(name: Any, tmp_path: Path) -> None:
    pd.testing.assert_series_equal(round_trip(MIXED[name], tmp_path), MIXED[name])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4))),
        np.arange(12).reshape(3, 4)[:, ::2],
        np.array(["a", "bcd"]),
        np.array([b"a"]),
        np.array(2.5),
        np.zeros((0, 3), dtype="f4"),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.array([[1, "x"], [None, 2.5]], dtype=object),
        np.arange(3, dtype=">i4"),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_an_array_comes_back_with_type_shape_and_memory_order(
    array: Any, tmp_path: Path
) -> None:
    read = round_trip(array, tmp_path)

    assert read.dtype == array.dtype
    assert read.shape == array.shape
    assert read.tolist() == array.tolist()
    contiguous = array.flags.c_contiguous or array.flags.f_contiguous
    assert read.flags.f_contiguous == (array.flags.f_contiguous if contiguous else False)


@settings(max_examples=60)
@given(
    array=hnp.arrays(
        dtype=st.one_of(
            hnp.floating_dtypes(),
            hnp.integer_dtypes(),
            hnp.boolean_dtypes(),
            hnp.unicode_string_dtypes(),
        ),
        shape=hnp.array_shapes(max_dims=3),
    )
)
def test_every_bit_of_an_array_comes_back(
    array: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    read = round_trip(array, tmp_path_factory.mktemp("frame"))

    assert read.tobytes() == array.tobytes()


@settings(max_examples=60)
@given(
    values=st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False)
            | st.text(st.characters(exclude_categories=("Cs",))),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.tuples(inner)
                | st.dictionaries(
                    st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=3
                )
            ),
            max_leaves=8,
        )
    )
)
def test_every_python_value_comes_back(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    read = round_trip(values, tmp_path_factory.mktemp("frame"))

    assert read == values
    assert repr(read) == repr(values)


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array])
def test_a_sparse_matrix_comes_back_untouched(make: Any, tmp_path: Path) -> None:
    matrix = make(np.random.default_rng(1).binomial(1, 0.3, size=(5, 6)))

    read = round_trip(matrix, tmp_path)

    assert type(read) is type(matrix)
    assert (read != matrix).nnz == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1, 2), "a builtins tuple cannot be stored as a table"),
        (np.ma.array([1]), "a numpy MaskedArray cannot be stored"),
        (sp.coo_matrix(np.eye(2)), "a scipy coo_matrix cannot be stored"),
        (
            pd.DataFrame({"p": pd.period_range("2020", periods=1)}),
            r"column 'p' cannot be stored",
        ),
        (
            pd.DataFrame({"o": [object()]}),
            r"column 'o' cannot be stored: row 0: .* type object",
        ),
        (
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
            "several levels",
        ),
        (pd.DataFrame([[1]], index=pd.MultiIndex.from_tuples([("a", "b")])), "several levels"),
        (pd.Series([1], name=("a", "b")), "neither text nor a whole number"),
        (["\ud800"], "not valid Unicode"),
    ],
)
def test_what_has_no_faithful_spelling_is_refused_by_name(
    value: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=message):
        write_frame(value, tmp_path / "frame")


def test_a_directory_that_is_in_use_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(Invalid, match="is not empty"):
        write_frame([1], tmp_path)


def test_half_a_table_is_no_table(tmp_path: Path) -> None:
    write_frame(MIXED, tmp_path / "frame")
    (tmp_path / "frame" / "frame.json").unlink()

    with pytest.raises(Corrupt, match=r"has no frame\.json"):
        read_frame(tmp_path / "frame")


def test_a_missing_cut_or_wrong_part_is_corrupt(tmp_path: Path) -> None:
    write_frame(MIXED, tmp_path / "frame")
    for path in sorted((tmp_path / "frame").iterdir()):
        content = path.read_bytes()
        for damaged in (None, content[:-1], content + b"x", b"", b"\x80\x04N.", b"\n\n"):
            path.unlink() if damaged is None else path.write_bytes(damaged)

            with pytest.raises(Corrupt):
                read_frame(tmp_path / "frame")

            path.write_bytes(content)


@pytest.mark.parametrize("line", ['{"int": 1}', '{"float": "1"}', '{"a": 1, "b": 2}', "{}"])
def test_a_value_that_cairn_does_not_write_is_corrupt(line: str, tmp_path: Path) -> None:
    write_frame([1], tmp_path / "frame")
    (tmp_path / "frame" / "values.jsonl").write_text(line)

    with pytest.raises(Corrupt, match=r"values\.jsonl"):
        read_frame(tmp_path / "frame")


def test_a_sparse_matrix_whose_indices_lead_nowhere_is_corrupt(tmp_path: Path) -> None:
    write_frame(sp.csr_matrix(np.eye(2)), tmp_path / "frame")
    np.save(tmp_path / "frame" / "indices.npy", np.array([0, 99], dtype="i4"))

    with pytest.raises(Corrupt, match="does not fit together"):
        read_frame(tmp_path / "frame")


def test_numbers_beyond_what_others_read_exactly_are_text(tmp_path: Path) -> None:
    write_frame([2**53, 2**53 - 1], tmp_path / "frame")

    lines = (tmp_path / "frame" / "values.jsonl").read_text().splitlines()

    assert [json.loads(line) for line in lines] == [{"int": str(2**53)}, 2**53 - 1]


@pytest.mark.parametrize(
    "value",
    [MIXED, MIXED["text"], np.arange(9).reshape(3, 3), [1, 2, 3], sp.csr_matrix(np.eye(3))],
)
def test_rows_are_counted_and_taken_whatever_the_type(value: Any) -> None:
    taken = take_rows(value, [2, 0])

    assert row_count(value) == 3
    assert row_count(taken) == 2
    assert type(taken) is type(value)


def test_columns_are_named_with_their_types() -> None:
    assert columns(MIXED)[:2] == (("float", "float64"), ("float32", "float32"))
    assert columns(np.eye(2)) == (("0", "float64"), ("1", "float64"))
    assert columns(["a", "b"]) == (("0", "list"),)
