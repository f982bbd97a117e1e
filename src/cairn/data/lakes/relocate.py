"""A restored Iceberg table, made readable where it lies now.

Iceberg's metadata names every file by its whole address, so a copy still points to the lake.
The restored files stay as they are, byte for byte; beside them a second set of metadata is
written, of the one snapshot alone, that points to them.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cairn.core.errors import Corrupt, Unavailable, first_line
from cairn.core.snapshot import IcebergTable
from cairn.core.tree import escape
from cairn.data.lakes.avro import read_checked
from cairn.data.lakes.files import literal, tree_path
from cairn.installed import installs

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table

FOLDER = "restored"
MANIFEST_PATH, FILE_PATH = 0, 1  # positions in the records of the specification


def relocate(source: IcebergTable, folder: Path) -> Path:
    """Write metadata into a restored table that points into `folder`; returns its path.

    Raises `Corrupt` if the restored metadata cannot be read.
    """
    try:
        from pyiceberg.table import StaticTable
    except ImportError as error:
        raise Unavailable(
            "a restored Iceberg table needs a library that is not installed to be readable: "
            f"{installs('iceberg')}"
        ) from error
    place = folder.resolve()
    original = next(place.rglob("*.metadata.json"), None)
    if original is None:
        raise Corrupt(f"{folder} has no metadata of an Iceberg table in it")
    try:
        values: dict[str, Any] = json.loads(original.read_text("utf-8"))
        written = place / FOLDER
        written.mkdir()
        table = StaticTable.from_metadata(str(original))
        moved = _Moved(table, str(values["location"]), place)
        listed = moved.manifests(int(source.snapshot_id))
        target = written / "v1.metadata.json"
        target.write_text(json.dumps(_metadata(values, source, place, listed)))
    except Exception as error:  # its decoders raise whatever they stumble over
        raise Corrupt(f"the restored table cannot be opened: {first_line(error)}") from error
    return target


class _Moved:
    """Writes the manifests of a table again, with the addresses of a folder."""

    def __init__(self, table: "Table", location: str, place: Path) -> None:
        self._table = table
        self._location = literal(location)
        self._place = place
        self._io: FileIO = table.io

    def manifests(self, snapshot_id: int) -> Path:
        """Write the manifest list of a snapshot and its manifests; returns the list."""
        from pyiceberg.manifest import write_manifest_list

        at = self._table.snapshot_by_id(snapshot_id)
        if at is None:
            raise KeyError(f"there is no snapshot {snapshot_id} in it")
        read = enumerate(self._read(at.manifest_list))
        kept = [moved for number, each in read if (moved := self._manifest(each, number))]
        target = self._place / FOLDER / "manifests.avro"
        with write_manifest_list(
            format_version=self._table.format_version,
            output_file=self._io.new_output(str(target)),
            snapshot_id=at.snapshot_id,
            parent_snapshot_id=None,
            sequence_number=at.sequence_number,
            avro_compression="null",
        ) as writer:
            writer.add_manifests(kept)
        return target

    def _read(self, manifest_list: str) -> "list[ManifestFile]":
        from pyiceberg.manifest import read_manifest_list

        read_checked()
        return list(read_manifest_list(self._io.new_input(self._here(manifest_list))))

    def _manifest(self, manifest: "ManifestFile", number: int) -> "ManifestFile | None":
        """Write a manifest again, as old as it was; None if no file is in it any more."""
        from pyiceberg.manifest import write_manifest

        manifest[MANIFEST_PATH] = self._here(manifest.manifest_path)
        entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        if not entries:
            return None
        target = self._place / FOLDER / f"manifest-{number}.avro"
        with write_manifest(
            format_version=self._table.format_version,
            spec=self._table.specs()[manifest.partition_spec_id],
            schema=self._table.schema(),
            output_file=self._io.new_output(str(target)),
            snapshot_id=cast("int", manifest.added_snapshot_id),
            avro_compression="null",
        ) as writer:
            for entry in entries:
                entry.data_file[FILE_PATH] = self._here(entry.data_file.file_path)
                writer.existing(entry)
        written = writer.to_manifest_file()
        written.sequence_number = manifest.sequence_number
        written.min_sequence_number = manifest.min_sequence_number
        return written

    def _here(self, address: str) -> str:
        """Say where the file at an address of the lake lies in the folder."""
        return str(self._place / escape(tree_path(literal(address), self._location)))


def _metadata(
    values: dict[str, Any], source: IcebergTable, place: Path, manifests: Path
) -> dict[str, Any]:
    """Reduce a table's metadata to one snapshot, in a folder."""
    at = int(source.snapshot_id)
    kept = [s for s in values["snapshots"] if s["snapshot-id"] == at]
    if not kept:
        raise KeyError(f"there is no snapshot {at} in it")
    alone = {key: value for key, value in kept[0].items() if key != "parent-snapshot-id"}
    return {
        **values,
        "location": str(place),
        "current-snapshot-id": at,
        "current-schema-id": alone.get("schema-id", values.get("current-schema-id", 0)),
        "snapshots": [{**alone, "manifest-list": str(manifests)}],
        "snapshot-log": [],
        "metadata-log": [],
        "refs": {"main": {"snapshot-id": at, "type": "branch"}},
        "statistics": [],
        "partition-statistics": [],
    }
