"""The logical digest: equal for equal values wherever they lie, another for any other."""

import io
from decimal import Decimal
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.data.frames import logical_digest
from formats.logical_writer import Part
from formats.logical_writer import logical_digest as by_the_specification

NAN = float("nan")


def people(**changed: Any) -> Any:
    """A small table; what is `changed` replaces a column."""
    columns: dict[str, Any] = {
        "id": pa.array([1, 2, 3]),
        "name": pa.array(["ada", None, "\u96ea"]),
        "paid": pa.array([1.5, NAN, -0.0]),
        "due": pa.array([Decimal("1.50"), None, Decimal("-2.00")], pa.decimal128(10, 2)),
        "seen": pa.array([0, 1, None], pa.timestamp("us", "Europe/Berlin")),
        "tags": pa.array([["a", None], [], None]),
    }
    return pa.table({**columns, **changed})


SAME = {
    "in pieces": pa.concat_tables([people().slice(0, 1), people().slice(1, 2)]),
    "dictionary": people(name=people()["name"].dictionary_encode()),
    "large text": people(name=people()["name"].cast(pa.large_string())),
    "view": people(name=people()["name"].cast(pa.string_view())),
    "large list": people(tags=people()["tags"].cast(pa.large_list(pa.string()))),
    "wide decimal": people(due=people()["due"].cast(pa.decimal256(10, 2))),
    "narrow decimal": people(
        due=people()["due"].cast(pa.decimal32(9, 2)).cast(pa.decimal64(10, 2))
    ),
    "other NaN": people(
        paid=pa.array(np.array([0x3FF8 << 48, (0xFFF8 << 48) + 7, 0], np.uint64).view(float))
    ),
    "not nullable": people().cast(
        pa.schema([pa.field("id", pa.int64(), nullable=False), *list(people().schema)[1:]])
    ),
    "junk below a null": people(
        id=pa.Array.from_buffers(
            pa.int64(), 3, [None, pa.py_buffer(np.array([1, 2, 3], np.int64))]
        )
    ),
}
OTHER = {
    "cell": people(id=pa.array([1, 2, 4])),
    "order": people().take([1, 0, 2]),
    "null": people(name=pa.array(["ada", "", "\u96ea"])),
    "NaN for null": people(paid=pa.array([1.5, None, 0.0])),
    "type": people(id=pa.array([1, 2, 3], pa.int32())),
    "float": people(id=pa.array([1.0, 2.0, 3.0])),
    "time zone": people(seen=pa.array([0, 1, None], pa.timestamp("us", "UTC"))),
    "no time zone": people(seen=pa.array([0, 1, None], pa.timestamp("us"))),
    "scale": people(due=people()["due"].cast(pa.decimal128(11, 3))),
    "name": people().rename_columns(["id", "named", "paid", "due", "seen", "tags"]),
    "row": people().slice(0, 2),
    "column": people().drop_columns(["tags"]),
    "where a list ends": people(tags=pa.array([["a"], [None], None])),
    "text or bytes": people(name=people()["name"].cast(pa.binary())),
}


@pytest.mark.parametrize("how", SAME)
def test_equal_values_have_one_digest(how: str) -> None:
    assert logical_digest(SAME[how]) == logical_digest(people())


@pytest.mark.parametrize("what", OTHER)
def test_another_value_has_another_digest(what: str) -> None:
    assert logical_digest(OTHER[what]) != logical_digest(people())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_group_size": 1, "use_dictionary": False},
        {"use_content_defined_chunking": True, "compression": "zstd"},
    ],
)
def test_parquet_has_the_digest_of_what_was_written(options: dict[str, Any]) -> None:
    file = io.BytesIO()

    pq.write_table(people(), file, **options)

    assert logical_digest(pq.read_table(file)) == logical_digest(people())


def test_seconds_which_parquet_does_not_know_are_milliseconds() -> None:
    table = pa.table({"at": pa.array([1, 2], pa.timestamp("s"))})

    file = io.BytesIO()
    pq.write_table(table, file)

    assert logical_digest(pq.read_table(file)) == logical_digest(table)


def test_every_library_of_frames_gives_one_digest() -> None:
    table = people().select(["id", "name", "due", "seen"])
    plain = table.drop_columns(["seen"])  # DuckDB shows instants in the zone of the session

    assert (
        logical_digest(table)
        == logical_digest(table.to_pandas(types_mapper=pd.ArrowDtype))
        == logical_digest(pl.from_arrow(table))
    )
    assert logical_digest(duckdb.sql("SELECT * FROM plain")) == logical_digest(plain)


