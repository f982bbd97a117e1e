"""Which features of the Delta protocol a version uses, of those that its table lists.

A table that once had deletion vectors lists them for ever, whether a file has one or not. What
counts here is whether a version's data files alone say what its rows are.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cairn.core.errors import Refused
from cairn.data.lakes.delta_log import State, masked, replay
from cairn.data.tables.arrow import arrow
from cairn.data.tables.parquet import arrow_errors

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
        used |= {DELETION_VECTORS} if masked(logged) else set()
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


def _read(location: str, log: Iterable[str]) -> State:
    """Go through the files of a log where they lie."""
    from deltalake.fs import DeltaStorageHandler

    files = arrow("fs").PyFileSystem(DeltaStorageHandler(location))

    def content(name: str) -> bytes:
        with (
            arrow_errors(f"{name} of {location}", "a whole file of a log"),
            files.open_input_file(f"_delta_log/{name}") as file,
        ):
            return file.read()

    return replay((name, content(name)) for name in log)
