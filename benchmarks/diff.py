"""Two tables of ten million rows compared by key: time, and the most memory that it takes.

There is no peer that does this over versioned data; the bound is 15 seconds and 2 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from peers import machine

ROWS = 10_000_000
SECONDS, GIGABYTES = 15, 2
COMPARE = """
import json, resource, sys, time
from cairn.data.comparison.difference import diff_snapshots
from cairn.registry import Registry

registry = Registry.open(sys.argv[1])
begin = time.perf_counter()
found = diff_snapshots(registry, "snap:a", "snap:b", key=("id",))
taken = time.perf_counter() - begin
rows = found.tables[0].rows
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
print(json.dumps([taken, peak, rows.added, rows.removed, rows.changed]))
"""


def write_tables(folder: Path, rows: int) -> None:
    """Write two tables: the second lacks a hundred rows, has as many new, and 1% changed."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    arrow: Any = pa
    files: Any = parquet
    dice = np.random.default_rng(1)
    ids = np.arange(rows, dtype=np.int64)
    spent = dice.normal(size=rows + 100)
    region = dice.integers(0, 8, rows, dtype=np.int8)
    for name, first in (("a", 0), ("b", 100)):
        values = spent[first : first + rows].copy()
        if name == "b":
            values[::100] += 1
        table = arrow.table({"id": ids + first, "spent": values, "region": region})
        (folder / name).mkdir()
        files.write_table(table, folder / name / "t.parquet")


def main() -> None:
    """Make a project with both tables, compare them in a process of its own, and tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=ROWS)
    rows = asked.parse_args().rows
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_tables(folder, rows)
        for words in (["init"], *(["snapshot", "add", name, "--name", name] for name in "ab")):
            subprocess.run(
                [sys.executable, "-m", "cairn", *words], cwd=folder, check=True, stdout=2
            )
        done = subprocess.run(
            [sys.executable, "-c", COMPARE, str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
    taken, peak, *counts = json.loads(done.stdout)
    print(f"{rows:,} rows by key: {taken:.1f} s (bound {SECONDS} s), {peak:.2f} GB at most")
    print(f"(bound {GIGABYTES} GB); added, removed, changed: {counts}")


if __name__ == "__main__":
    main()
