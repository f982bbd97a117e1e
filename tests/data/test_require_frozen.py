"""What may change under a version is refused when it is registered, with the exact fix."""

import pytest

from cairn.core.errors import Refused
from cairn.data.require_frozen import check_frozen

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize("text", ["snap:test", "snap:2026-03.v1", DIGEST, DIGEST[:15]])
def test_a_snapshot_is_accepted_as_it_is(text: str) -> None:
    assert check_frozen(text) == text


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("data/train.csv", "a path", "`cairn snapshot add data/train.csv --name train`"),
        ("train.parquet", "a path", "`cairn snapshot add train.parquet --name train`"),
        ("../My Data.csv", "a path", "`cairn snapshot add '../My Data.csv' --name my-data`"),
        ("~/x", "a path", "`cairn snapshot add '~/x' --name x`"),
        (r"C:\data\x.csv", "a path", "cairn snapshot add"),
        ("file:///srv/a.csv", "a path", "`cairn snapshot add /srv/a.csv --name a`"),
        ("s3://bucket/train/", "a bucket's address", "`cairn snapshot add s3://bucket/train/"),
        ("gs://bucket/x.csv", "a bucket's address", "`cairn snapshot add gs://bucket/x.csv"),
        ("S3A://b/x", "an object store's address", "copy the files into a folder"),
        ("https://example.org/x.csv", "a web address", "copy the files into a folder"),
        ("postgresql://h/db?table=t", "a database's or table's address", "export the rows"),
        ("jdbc:postgresql://h/db", "a database's or table's address", "export the rows"),
        ("snowflake://a/b", "a database's or table's address", "export the rows"),
        ("delta://lake/t@5", "a lake's address", "`cairn snapshot add delta://lake/t@5 --na"),
        ("iceberg://c/n.t", "a lake's address", "`cairn snapshot add iceberg://c/n.t --name"),
        ("SELECT * FROM customers", "a query", "export the rows"),
        ("with t as (select 1)\nselect * from t", "a query", "export the rows"),
        ("customers", "a bare name", "write snap:customers if a snapshot has it, else export"),
        ("live.customers", "a bare name", "write snap:live.customers"),
        ("", "no snapshot's name", "cairn snapshot add PATH --name NAME"),
        ("snap:", "no snapshot's name", "cairn snapshot add PATH --name NAME"),
        ("sha256:xyz", "no snapshot's name", "cairn snapshot add PATH --name NAME"),
        ("the live table", "no snapshot's name", "cairn snapshot add PATH --name NAME"),
    ],
)
def test_what_may_change_is_refused_with_its_fix(text: str, what: str, fix: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_frozen(text)

    assert str(refusal.value).endswith("and may hold other data tomorrow")
    assert f"' is {what}" in str(refusal.value)
    assert fix in refusal.value.fix


def test_a_refusal_shows_no_password_and_no_page_of_text() -> None:
    with pytest.raises(Refused) as password:
        check_frozen("postgresql://ada:hunter2@db/x")
    with pytest.raises(Refused) as page:
        check_frozen("SELECT " + "x, " * 5000 + "y FROM t")

    assert "hunter2" not in str(password.value) + password.value.fix
    assert "***@db/x" in str(password.value)
    assert len(str(page.value)) < 500
