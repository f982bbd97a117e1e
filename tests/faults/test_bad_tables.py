"""Tables as nobody should write them: bytes that were changed at random end in a sentence.

A file is mutated in its middle, its header and its footer. Whatever comes of it, the file is
frozen as it is, described or complained about, and searched or listed as not searched: no
other exception, no more than so much time, and nothing is left in the scratch folder.
"""

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from cairn.core.errors import CairnError
from cairn.core.tree import FILE, Entry
from cairn.data.rows.asked import Asked
from cairn.data.rows.look import look
from cairn.data.tables.describe_tables import describe_files
from cairn.objects import in_memory
from cairn.objects.folders.tree import store_entries
from harm.mutations import mutated

TIMES = 20_000 if os.environ.get("CAIRN_FAULTS") == "all" else 200
SECONDS_EACH = 5
ROWS = pa.table(
    {
        "id": pa.array(range(40)),
        "name": pa.array([f"käse {number % 5}" for number in range(40)]),
        "x": pa.array([number / 7 for number in range(40)]),
        "tags": pa.array([["a", None]] * 40),
        "at": pa.array([0] * 40, pa.timestamp("us", "UTC")),
        "known": pa.array([None, True] * 20),
    }
)


def _arrow() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, ROWS.schema) as writer:
        writer.write_table(ROWS, max_chunksize=10)
    return sink.getvalue().to_pybytes()


def _written(write: Callable[[Any, Any], object]) -> bytes:
    sink = pa.BufferOutputStream()
    write(ROWS, sink)
    return sink.getvalue().to_pybytes()


def _avro() -> bytes:
    """Write rows as the specification of Avro has them: one block, uncompressed."""
    schema = {
        "type": "record",
        "name": "row",
        "fields": [{"name": "id", "type": "long"}, {"name": "name", "type": "string"}],
    }
    about = {"avro.schema": json.dumps(schema), "avro.codec": "null"}
    head = _number(len(about)) + b"".join(_text(k) + _text(v) for k, v in about.items())
    rows = b"".join(_number(number) + _text(f"käse {number % 5}") for number in range(40))
    mark = bytes(range(16))
    return b"Obj\x01" + head + b"\0" + mark + _number(40) + _number(len(rows)) + rows + mark


def _text(value: str) -> bytes:
    return _number(len(value.encode())) + value.encode()


def _number(value: int) -> bytes:
    """Write a number that is not negative: zigzag, seven bits a byte."""
    left, found = value << 1, b""
    while left > 0x7F:
        left, found = left >> 7, found + bytes([left & 0x7F | 0x80])
    return found + bytes([left])


FILES: Mapping[str, bytes] = {
    "t.parquet": _written(pq.write_table),
    "t.arrow": _arrow(),
    "t.avro": _avro(),
    "t.orc": _written(orc.write_table),
    "t.csv": ROWS.drop_columns(["tags"]).to_pandas().to_csv(index=False).encode(),
    "t.jsonl": "\n".join(json.dumps(row, default=str) for row in ROWS.to_pylist()).encode(),
}


def tried(name: str, content: bytes) -> None:
    objects = in_memory()
    with objects.batch() as batch:
        entry = Entry(name.encode(), FILE, len(content), batch.put(content))
        tree = store_entries(batch, [entry]).digest
    described = describe_files(objects, tree)
    assert all(len(str(each).splitlines()) == 1 for each in described.complaints)
    for asked in (Asked("name=käse 1"), Asked("7")):
        said = ""
        try:
            look(objects, entry, {entry.path: entry}, asked)
        except CairnError as error:
            said = str(error)
        assert not said or name in said


@pytest.mark.parametrize("name", FILES)
def test_whatever_the_bytes_are_the_answer_is_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chance = random.Random(7)
    for number in range(TIMES):
        content = mutated(FILES[name], chance)
        began = time.process_time()

        try:
            tried(name, content)
        except Exception as error:
            raise AssertionError(f"{number}: {content!r}") from error

        assert time.process_time() - began < SECONDS_EACH
    assert list(tmp_path.iterdir()) == []
