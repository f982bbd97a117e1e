"""Named queries: each says what it is for, names its columns, and is read by the database."""

import re
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from cairn.sql.database import Database, queries

FILES = sorted((resources.files("cairn.sql") / "queries").iterdir(), key=str)
TEXT = "\n".join(file.read_text("utf-8") for file in FILES)
PARAMETER = re.compile(r"(?<!:):(\w+)")


def test_each_query_says_in_one_line_what_it_is_for() -> None:
    blocks = re.findall(r"^-- name: (\w+)\n((?:--.*\n)*)", TEXT, flags=re.MULTILINE)

    unsaid = [name for name, said in blocks if re.fullmatch(r"-- [A-Z].+\.\n", said) is None]

    assert unsaid == []
    assert len(blocks) == len(queries()) == TEXT.count("-- name:")


def test_a_query_is_one_statement_whose_columns_have_names(tmp_path: Path) -> None:
    Database(tmp_path / "cairn.db").close()
    unnamed: list[str] = []

    with closing(sqlite3.connect(tmp_path / "cairn.db")) as raw:
        for name, text in queries().items():
            values = dict.fromkeys(PARAMETER.findall(text), 1)
            asked = text.startswith("SELECT")
            cursor = raw.execute(text if asked else f"EXPLAIN {text}", values)
            columns = [each[0] for each in cursor.description]
            unnamed += [f"{name}: {each}" for each in columns if not each.isidentifier()]

    assert unnamed == []


def test_a_parameter_that_may_be_nothing_has_a_type() -> None:
    # Without, PostgreSQL cannot tell what it is asked with.
    untyped = [name for name, text in queries().items() if re.search(r":\w+ IS NULL", text)]

    assert untyped == []


def test_a_row_has_its_values_by_name() -> None:
    database = Database(None)
    with database.writing() as tx:
        tx.run("listener_told", name="news", next=7)

        (row,) = tx.all("listener_next", name="news")

    database.close()
    assert row.next == row[0] == 7
