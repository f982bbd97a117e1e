"""Tables in snapshots: found, read, refused with the line and what to do."""

import csv
import io
import subprocess
import sys
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Corrupt, Invalid, NotFound
from cairn.core.snapshot import SnapshotInfo
from cairn.data.read_table import read_table
from cairn.data.tables import cells
from cairn.data.tables.table import Table, parse_table
from cairn.registry import Registry
from harm import packed
from projects.folders import Content, write
from projects.store import add_snapshot

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
ODD_CELLS = [
    *("", "NA", "1", "-2", "007", "2.5", "-0", "True", "false", "x", "inf", "nan"),
    *(str(2**63), str(2**64), str(-(2**63)), "1e400", " 3"),
]
SMALL = b"id,region,amount\n1,north,0.5\n2,,7\n"


def freeze(registry: Registry, files: Mapping[str, Content]) -> SnapshotInfo:
    return add_snapshot(registry, write(registry.settings.folder / "data", files))


def parse(text: str) -> Table:
    return parse_table(text.encode(), name="t.csv")


def rows_of(table: Table) -> list[list[str]]:
    return [
        list(row) for row in zip(*(column.texts() for column in table.columns), strict=True)
    ]


def test_the_only_table_of_a_snapshot_is_read(registry: Registry) -> None:
    snapshot = freeze(registry, {"sub/flights.csv": SMALL, "README.md": b"about"})

    table = read_table(registry, snapshot)

    assert (table.name, table.rows) == ("sub/flights.csv", 2)
    assert table.names == ("id", "region", "amount")
    assert [column.kind for column in table.columns] == ["int", "text", "float"]
    assert rows_of(table) == [["1", "north", "0.5"], ["2", "", "7.0"]]


def test_one_of_many_tables_is_named(registry: Registry) -> None:
    snapshot = freeze(registry, {"a.csv": b"x\n1\n", "b\nc.csv": b"y\n2\n"})

    assert read_table(registry, snapshot, file="a.csv").names == ("x",)
    assert read_table(registry, snapshot, file="b\\x0ac.csv").names == ("y",)
    with pytest.raises(Invalid, match=r"2 tables among 2 files; write which is meant"):
        read_table(registry, snapshot)
    with pytest.raises(NotFound, match=r"no file 'A\.csv'; did you mean 'a\.csv'"):
        read_table(registry, snapshot, file="A.csv")
    with pytest.raises(NotFound, match=r"no file 'zzz'; it has 'a\.csv'"):
        read_table(registry, snapshot, file="zzz")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("part.parquet", "is not a whole Parquet file"),
        ("part.orc", r"write it as CSV or Parquet \(frame\.to_csv\(path, index=False\)\)"),
        ("part.csv.gz", "is compressed: unpack it"),
        ("noext", "is not read as a table"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(
    registry: Registry, name: str, message: str
) -> None:
    snapshot = freeze(registry, {name: b"PAR1"})

    with pytest.raises(Invalid, match=f"{name} .*{message}|{message}"):
        read_table(registry, snapshot)


def test_a_link_is_not_read_as_a_table(registry: Registry) -> None:
    snapshot = freeze(registry, {"real.csv": SMALL, "latest.csv": "real.csv"})

    with pytest.raises(Invalid, match=r"latest\.csv is a symbolic link"):
        read_table(registry, snapshot, file="latest.csv")


def test_a_damaged_table_is_never_read(registry: Registry) -> None:
    snapshot = freeze(registry, {"a.csv": SMALL})
    digest = registry.objects.put(SMALL)
    damaged = SMALL.replace(b"0.5", b"0.6")
    packed.overwrite(registry.settings.store / "objects", digest, damaged)

    with pytest.raises(Corrupt, match=digest):
        read_table(registry, snapshot)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"t\.csv is empty: a table begins with a line of column names"),
        (b"\n \n\n", "is empty"),
        (b"a,b\n1,2\n3\n", "line 3: 1 cell where the header names 2 columns"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells where the header names 2 columns"),
        (b'a,b\n"x\ny",2\n\n1\n', "line 5: 1 cell"),
        (b'a,b\n"x,2\n', "line 2: unexpected end of data; look for a quote"),
        (b'a,b\n"x"y,2\n', "line 2: .* expected after .*; look for a quote"),
        (b"\xef\xbb\xbf", r"t\.csv is empty"),
        (b"\xef\xbb\xbf\n\n", r"t\.csv is empty"),
        (b"a,b\n1,\xe9\n", "line 2: byte 0xe9 is not UTF-8; convert the whole file"),
        (b"a\nok\xc3\xa9\nno\xc3\n", "line 3: byte 0xc3 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "byte 0xff is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "is not text: write it as CSV in UTF-8"),
        (b"a;b\n1;2\n", "seems to be separated by ';': write it with ','"),
        (b"a\tb\n1\t2\n", r"seems to be separated by '\\t'"),
        (b"a,b,a\n1,2,3\n", "has two columns 'a': rename one"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_broken_table_is_refused_with_the_line(content: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parse_table(content, name="t.csv")


def test_usual_forms_of_a_table_are_read_alike() -> None:
    expected = [["1", "a b", ""], ["2", 'say "x"', "y,\nz"]]
    plain = '1,a b,\n2,"say ""x""","y,\nz"\n'

    for text in (
        "k,l,m\n" + plain,
        "\ufeffk,l,m\n" + plain,
        '"k","l","m"\n\n' + plain + "\n\n",
        "k,l,m\n" + plain.removesuffix("\n"),
        "k,l,m\r\n" + plain.replace("\n2", "\r\n2"),
    ):
        assert rows_of(parse(text)) == expected
        assert parse(text).names == ("k", "l", "m")


def test_tabs_separate_what_is_called_tsv(registry: Registry) -> None:
    snapshot = freeze(registry, {"a.TSV": b"a\tb\n1,5\tx\n"})

    table = read_table(registry, snapshot)

    assert rows_of(table) == [["1,5", "x"]]


def test_a_table_of_a_header_alone_has_no_rows() -> None:
    table = parse("a,b\n")

    assert table.rows == 0
    assert list(table.to_frame().columns) == ["a", "b"]
    assert len(table.to_frame()) == 0


def test_a_column_without_a_name_is_called_as_pandas_calls_it() -> None:
    assert parse(",a\n0,1\n").names == ("Unnamed: 0", "a")


def test_a_missing_column_is_named_with_the_nearest() -> None:
    table = parse("customer_id,churned,region\n1,0,north\n")

    with pytest.raises(NotFound, match=r"t\.csv has no column 'customer'; did you mean"):
        table.column("customer")
    with pytest.raises(NotFound, match=r"no column 'qqq'; its columns are 'customer_id', "):
        table.without(["qqq"])


def test_columns_can_be_left_out() -> None:
    table = parse("a,b,c\n1,2,3\n").without(["b"])

    assert table.names == ("a", "c")
    assert table.to_frame().to_dict("list") == {"a": [1], "c": [3]}


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5
        )
    )
)
def test_any_text_survives(rows: list[list[str]]) -> None:
    header = [f"c{number}" for number in range(len(rows[0]))]
    frame = pd.DataFrame([["text", *row] for row in rows], columns=["kind", *header])
    text = frame.to_csv(index=False, quoting=csv.QUOTE_ALL)

    ours = parse(text).to_frame()

    pd.testing.assert_frame_equal(ours, pd.read_csv(io.StringIO(text, newline="")))