def typed(values: list[Any], kind: Any, spelled: str, *inner: str) -> tuple[Any, Part]:
    return pa.array(values, kind), Part(spelled, values, inner)


EVERY_TYPE: list[tuple[Any, Part]] = [
    typed([None, None, None], pa.null(), "null"),
    typed([True, None, False], pa.bool_(), "bool"),
    typed([-1, 0, None], pa.int8(), "int8"),
    typed([2**64 - 1, 0, None], pa.uint64(), "uint64"),
    typed([0.5, -0.0, None], pa.float16(), "float16"),
    typed([0.1, NAN, None], pa.float32(), "float32"),
    typed([1e300, -0.0, NAN], pa.float64(), "float64"),
    typed(["\u96ea", "", None], pa.string(), "string"),
    typed([b"ab", None, b"cd"], pa.binary(2), "binary"),
    typed([[1, None], None, [3]], pa.list_(pa.int64()), "list<int64>", "int64"),
    typed([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2), "list<int8>", "int8"),
    typed(
        [[("a", 1), ("b", None)], None, []],
        pa.map_(pa.string(), pa.int64()),
        "map<string, int64>",
        *("string", "int64"),
    ),
    (
        pa.array([{"x": 1, "y": "a"}, None, {"x": None, "y": "b"}]),
        Part(
            "struct<x: int64, y: string>", [(1, "a"), None, (None, "b")], ("int64", "string")
        ),
    ),
    (
        pa.array([Decimal("-1.05"), None, Decimal("0.01")], pa.decimal128(38, 2)),
        Part("decimal(38, 2)", [-105, None, 1]),
    ),
    (
        pa.array([Decimal(-7), None, Decimal(1)], pa.decimal256(40, 0)),
        Part("decimal(40, 0)", [-7, None, 1]),
    ),
    (pa.array([1, -1, None], pa.date32()), Part("date", [1, -1, None])),
    (pa.array([86_400_000, 0, None], pa.date64()), Part("date", [1, 0, None])),
    (pa.array([1, 2, None], pa.time32("s")), Part("time[ms]", [1000, 2000, None])),
    (pa.array([1, 2, None], pa.time64("ns")), Part("time[ns]", [1, 2, None])),
    (
        pa.array([1, 2, None], pa.timestamp("s", "Etc/UTC")),
        Part("timestamp[ms, UTC]", [1000, 2000, None]),
    ),
    (pa.array([1, -2, None], pa.duration("s")), Part("duration[s]", [1, -2, None])),
]


def test_every_type_is_hashed_as_specified() -> None:
    table = pa.table({str(at): array for at, (array, _) in enumerate(EVERY_TYPE)})

    assert logical_digest(table) == by_the_specification(
        {str(at): part for at, (_, part) in enumerate(EVERY_TYPE)}
    )


COLUMNS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
        st.none() | st.lists(st.none() | st.booleans(), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


@given(rows=COLUMNS, cuts=st.lists(st.integers(0, 12), max_size=4), offset=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_no_cut_and_no_offset_matters(rows: list[Any], cuts: list[int], offset: int) -> None:
    kinds = (pa.int64(), pa.string(), pa.list_(pa.bool_()))
    whole = pa.table(
        {str(at): pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)}
    )
    padded = (
        pa.concat_tables([whole.slice(0, offset), whole])
        .combine_chunks()
        .slice(min(offset, len(rows)))
    )

    ends = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    pieces = [padded.slice(start, end - start) for start, end in pairwise(ends)]

    parts = {
        str(at): Part(kind, [row[at] for row in rows], inner)
        for at, (kind, inner) in enumerate(
            [("int64", ()), ("string", ()), ("list<bool>", ("bool",))]
        )
    }
    assert logical_digest(pa.concat_tables(pieces)) == by_the_specification(parts)


def test_a_column_twice_and_no_column_at_all_are_refused() -> None:
    with pytest.raises(Invalid, match="two columns 'a': rename one"):
        logical_digest(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(Invalid, match="no columns"):
        logical_digest(pa.table({}))


def test_a_type_that_parquet_has_no_values_for_is_refused_by_name() -> None:
    intervals = pa.array([(1, 2, 3)], pa.month_day_nano_interval())

    with pytest.raises(Invalid, match=r"column 'age': values of type month_day_nano_interval"):
        logical_digest(pa.table({"age": intervals}))
