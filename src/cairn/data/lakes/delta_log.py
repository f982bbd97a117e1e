"""The log of a Delta table, replayed: which files are active, and what the table is."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cairn.core.errors import Corrupt
from cairn.data.tables.arrow import arrow
from cairn.data.tables.parquet import arrow_errors


class State(NamedTuple):
    """A version of a table: its active files, each as it was added, by path; its metadata.

    `has_sidecars` tells that a checkpoint is in several files of the second kind.
    """

    active: dict[str, dict[str, Any]]
    metadata: dict[str, Any]
    has_sidecars: bool


def replay(files: Iterable[tuple[str, bytes]]) -> State:
    """Go through the files of a log, by name and content, checkpoint first.

    Raises `Corrupt` for a commit that is not JSON, `Invalid` for a broken checkpoint.
    """
    active: dict[str, dict[str, Any]] = {}
    metadata: dict[str, Any] = {}
    has_sidecars = False
    for name, content in files:
        entries = list(_entries(name, content))
        _take_over(entries, active)
        for entry in entries:
            metadata = entry.get("metaData") or metadata
            has_sidecars = has_sidecars or bool(entry.get("sidecar"))
    return State(active, metadata, has_sidecars)


def masked(state: State) -> int:
    """Count the active files of which some rows are deleted."""
    return sum(bool(add.get("deletionVector")) for add in state.active.values())


def _entries(name: str, content: bytes) -> Iterator[dict[str, Any]]:
    if name.endswith(".parquet"):
        with arrow_errors(name, "a whole file of a log"):
            yield from arrow("parquet").ParquetFile(io.BytesIO(content)).read().to_pylist()
        return
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise Corrupt(
                f"{name} of the table's log holds a line that is not JSON"
            ) from error
        if isinstance(entry, dict):
            yield entry  # pyright: ignore[reportUnknownVariableType] (JSON of any kind)


def _take_over(entries: Iterable[dict[str, Any]], active: dict[str, dict[str, Any]]) -> None:
    """Take a commit over; one that gives a file a vector removes and adds the same path."""
    added: list[dict[str, Any]] = []
    for entry in entries:
        if remove := entry.get("remove"):
            active.pop(str(remove.get("path")), None)
        if add := entry.get("add"):
            added.append(add)
    active |= {str(add.get("path")): add for add in added}