def test_a_model_sees_what_its_training_script_saw() -> None:
    world = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "whole": world.integers(-5, 5, 500),
            "real": world.normal(size=500),
            "gaps": np.where(world.random(500) < 0.2, np.nan, world.integers(0, 9, 500)),
            "carrier": world.choice(["AA", "UA", "", "é"], 500),
            "late": world.random(500) < 0.5,
            "maybe": world.choice(["True", "False", ""], 500),
        }
    )
    content = frame.to_csv(index=False).encode()

    ours = parse_table(content, name="t.csv").to_frame()

    pd.testing.assert_frame_equal(ours, pd.read_csv(io.BytesIO(content)), check_exact=True)


def test_values_do_not_depend_on_pandas() -> None:
    script = (
        "import sys; sys.modules['pandas'] = None\n"
        "from cairn.core.errors import Invalid\n"
        "from cairn.data.tables.table import parse_table\n"
        "table = parse_table(b'a,b,c\\n1,x,0.1\\n2,,nan\\n', name='t.csv')\n"
        "print([column.texts() for column in table.columns])\n"
        "try: table.to_frame()\n"
        "except Invalid as error: print(error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    values, refusal = done.stdout.splitlines()
    assert values == "[['1', '2'], ['x', ''], ['0.1', '']]"
    assert "pandas is not installed: " in refusal
    assert refusal.endswith("[sklearn]'")


def test_two_million_cells_are_read_in_seconds() -> None:
    world = np.random.default_rng(0)
    lines = pd.DataFrame(world.normal(size=(1000, 20))).to_csv(index=False).splitlines(True)
    content = "".join([lines[0], *lines[1:] * 100]).encode()

    begun = time.process_time()
    table = parse_table(content, name="t.csv")
    seconds = time.process_time() - begun

    assert table.rows == 100_000
    assert seconds < 8


def test_a_cell_may_be_as_long_as_it_is() -> None:
    limit = csv.field_size_limit()

    table = parse_table(b"id,text\n1," + b"x" * 200_000 + b"\n2,y\n", name="t.csv")

    assert [len(text) for text in table.column("text").texts()] == [200_000, 1]
    assert csv.field_size_limit() == limit


@given(
    st.lists(
        st.lists(st.sampled_from(ODD_CELLS), min_size=2, max_size=2), min_size=1, max_size=9
    )
)
def test_a_table_that_is_read_in_batches_is_the_same_table(rows: list[list[str]]) -> None:
    content = "a,b\n" + "".join(f"{one},{other}\n" for one, other in rows)

    whole = parse(content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "CELLS_AT_ONCE", 4)
        in_batches = parse(content)

    for one, other in zip(whole.columns, in_batches.columns, strict=True):
        assert (one.name, one.kind) == (other.name, other.kind)
        assert one.array.dtype == other.array.dtype
        assert one.missing.tolist() == other.missing.tolist()
        assert np.array_equal(one.array, other.array, equal_nan=one.kind == "float")
