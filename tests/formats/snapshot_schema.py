"""The fields of snapshots and of what describes them, written down as in `schema.py`."""

from formats.schema import DIGEST, DIGESTS, EMPTY_TEXT, STRING, STRINGS, TEXT
from formats.shapes import (
    Default,
    absent,
    both,
    many,
    number,
    record,
    scalar,
    table,
    text,
    union,
    whole,
    word,
)

COLUMN_FACTS = record(name=STRING, type=STRING, nulls=Default(whole(0), 0))
TABLE = record(logical=DIGEST, rows=whole(0), columns=many(COLUMN_FACTS))
KEPT = {"tree": DIGEST, "mode": word("pin", "copy"), "table": absent(TABLE)}
RETAINED = absent(whole(0))
SOURCE = union(
    files=record(tree=DIGEST),
    derived=record(tree=DIGEST, by=TEXT, of=DIGESTS),
    table=record(tree=DIGEST, table=TABLE),
    query=record(
        tree=DIGEST,
        table=TABLE,
        engine=word("postgresql", "sqlite", "duckdb"),
        query=text(r"(?s).+", most=100_000),
        isolation=word("repeatable read", "serializable", "snapshot"),
        order=STRINGS,
        parameters=Default(table(scalar), {}),
    ),
    delta=record(
        location=TEXT, table_id=STRING, version=whole(0), retention_seconds=RETAINED, **KEPT
    ),
    iceberg=record(
        location=TEXT,
        table_id=STRING,
        snapshot_id=text(r"[0-9]{1,19}"),
        metadata_location=TEXT,
        retention_seconds=RETAINED,
        **KEPT,
    ),
    lakefs=record(
        location=TEXT, repository=STRING, commit=STRING, path=Default(STRING, ""), **KEPT
    ),
    bucket=record(location=TEXT, versions=many(STRING), **KEPT),
    dvc=record(location=TEXT, path=STRING, md5=text(r"[0-9a-f]{32}(\.dir)?"), **KEPT),
    recipe=record(command=many(STRING), code=DIGEST, of=DIGESTS, lock=absent(DIGEST), **KEPT),
)
LOGICAL_COLUMN = record(name=STRING, type=STRING, values=DIGEST)
COLUMN_PROFILE = record(
    values=DIGEST,
    distinct=whole(0),
    nans=Default(whole(0), 0),
    low=absent(STRING),
    high=absent(STRING),
    mean=absent(number()),
    deviation=absent(number()),
    quantiles=Default(many(number()), []),
    top=Default(many(record(value=text(most=200), rows=whole(0))), []),
)
TABLE_PROFILE = record(path=STRING, facts=TABLE, columns=many(COLUMN_PROFILE))
SAMPLING = record(
    method=TEXT,
    fraction=absent(both(number(0, 2, strict=True), number(0, 1))),
    seed=absent(STRING),
    filter=EMPTY_TEXT,
)

KINDS = {
    "snapshot/1": record(source=SOURCE, sampling=absent(SAMPLING)),
    "logical/1": record(rows=whole(0), columns=many(LOGICAL_COLUMN)),
    "profile/1": record(tables=many(TABLE_PROFILE)),
}
