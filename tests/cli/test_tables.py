"""Questions about tables, as they are typed and answered."""

import io
import pickle
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cairn.data.tables import describe_tables
from projects.desk import Desk


def test_what_was_not_searched_is_said_and_the_exit_code_is_7(desk: Desk) -> None:
    desk.write("a.csv", "customer,v\nc1-77,1\n")
    (desk.folder / "b.pkl").write_bytes(pickle.dumps({"customer": "c1-77"}))
    desk("snapshot", "add", "a.csv", "--name", "a")
    everywhere = desk("why", "--row", "customer=nobody-9")
    desk("snapshot", "add", "b.pkl", "--name", "b")

    found = desk("why", "--row", "customer=c1-77", expect=7)
    none = desk("why", "--row", "customer=nobody-9", expect=7)
    column = desk("why", "--row", "custmer=c1-77", expect=7)

    assert "customer = nobody-9: in none of" in everywhere
    assert "customer = c1-77: in 1 of" in found
    assert "snap:b: b.pkl is a pickle, which is not opened" in found
    assert "snapshots that could be searched whole" in none
    assert "no file that was searched has such a column" in column


def parquet(**columns: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, store_schema=False)
    return sink.getvalue()


LATIN = pa.StringArray.from_buffers(
    2, pa.py_buffer(b"\0\0\0\0\4\0\0\0\x08\0\0\0"), pa.py_buffer(b"caf\xe9cafe")
)
BROKEN: Mapping[str, tuple[bytes, str]] = {
    "text.parquet": (parquet(old=LATIN), "column 'old': Invalid UTF8"),
    "name.parquet": (parquet(naXXme=[1]).replace(b"naXXme", b"na\xe8\xffme"), "not UTF-8"),
    "mark.csv": (b"\xef\xbb\xbf", "is empty"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_not_the_table_of_its_name_is_frozen_and_the_exit_code_is_3(
    desk: Desk, name: str
) -> None:
    content, says = BROKEN[name]
    (desk.folder / name).write_bytes(content)

    told = desk("snapshot", "add", name, "--name", "one", expect=3)
    found = desk.json("snapshot", "add", name, "--name", "two", expect=3)

    (line,) = [each for each in told.splitlines() if says in each]
    assert line.startswith(f"frozen as it is, and not read as a table: {name}")
    assert (found["name"], found["files"]) == ("two", 1)
    assert found["unread"] == [line.partition("a table: ")[2]]
    desk("snapshot", "verify", "one")


def test_a_broken_file_in_a_folder_stops_none_of_the_others(desk: Desk) -> None:
    (desk.folder / "rows").mkdir()
    for name, (content, _) in BROKEN.items():
        (desk.folder / "rows" / name).write_bytes(content)
    desk.write("rows/fine.csv", "a\n1\n2\n")

    found = desk.json("snapshot", "add", "rows", "--name", "rows", expect=3)
    shown = desk.json("snapshot", "show", "rows")

    assert (found["files"], len(found["unread"])) == (4, 3)
    (table,) = shown["tables"]
    assert (table["path"], table["facts"]["rows"]) == ("fine.csv", 2)


def test_too_little_memory_is_exit_code_10_and_a_limit_of_ours_is_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    (desk.folder / "t.parquet").write_bytes(parquet(a=[1]))
    desk.write("w.csv", "a,b\n1,2\n")
    monkeypatch.setattr(describe_tables, "MOST_COLUMNS", 1)

    limit = desk.json("snapshot", "add", "w.csv")
    monkeypatch.setattr(describe_tables, "learn", full)
    told = desk("snapshot", "add", "t.parquet", expect=10)

    assert limit["unread"] == ["w.csv has 2 columns, and tables are described up to 1"]
    assert "cannot be read in the memory that there is" in told
