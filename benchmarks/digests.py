"""Digests of tables: how fast the columns of a Parquet file are read, digested and described.

    python benchmarks/digests.py [MEGABYTES]

Each kind of column is written to a file of so many megabytes of values in memory, as PyArrow
does by default, and read from end to end as `cairn snapshot add` reads it: decoded, checked,
hashed, described. `digest` leaves out what describes a column (least and greatest, quantiles,
how many are different), `read` all but decoding. Gigabytes are those of values in memory, a
second of processor time, as a busy machine says little about a clock; the best of some runs.
Target: 0.5 GB/s by the clock for a table of mixed columns, in less than 600 MB. What reading
takes at most is that of a process which does nothing else: one that made the table has it in
its memory, too.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from peers import machine

from cairn.data.tables import gather
from cairn.data.tables.arrow import arrow
from cairn.data.tables.parquet import learn, parquet_batches, reading_parquet

MEGABYTES, RUNS = 64, 3
_READ = "--read"
Make = Callable[[int], Any]
"""Makes a table of so many rows."""


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == [_READ]:
        whole(Path(sys.argv[2]))
        print(most_memory())
        return
    size = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    print(machine())
    print(f"{size} MB a file, the best of {RUNS}; GB a processor second, and MiB at most")
    print(f"{'':24} {'whole':>10} {'digest':>10} {'read':>10} {'memory':>10}")
    with TemporaryDirectory() as folder:
        for name, make in KINDS.items():
            place = Path(folder) / "t.parquet"
            size_bytes = write(place, make, size * 10**6)
            speeds = [speed(place, size_bytes, work) for work in (whole, digest, read)]
            numbers = " ".join(f"{each:10.2f}" for each in speeds)
            print(f"{name:24} {numbers} {peak(place):10,.0f}")


def peak(place: Path) -> int:
    """Return the most memory that a process takes to read, digest and describe, in MiB."""
    command = [sys.executable, __file__, _READ, str(place)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


def most_memory() -> int:
    """Return the most memory that this process had, in MiB."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) >> 10


def write(place: Path, make: Make, size_bytes: int) -> int:
    """Write a file of about this size; returns how much its values take in memory."""
    few = make(1000)
    table = make(max(1000, 1000 * size_bytes // few.nbytes))
    arrow("parquet").write_table(table, place)
    return table.nbytes


def speed(place: Path, size_bytes: int, work: Callable[[Path], None]) -> float:
    """Return how many gigabytes a second are worked through."""
    taken: list[float] = []
    for _ in range(RUNS):
        begin = time.process_time()
        work(place)
        taken.append(time.process_time() - begin)
    return size_bytes / min(taken) / 1e9


def whole(place: Path) -> None:
    """Read, digest and describe."""
    with reading_parquet(place, what="t") as file:
        learn(parquet_batches(file), file.schema_arrow, what="t")


def digest(place: Path) -> None:
    """Read and digest."""
    kept = gather.MOST_PROFILED
    gather.MOST_PROFILED = 0
    try:
        whole(place)
    finally:
        gather.MOST_PROFILED = kept


def read(place: Path) -> None:
    """Decode alone."""
    with reading_parquet(place, what="t") as file:
        for _ in parquet_batches(file):
            pass


def column(kind: str, rows: int) -> Any:
    """Make a column of a kind, the same each time."""
    chance, pa = np.random.default_rng(7), arrow()
    wide = chance.integers(0, 2**50, rows)
    makes: dict[str, Callable[[], Any]] = {
        "id": lambda: pa.array(np.arange(rows)),
        "integer": lambda: pa.array(wide),
        "float": lambda: pa.array(chance.normal(size=rows)),
        "gaps": lambda: pa.array(chance.normal(size=rows), mask=wide % 10 == 0),
        "instant": lambda: pa.array(wide, pa.timestamp("us", "UTC")),
        "decimal": lambda: pa.array(wide % 2**30).cast(pa.decimal128(20, 0)),
        "category": lambda: pa.array([f"category {at}" for at in wide % 200]),
        "name": lambda: pa.array([f"customer {at:016x}" for at in wide]),
        "long text": lambda: pa.array([f"{at:016x} " * 60 for at in wide]),
    }
    return makes[kind]()


def made(*kinds: str) -> Make:
    """Return what makes a table of these columns."""
    return lambda rows: arrow().table(
        {f"{kind} {at}": column(kind, rows) for at, kind in enumerate(kinds)}
    )


ALONE = ("id", "integer", "float", "gaps", "instant", "decimal", "category", "name")
KINDS: dict[str, Make] = {
    "mixed": made("id", "integer", "float", "float", "gaps", "instant", "category", "name"),
    **{kind: made(kind) for kind in (*ALONE, "long text")},
}


if __name__ == "__main__":
    main()
