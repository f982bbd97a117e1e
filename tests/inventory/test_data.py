"""Training data: files that hold it, and what code asks for by name."""

import io
import sqlite3
import zipfile
from contextlib import closing

import pytest

from projects.planted import Project, notebook

PLANTED = {
    "a.csv": ("csv", b"x,y\n1,2\n"),
    "b.tsv": ("tsv", b"x\ty\n"),
    "c.csv.gz": ("csv", b"\x1f\x8b\x08"),
    "d.parquet": ("parquet", b"PAR1....PAR1"),
    "renamed": ("parquet", b"PAR1....PAR1"),
    "e.feather": ("feather", b"FEA1...."),
    "f.feather": ("arrow", b"ARROW1\0\0"),
    "g.arrow": ("arrow", b"ARROW1\0\0"),
    "h.jsonl": ("jsonl", b'{"x": 1}\n'),
    "i.ndjson": ("ndjson", b'{"x": 1}\n'),
    "k.avro": ("avro", b"Obj\1\2\3"),
    "l.xlsx": ("xlsx", None),
}


def spreadsheet() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


@pytest.mark.parametrize("name", PLANTED)
def test_every_format_is_found(project: Project, name: str) -> None:
    form, content = PLANTED[name]
    written = spreadsheet() if content is None else content
    project.plant(name, written)

    (found,) = project.scan().data

    assert (found.path, found.format, found.size_bytes) == (name, form, len(written))


def test_a_database_is_found_whatever_it_is_called(project: Project) -> None:
    with closing(sqlite3.connect(project.folder / "customers.db")) as database:
        database.execute("CREATE TABLE customers (id INTEGER)")

    (found,) = project.scan().data

    assert (found.path, found.format) == ("customers.db", "sqlite")


def test_a_folder_of_many_parts_is_one_line(project: Project) -> None:
    for number in range(60):
        project.plant(f"data/flights/part-{number:05}.parquet", b"PAR1....PAR1")

    (found,) = project.scan().data

    assert (found.path, found.files, found.size_bytes) == ("data/flights/", 60, 60 * 12)


def test_pictures_are_data_when_there_are_many(project: Project) -> None:
    project.plant("docs/plot.png", b"\x89PNG")
    for number in range(60):
        project.plant(f"cats/{number}.jpg", b"\xff\xd8")

    (found,) = project.scan().data

    assert (found.path, found.format, found.files) == ("cats/", "jpg", 60)


CODE = '''
"""Load the data: select everything from nowhere."""
from pathlib import Path
import pandas as pd
from sklearn.datasets import fetch_openml

FOLDER = Path("data")
TRAIN = FOLDER / "train.csv"
BUCKET = "s3://customers"

frame = pd.read_csv(TRAIN)
again = pd.read_csv(TRAIN)
day = pd.read_parquet(f"{BUCKET}/day={today}/part.parquet")
live = pd.read_sql("""
    SELECT c.id, o.total
    FROM crm.customers AS c JOIN "Orders" o ON o.customer = c.id
    WHERE c.password = 'hunter2secret'
""", engine)
table = pd.read_sql("customers", engine)
late = spark.table("warehouse.flights")
house = duckdb.sql("select * from 'raw/houses.parquet'")
adult = fetch_openml("adult", version=2)
engine = create_engine("postgresql://ada:sesame@db.example.org/crm?sslkey=abc")
with open("labels.jsonl") as file:
    labels = file.read()
frame.to_csv("out.csv")
with open("scores.csv", "w") as file:
    file.write("x")
print("Select a file from the list")
'''


