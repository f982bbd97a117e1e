"""The tables of a folder are described in bounded memory; what cannot be is one sentence."""

import io
import tracemalloc
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cairn.core.errors import Inconclusive, Unavailable
from cairn.core.tree import FILE, Entry
from cairn.data.tables import describe_tables, plain
from cairn.data.tables.describe_tables import Described, describe_files
from cairn.data.tables.parquet import BATCH_BYTES, parquet_batches, reading_parquet
from cairn.data.tables.plain import plain_batches, plain_schema
from cairn.objects import in_memory
from cairn.objects.folders.tree import store_entries


def of(files: Mapping[str, bytes]) -> Described:
    objects = in_memory()
    with objects.batch() as batch:
        entries = [
            Entry(name.encode(), FILE, len(content), batch.put(content))
            for name, content in sorted(files.items())
        ]
        tree = store_entries(batch, entries).digest
    return describe_files(objects, tree)


def parquet(table: Any, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


NAMED = parquet(pa.table({"naXXme": [1, 2]}), store_schema=False)
LATIN = pa.StringArray.from_buffers(
    2, pa.py_buffer(b"\0\0\0\0\4\0\0\0\x08\0\0\0"), pa.py_buffer(b"caf\xe9cafe")
)
FINE = parquet(pa.table({"a": [1, 2, 3]}))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "t.parquet",
            NAMED.replace(b"naXXme", b"na\xe8\xffme"),
            "a name or a text that is not",
        ),
        (
            "t.parquet",
            parquet(pa.table({"old": LATIN})),
            "column 'old': Invalid UTF8 sequence",
        ),
        ("t.csv", b"\xef\xbb\xbf", "is empty"),
        ("t.parquet", FINE[:-20], "is not a whole Parquet file"),
    ],
)
def test_a_file_that_is_broken_is_one_sentence_and_the_others_are_described(
    name: str, content: bytes, said: str
) -> None:
    found = of({"fine.parquet": FINE, name: content})

    (complaint,) = map(str, found.complaints)
    assert (complaint.startswith(name), said in complaint) == (True, True), complaint
    assert found.profile is not None
    assert [table.path for table in found.profile.tables] == ["fine.parquet"]


def test_a_wrong_checksum_of_a_page_is_said() -> None:
    content = parquet(
        pa.table({"a": np.arange(1000)}),
        write_page_checksum=True,
        compression="none",
        use_dictionary=False,
    )
    at = content.index(np.int64(500).tobytes())
    damaged = content[:at] + b"\x07" + content[at + 1 :]

    (complaint,) = map(str, of({"t.parquet": damaged}).complaints)

    assert "CRC checksum verification failed" in complaint


def test_too_little_memory_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    monkeypatch.setattr(describe_tables, "learn", full)

    (complaint,) = of({"t.parquet": FINE}).complaints
    assert "cannot be read in the memory that there is" in str(complaint)
    assert isinstance(complaint, Unavailable)


def test_long_texts_that_repeat_take_little_memory() -> None:
    texts = [f"{number} " * 5_000 for number in range(3)]
    column = pa.array([texts[number % 3] for number in range(2_000)])
    content = parquet(pa.table({"text": column}))
    before = pa.total_allocated_bytes()
    tracemalloc.start()

    found = of({"t.parquet": content})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.profile is not None
    assert found.profile.tables[0].columns[0].distinct == 3
    assert peak < 50 * 2**20
    assert pa.total_allocated_bytes() - before < 50 * 2**20


@pytest.mark.parametrize(
    "texts",
    [
        [f"{number % 3} " * 10_000 for number in range(2_000)],
        [f"{number} of many" for number in range(70_000)],
    ],
    ids=["long and few", "short and many"],
)
def test_batches_are_small_however_texts_repeat(texts: list[str]) -> None:
    with reading_parquet(io.BytesIO(parquet(pa.table({"t": texts}))), what="t") as file:
        read = list(parquet_batches(file))
    schema = plain_schema(read[0].schema, "t")

    plain_sizes = [batch.nbytes for batch in plain_batches(iter(read), schema, "t")]

    assert max(plain_sizes) <= BATCH_BYTES
    assert max(batch.nbytes for batch in read) <= BATCH_BYTES
    assert sum(plain_sizes) > sum(map(len, texts))


def test_batches_are_small_where_only_later_texts_are_long_and_repeat() -> None:
    sink = io.BytesIO()
    short, long = (
        pa.table({"t": [f"{number % 3}{end}" for number in range(1_000)]})
        for end in ("", "x" * 60_000)
    )
    with pq.ParquetWriter(sink, short.schema) as writer:
        writer.write_table(short)
        writer.write_table(long)

    with reading_parquet(sink, what="t") as file:
        sizes = [batch.nbytes for batch in parquet_batches(file)]

    assert max(sizes) <= BATCH_BYTES


def test_how_a_batch_is_cut_changes_no_digest_and_no_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = pa.table(
        {
            "text": [f"{number % 1500} " * (number % 400) for number in range(3_000)],
            "number": [number % 7 / 3 for number in range(3_000)],
        }
    )
    content = {"t.parquet": parquet(table), "u.csv": table.to_pandas().to_csv().encode()}
    whole = of(content).profile
    monkeypatch.setattr(plain, "_PIECE_BYTES", 10_000)
    cut = of(content).profile

    assert whole is not None
    assert cut is not None
    for one, other in zip(whole.tables, cut.tables, strict=True):
        assert one.facts == other.facts
        for before, after in zip(one.columns, other.columns, strict=True):
            same = ("distinct", "low", "high", "top", "quantiles")
            assert all(getattr(before, each) == getattr(after, each) for each in same)


def test_more_values_than_are_described_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe_tables, "MOST_UNPACKED", 10_000)
    monkeypatch.setattr(describe_tables, "MOST_COLUMNS", 50)
    wide = (",".join(f"c{at}" for at in range(60)) + "\n").encode()

    found = of({"t.parquet": parquet(pa.table({"t": ["x" * 9_000] * 9})), "w.csv": wide})

    assert [str(complaint) for complaint in found.complaints] == [
        "t.parquet has more than 0 MiB of values",
        "w.csv has 60 columns, and tables are described up to 50",
    ]
    assert {type(complaint) for complaint in found.complaints} == {Inconclusive}


def test_a_very_wide_table_has_facts_and_no_profile_of_each_column() -> None:
    names = [f"c{at}" for at in range(1_001)]
    content = (",".join(names) + "\n" + ",".join("1" for _ in names) + "\n").encode()

    found = of({"t.csv": content})

    assert found.profile is not None
    (table,) = found.profile.tables
    assert (len(table.facts.columns), table.columns) == (1_001, ())
