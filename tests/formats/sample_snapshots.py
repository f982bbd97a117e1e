"""Snapshots from every kind of source, and what describes their tables."""

from cairn.core.digest import digest_bytes
from cairn.core.request import Record
from cairn.core.snapshot import (
    BucketVersions,
    ColumnFacts,
    DeltaTable,
    Derived,
    DvcOutput,
    Files,
    IcebergTable,
    LakeFSCommit,
    Query,
    Recipe,
    Sampling,
    Snapshot,
    Table,
    TableFacts,
)
from cairn.core.table import (
    ColumnProfile,
    LogicalColumn,
    LogicalTable,
    Profile,
    TableProfile,
    ValueCount,
)

A, B, C, SNAPSHOT = (digest_bytes(name) for name in (b"a", b"b", b"c", b"snapshot"))
COMMIT = "89abcdef" * 8

TABLE = TableFacts(
    logical=C,
    rows=3,
    columns=(
        ColumnFacts(name="id", type="int64"),
        ColumnFacts(name="paid", type="decimal(10, 2)", nulls=1),
        ColumnFacts(name="caf\u00e9", type="timestamp[us, Europe/Berlin]", nulls=3),
    ),
)

PROFILE = TableProfile(
    path="caf\\xe9.parquet",
    facts=TABLE,
    columns=(
        ColumnProfile(
            values=A,
            distinct=3,
            low="-1",
            high="12",
            mean=5.5,
            deviation=0.1,
            quantiles=tuple(map(float, range(-1, 20))),
            top=(ValueCount(value="-1", rows=2), ValueCount(value="12", rows=1)),
        ),
        ColumnProfile(values=B, distinct=1_000_000, nans=1, low="0.10", high="99.00"),
        ColumnProfile(values=C, distinct=0),
    ),
)

SNAPSHOTS: dict[str, Record] = {
    "snapshot/files": Snapshot(source=Files(tree=A)),
    "snapshot/derived": Snapshot(source=Derived(tree=A, by="train_test_split")),
    "snapshot/derived-of-two": Snapshot(
        source=Derived(tree=B, by="sklearn.model_selection.train_test_split", of=(SNAPSHOT, A))
    ),
    "snapshot/sampled": Snapshot(
        source=Files(tree=A),
        sampling=Sampling(method="random", fraction=0.1, seed="7", filter="country = 'DE'"),
    ),
    "snapshot/not-sampled": Snapshot(source=Files(tree=A), sampling=Sampling(method="all")),
    "snapshot/table": Snapshot(source=Table(tree=A, table=TABLE)),
    "snapshot/table-of-nothing": Snapshot(
        source=Table(tree=A, table=TableFacts(logical=C, rows=0, columns=()))
    ),
    "snapshot/query": Snapshot(
        source=Query(
            tree=A,
            table=TABLE,
            engine="postgresql",
            query="SELECT id, paid FROM orders\nWHERE paid > :least AND day >= :since",
            isolation="repeatable read",
            order=("id",),
            parameters={"least": 0.5, "since": "2026-01-01", "odd": None, "all": True},
        )
    ),
    "snapshot/query-in-any-order": Snapshot(
        source=Query(
            tree=A,
            table=TABLE,
            engine="sqlite",
            query="SELECT * FROM orders",
            isolation="serializable",
        )
    ),
    "snapshot/delta-pinned": Snapshot(
        source=DeltaTable(
            tree=A,
            mode="pin",
            location="s3://lake/orders",
            table_id="0a2f2f5c-7f3b-4f43-9d0e-1b9a6ab0c001",
            version=0,
            retention_seconds=604800,
        )
    ),
    "snapshot/delta-copied": Snapshot(
        source=DeltaTable(
            tree=A, mode="copy", location="lake/orders", table_id="", version=12, table=TABLE
        )
    ),
    "snapshot/iceberg": Snapshot(
        source=IcebergTable(
            tree=A,
            mode="pin",
            location="file:///warehouse/orders",
            table_id="9c12d441-03fe-4693-9a96-a0705ddf69c1",
            snapshot_id="3051729675574597004",
            metadata_location="file:///warehouse/orders/metadata/00001.metadata.json",
            table=TABLE,
            retention_seconds=432000,
        )
    ),
    "snapshot/lakefs": Snapshot(
        source=LakeFSCommit(
            tree=A,
            mode="copy",
            location="https://lakefs.example",
            repository="churn",
            commit=COMMIT,
            path="train/",
        )
    ),
    "snapshot/bucket": Snapshot(
        source=BucketVersions(
            tree=A,
            mode="pin",
            location="s3://lake/train",
            versions=("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH", "null-2 \u2713"),
        )
    ),
    "snapshot/dvc": Snapshot(
        source=DvcOutput(
            tree=A,
            mode="pin",
            location=".dvc/cache",
            path="data/caf\\xe9",
            md5="0123456789abcdef0123456789abcdef.dir",
        )
    ),
    "snapshot/recipe": Snapshot(
        source=Recipe(
            tree=A,
            mode="pin",
            command=("python", "build.py", "--year", "2026"),
            code=B,
            of=(SNAPSHOT, C),
            lock=C,
        )
    ),
    "logical/three-columns": LogicalTable(
        rows=3,
        columns=(
            LogicalColumn(name="id", type="int64", values=A),
            LogicalColumn(name="caf\u00e9", type="list<struct<a: string>>", values=B),
            LogicalColumn(name="", type="null", values=C),
        ),
    ),
    "profile/one-table": Profile(tables=(PROFILE,)),
    "profile/no-table": Profile(tables=()),
}
