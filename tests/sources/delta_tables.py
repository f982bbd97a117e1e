"""Delta tables made by deltalake, and changes of their logs that it does not make itself."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake


def make(place: Path) -> Path:
    """Make a partitioned table of three versions."""
    write_deltalake(place, rows(0, 300), partition_by=["region"])
    write_deltalake(place, rows(300, 310), mode="append")
    DeltaTable(place).delete("id < 200")
    return place


def rows(start: int, stop: int) -> Any:
    """Make rows with these ids in two regions."""
    ids = list(range(start, stop))
    regions = ["north", "a b/c"] * len(ids)
    columns: dict[str, Any] = {"id": ids, "region": regions[: len(ids)]}
    return pa.table(columns | {"x": [i / 2 for i in ids]})


def edited(place: Path, version: int = 0, **changes: Any) -> Path:
    """Change actions of a commit of a table."""
    commit = place / "_delta_log" / f"{version:020}.json"
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        for kind, values in changes.items():
            if kind in action:
                action[kind] |= values
    commit.write_text("\n".join(json.dumps(action) for action in actions))
    return place


@contextmanager
def checkpointed(place: Path, changes: dict[str, Any]) -> Generator[list[dict[str, Any]]]:
    """Change the entries of a checkpoint of version 1."""
    DeltaTable(place, version=1).create_checkpoint()
    path = place / "_delta_log" / f"{1:020}.checkpoint.parquet"
    stored = pq.read_table(path)
    entries: list[dict[str, Any]] = stored.to_pylist(maps_as_pydicts="strict")
    for entry in entries:
        if entry["protocol"]:
            entry["protocol"] |= changes["protocol"]
    yield entries
    pq.write_table(pa.Table.from_pylist(entries, stored.schema), path)