def test_what_code_reads_is_listed_with_its_line(project: Project) -> None:
    project.plant("train.py", CODE)

    found = {(r.at, r.kind): (r.what, r.tables) for r in project.scan().reads}

    assert found == {
        ("train.py:8", "file"): ("data/train.csv", ()),
        ("train.py:9", "location"): ("s3://customers", ()),
        ("train.py:13", "location"): ("s3://customers/day={}/part.parquet", ()),
        ("train.py:14", "query"): (
            (
                'SELECT c.id, o.total FROM crm.customers AS c JOIN "Orders" o '
                "ON o.customer = c.id WHERE c.password = '<redacted>'"
            ),
            ("crm.customers", "Orders"),
        ),
        ("train.py:19", "table"): ("customers", ("customers",)),
        ("train.py:20", "table"): ("warehouse.flights", ("warehouse.flights",)),
        ("train.py:21", "query"): (
            "select * from 'raw/houses.parquet'",
            ("raw/houses.parquet",),
        ),
        ("train.py:22", "location"): ("fetch_openml('adult', version=2)", ()),
        ("train.py:23", "location"): ("postgresql://<redacted>@db.example.org/crm", ()),
        ("train.py:24", "file"): ("labels.jsonl", ()),
    }


def test_a_file_of_sql_is_listed_query_by_query(project: Project) -> None:
    project.plant(
        "features.sql",
        "-- features of today\n"
        "CREATE TABLE features AS\n"
        "WITH recent AS (SELECT * FROM events WHERE EXTRACT(DAY FROM at) > 1)\n"
        "SELECT * FROM recent, customers;\n\n"
        "DELETE FROM scratch;\n"
        "VACUUM;\n",
    )

    (found,) = project.scan().reads

    assert (found.at, found.tables) == ("features.sql:1", ("events", "customers"))
    assert found.what.startswith("CREATE TABLE features AS WITH recent")


def test_a_name_that_the_code_puts_together_says_nothing(project: Project) -> None:
    project.plant("names.py", "a = f'{x}/{y}.csv'\nb = x + '.csv'\nc = '%d-%d.jsonl' % z\n")

    assert project.scan().reads == ()


def test_very_many_queries_are_cut_short(project: Project) -> None:
    project.plant("dump.sql", "SELECT * FROM customers;\n" * 201)

    found = project.scan()

    assert len(found.reads) == 200
    assert [unread.reason for unread in found.unread] == [
        "has more than 200 queries: the rest is left out"
    ]


def test_a_notebook_is_read_by_cell_and_line(project: Project) -> None:
    setup = ["import pandas as pd", "%matplotlib inline", "BASE = 'raw/'"]
    magic = ["%%sql", "SELECT * FROM live.customers"]
    rest = ["x = 1", "  ", "%sql select a, b from live.orders", "pd.read_csv(BASE + 'a.csv')"]
    project.plant("explore.ipynb", notebook("# Title", setup, magic, rest))

    found = [(r.at, r.what) for r in project.scan().reads]

    assert found == [
        ("explore.ipynb:cell 3:1", "SELECT * FROM live.customers"),
        ("explore.ipynb:cell 4:3", "select a, b from live.orders"),
        ("explore.ipynb:cell 4:4", "raw/a.csv"),
    ]


def test_a_name_with_a_declared_type_is_followed(project: Project) -> None:
    project.plant("train.py", "where: str = 's3://lake/rows.csv'\nx = pd.read_csv(where)\n")

    assert [read.what for read in project.scan().reads] == ["s3://lake/rows.csv"]


def test_a_cell_in_another_language_is_passed_over(project: Project) -> None:
    cells = (["%%bash", "pd.read_csv('no.csv')"], ["pd.read_csv('s3://lake/yes.csv')"])
    project.plant("train.ipynb", notebook("Train", *cells))

    assert [read.what for read in project.scan().reads] == ["s3://lake/yes.csv"]


def test_of_a_name_put_together_without_end_only_the_end_is_told(project: Project) -> None:
    project.plant("train.py", "pd.read_csv(" + "+".join(["'a'"] * 500) + ")\n")

    (read,) = project.scan().reads
    assert read.what == "{}" + "a" * (len(read.what) - 2)
