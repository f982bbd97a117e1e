"""Rows are taken out of a stored file, and everything else in it stays as it is."""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.core.tree import FILE, Entry
from cairn.data.rows.without import without
from cairn.objects import ObjectStore
from cairn.objects.backends.memory import MemoryBackend

ROWS = pd.DataFrame({"who": ["ada", "bo", "cy"], "n": [1, 2, 3]})
CELL = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=4)


def zstd(content: bytes) -> bytes:
    return pa.compress(content, "zstd", asbytes=True)


def unzstd(content: bytes) -> bytes:
    return pa.input_stream(pa.py_buffer(content), compression="zstd").read()


def left(name: str, content: bytes, *at: int) -> bytes:
    objects = ObjectStore(MemoryBackend({}))
    entry = Entry(name.encode(), FILE, len(content), objects.put(content))
    return without(objects, entry, np.array(at, dtype=np.int64), {})


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", b"who,n\nada,1\nbo,2\ncy,3\n", b"who,n\nada,1\ncy,3\n"),
        ("t.csv", b"\xef\xbb\xbfwho,n\r\n\r\nada,1\r\nbo,2\r\ncy,3", None),
        ("t.csv", b'who,n\nada,1\n"bo\nand ""co""",2\ncy,3\n', b"who,n\nada,1\ncy,3\n"),
        ("t.tsv", b"who\tn\nada\t1\nbo\t2\n", b"who\tn\nada\t1\n"),
        ("t.jsonl", b'{"n": 1}\n{"n": 2}\n\n{"n":3}', b'{"n": 1}\n\n{"n":3}'),
        (
            "t.json",
            b'[{"n": 1.0},\n {"n": 2},\n {"n": "]"}]\n',
            b'[{"n": 1.0},\n {"n": "]"}]\n',
        ),
        ("t.json", b"[0, 1]", b"[0]"),
    ],
)
def test_a_text_loses_a_row_and_keeps_every_other_byte(
    name: str, content: bytes, expected: bytes | None
) -> None:
    found = left(name, content, 1)

    assert found == (expected or content.replace(b"bo,2\r\n", b""))


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), st.data())
def test_any_records_of_a_csv_file_go_and_the_others_are_read_as_before(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    gone = data.draw(st.sets(st.integers(0, len(rows) - 1)))

    found = left("t.csv", text.getvalue().encode(), *sorted(gone))

    kept = list(csv.reader(io.StringIO(found.decode(), newline=""), strict=True))
    assert kept == [["a", "b"], *(list(r) for n, r in enumerate(rows) if n not in gone)]


@pytest.mark.parametrize(
    ("name", "pack", "unpack"),
    [
        ("t.csv.gz", gzip.compress, gzip.decompress),
        ("t.csv.bz2", bz2.compress, bz2.decompress),
        ("t.csv.xz", lzma.compress, lzma.decompress),
        ("t.csv.zst", zstd, unzstd),
    ],
)
def test_a_packed_file_is_packed_again_the_same_each_time(
    name: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]
) -> None:
    content = b"who,n\nada,1\nbo,2\n"

    found = left(name, pack(content), 1)

    assert unpack(found) == b"who,n\nada,1\n"
    assert left(name, pack(content), 1) == found


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_a_table_keeps_its_schema_and_its_other_rows(kind: str, tmp_path: Path) -> None:
    table = pa.Table.from_pandas(ROWS).replace_schema_metadata({"made": "by hand"})
    place = tmp_path / "t"
    if kind == "parquet":
        pq.write_table(table, place, row_group_size=2, compression="none")
    else:
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(str(place), table.schema) as writer:
            writer.write_table(table)

    found = left(f"t.{'parquet' if kind == 'parquet' else 'arrow'}", place.read_bytes(), 0, 2)

    source = pa.BufferReader(found)
    match kind:
        case "parquet":
            read = pq.read_table(source)
        case "arrow":
            read = pa.ipc.open_file(source).read_all()
        case _:
            read = pa.ipc.open_stream(source).read_all()
    assert read.equals(table.slice(1, 1))
    assert read.schema.metadata == table.schema.metadata


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", b"ada\nbo\n"), ("t.json", b'{"ada": 1}'), ("t.json", b'["\xff", 1]')],
)
def test_a_file_without_rows_to_take_out_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Invalid, match="rows"):
        left(name, content, 0)


def test_a_json_list_of_which_nothing_is_left_is_one() -> None:
    assert json.loads(left("t.json", b'[ {"n": 1}, {"n": 2} ]', 0, 1)) == []
