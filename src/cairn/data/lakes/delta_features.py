"""Which features of the Delta protocol a version uses, of those that its table lists.

A table that once had deletion vectors lists them for ever, whether a file has one or not. What
counts here is whether a version's data files alone say what its rows are.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cairn.core.errors import Corrupt, Refused
from cairn.data.arrow import arrow
from cairn.data.parquet import arrow_errors

if TYPE_CHECKING:
    import deltalake

DELETION_VECTORS, COLUMN_MAPPING = "deletionVectors", "columnMapping"
TYPE_WIDENING, V2_CHECKPOINT = "typeWidening", "v2Checkpoint"
_HARMLESS = frozenset({"timestampNtz", "vacuumProtocolCheck"})
_FIXES = {
    DELETION_VECTORS: "`ALTER TABLE ... SET TBLPROPERTIES ('delta.enableDeletionVectors' = "
    "false)` and then `REORG TABLE ... APPLY (PURGE)` write the files without them; snapshot "
    "that version",
    TYPE_WIDENING: "`ALTER TABLE ... DROP FEATURE typeWidening` writes the files anew; "
    "snapshot that version",
    V2_CHECKPOINT: "`ALTER TABLE ... DROP FEATURE v2Checkpoint` writes a checkpoint of the "
    "first kind; snapshot that version",
}
_COPY = "copy the table into one without this feature, and snapshot that"


class _Logged(NamedTuple):
    """What a log says: how many active files have deleted rows, and if it has sidecars."""

    masked: int
    has_sidecars: bool


def check_features(table: "deltalake.DeltaTable", location: str, log: Iterable[str]) -> None:
    """Refuse a version whose data files alone do not say what its rows are.

    `log` names the files of the log that make up the version, checkpoint first.
    """
    listed = set(table.protocol().reader_features or ()) - _HARMLESS
    mode = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    used = listed - {DELETION_VECTORS, COLUMN_MAPPING, TYPE_WIDENING, V2_CHECKPOINT}
    if mode != "none":
        used.add(COLUMN_MAPPING)
    if TYPE_WIDENING in listed and "delta.typeChanges" in table.schema().to_json():
        used.add(TYPE_WIDENING)
    if listed & {DELETION_VECTORS, V2_CHECKPOINT}:
        logged = _read(location, log)
        used |= {DELETION_VECTORS} if logged.masked else set()
        used |= {V2_CHECKPOINT} if logged.has_sidecars else set()
    if used:
        refuse(location, sorted(used))


def refuse(location: str, features: list[str]) -> None:
    """Raise `Refused` for a table with features that the data files alone cannot show."""
    raise Refused(
        f"{location} uses {', '.join(features)}: its rows cannot be read from its data files "
        "alone",
        fix=_FIXES.get(features[0], _COPY) if len(features) == 1 else _COPY,
    )


def _read(location: str, log: Iterable[str]) -> _Logged:
    """Go through a log: an active file has the deletion vector of the last entry about it."""
    from deltalake.fs import DeltaStorageHandler

    files = arrow("fs").PyFileSystem(DeltaStorageHandler(location))
    masked: dict[str, bool] = {}
    has_sidecars = False
    for name in log:
        with (
            arrow_errors(f"{name} of {location}", "a whole file of a log"),
            files.open_input_file(f"_delta_log/{name}") as file,
        ):
            if not name.endswith(".parquet"):
                _replay(_entries(file.read(), name), masked)
                continue
            entries = arrow("parquet").ParquetFile(file).read().to_pylist()
            _replay(entries, masked)
            has_sidecars = has_sidecars or any(entry.get("sidecar") for entry in entries)
    return _Logged(sum(masked.values()), has_sidecars)


def _entries(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise Corrupt(
                f"{name} of the table's log holds a line that is not JSON"
            ) from error
        if isinstance(entry, dict):
            yield entry  # pyright: ignore[reportUnknownVariableType]


def _replay(entries: Iterable[dict[str, Any]], masked: dict[str, bool]) -> None:
    """Take a commit over; one that gives a file a vector removes and adds the same path."""
    added: list[dict[str, Any]] = []
    for entry in entries:
        if remove := entry.get("remove"):
            masked.pop(str(remove.get("path")), None)
        if add := entry.get("add"):
            added.append(add)
    for add in added:
        masked[str(add.get("path"))] = bool(add.get("deletionVector"))
