"""Tables: how long a snapshot of a query takes beside PyArrow, and how fast values are hashed.

    python benchmarks/tables.py [ROWS]

A query of DuckDB (an integer, a small integer, a number, a text, an instant) is written to
Parquet by PyArrow as it comes by default, and frozen by Cairn: ordered, checked, hashed,
described and stored durably. Both are asked in turn; medians. Targets: within 2 times of
PyArrow, and 1 GB of values hashed in a second.
"""

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import duckdb
import numpy as np
from peers import machine

import cairn
from cairn.data.tables.arrow import arrow
from cairn.data.tables.logical import ColumnHash
from cairn.data.tables.plain import plain_batches, plain_schema
from cairn.engine.store import create

ROWS, RUNS = 10_000_000, 3


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(machine())
    print(f"{rows:,} rows, medians of {RUNS}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.duckdb"
        prepare(source, rows)
        taken = in_turn(
            {
                "pyarrow": lambda _: by_pyarrow(source, folder / "plain.parquet"),
                "cairn": lambda run: by_cairn(source, folder / f"store-{run}"),
            }
        )
    ratio = taken["cairn"] / taken["pyarrow"]
    print(f"query -> Parquet by PyArrow      {taken['pyarrow']:8.2f} s")
    print(f"query -> snapshot by Cairn       {taken['cairn']:8.2f} s   {ratio:.2f} times")
    print(f"logical digest                   {hashing(rows):8.2f} GB/s")


def prepare(source: Path, rows: int) -> None:
    """Make the table that is asked for."""
    with duckdb.connect(source) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range AS id, (hash(range) % 1000)::BIGINT AS k,"
            " (range * 7919) % 1000003 / 3.0 AS v, 'user_' || (range % 5000) AS name,"
            " TIMESTAMP '2025-01-01' + INTERVAL (range) second AS at"
            " FROM range(?)",
            [rows],
        )


def by_pyarrow(source: Path, target: Path) -> None:
    """Write the ordered result as PyArrow does by default."""
    with duckdb.connect(source, read_only=True) as connection:
        result = connection.sql("SELECT * FROM t ORDER BY id")
        reader = result.to_arrow_reader(1_000_000)
        with arrow("parquet").ParquetWriter(target, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)


def by_cairn(source: Path, folder: Path) -> None:
    """Freeze the same in a store of its own."""
    folder.mkdir()
    (folder / "cairn.toml").write_text("")
    create(folder / ".cairn")
    query = quote("SELECT * FROM t")
    cairn.open(folder).snapshot(f"duckdb:///{source}?query={query}&order_by=id")


def in_turn(works: dict[str, Callable[[int], None]]) -> dict[str, float]:
    """Time each in turn, the first round left out."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for run in range(RUNS + 1):
        for name, work in works.items():
            begin = time.perf_counter()
            work(run)
            if run:
                taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


def hashing(rows: int) -> float:
    """Hash a table of numbers and texts, its columns in threads; returns GB in a second."""
    pa = arrow()
    numbers = np.random.default_rng(7).normal(size=rows // 4)
    texts = pa.array([f"customer number {at}" for at in range(50_000)]).take(
        pa.array(np.arange(rows // 4) % 50_000)
    )
    table = pa.table({"number": numbers, "rank": np.arange(rows // 4), "text": texts})
    schema = plain_schema(table.schema, "this table")
    batches = list(plain_batches(table.to_batches(), schema, "this table"))
    columns = [ColumnHash(field.type) for field in schema]

    def hashed(at: int) -> None:
        for batch in batches:
            columns[at].update(batch.column(at))

    begin = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        list(pool.map(hashed, range(len(columns))))
    seconds = time.perf_counter() - begin
    return sum(batch.nbytes for batch in batches) / seconds / 1e9


if __name__ == "__main__":
    main()
