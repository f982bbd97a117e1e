"""What the metadata of an Iceberg table says of the rows of one of its snapshots."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cairn.core.errors import CairnError, Corrupt, Invalid, first_line
from cairn.data.lakes.avro import read_checked
from cairn.data.lakes.files import literal, tree_path
from cairn.data.lakes.layout import Given, Layout, Part
from cairn.data.tables.arrow import DataType, arrow

if TYPE_CHECKING:
    from pyiceberg import schema as iceberg
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile, ManifestEntry
    from pyiceberg.table import metadata as described

Read = Callable[[bytes], bytes]
"""Reads a file of a snapshot by its path in the tree."""
_NARROW_BITS = 32


def iceberg_layout(text: bytes, snapshot_id: int, read: Read, *, what: str) -> Layout:
    """Read the metadata `text` of a table, and what one of its snapshots lists.

    Raises `Invalid` for a snapshot whose data files alone do not say its rows, `Corrupt` for
    metadata that cannot be read.
    """
    from pyiceberg.table.metadata import TableMetadataUtil

    try:
        metadata = TableMetadataUtil.parse_raw(text.decode())
        return _layout(metadata, snapshot_id, read, what)
    except CairnError:
        raise
    except Exception as error:  # pyiceberg raises what its parsers raise
        raise Corrupt(f"the metadata of {what} cannot be read: {first_line(error)}") from error


def _layout(
    metadata: "described.TableMetadata", snapshot_id: int, read: Read, what: str
) -> Layout:
    from pyiceberg.io.pyarrow import (
        schema_to_pyarrow,  # pyright: ignore[reportUnknownVariableType] (of PyArrow, without types)
    )

    at = metadata.snapshot_by_id(snapshot_id)
    if at is None:
        raise Corrupt(f"the metadata of {what} has no snapshot {snapshot_id}")
    schema = metadata.schema_by_id(at.schema_id) if at.schema_id is not None else None
    schema = schema or metadata.schema()
    files = _stored(read, literal(metadata.location))
    entries = _entries(at.manifest_list, files, what)
    times = {each.snapshot_id: each.timestamp_ms for each in metadata.snapshots}
    entries.sort(key=lambda e: (e.sequence_number or 0, times.get(e.snapshot_id or 0, 0)))
    mapping = metadata.name_mapping()
    return Layout(
        schema=schema_to_pyarrow(schema, include_field_ids=True),
        parts=tuple(_part(metadata, schema, entry.data_file, what) for entry in entries),
        ids=tuple(field.field_id for field in schema.fields),
        named={
            name: each.field_id
            for each in mapping or ()
            for name in each.names
            if each.field_id is not None
        },
    )


def _entries(manifest_list: str, files: "FileIO", what: str) -> "list[ManifestEntry]":
    """List the data files, manifest by manifest; pyiceberg's cache of lists goes by path."""
    from pyiceberg.manifest import ManifestContent, read_manifest_list

    read_checked()
    found: list[ManifestEntry] = []
    for manifest in read_manifest_list(files.new_input(manifest_list)):
        live = manifest.fetch_manifest_entry(files, discard_deleted=True)
        if live and manifest.content == ManifestContent.DELETES:
            raise Invalid(f"{what} has delete files, which say which rows of a file are gone")
        found += live
    return found


def _part(
    metadata: "described.TableMetadata", schema: "iceberg.Schema", file: "DataFile", what: str
) -> Part:
    from pyiceberg.manifest import FileFormat
    from pyiceberg.transforms import IdentityTransform

    if file.file_format != FileFormat.PARQUET:
        raise Invalid(
            f"{what} has files of {file.file_format}, and rows are read from Parquet"
        )
    defaults: dict[str, Any] = {
        field.name: getattr(field, "initial_default", None) for field in schema.fields
    }
    given = {name: _value(value) for name, value in defaults.items() if value is not None}
    spec = metadata.specs()[file.spec_id]
    for at, each in enumerate(spec.fields):
        name = schema.find_column_name(each.source_id)
        transform: Any = getattr(each, "transform", None)
        if isinstance(transform, IdentityTransform) and name is not None:
            given[name] = _value(file.partition[at])
    return Part(tree_path(literal(file.file_path), literal(metadata.location)), given)


def _value(value: Any) -> Given:
    def scalar(kind: DataType) -> Any:
        pa = arrow()
        if isinstance(value, int) and pa.types.is_temporal(kind):
            narrow = kind.bit_width == _NARROW_BITS
            return pa.scalar(value, pa.int32() if narrow else pa.int64()).cast(kind)
        return pa.scalar(value, kind)

    return scalar


def _stored(read: Read, location: str) -> "FileIO":
    """Let pyiceberg read the files of a snapshot by their addresses in the lake."""
    from pyiceberg.io import FileIO, InputFile, OutputFile

    class Stored(InputFile):
        def __len__(self) -> int:
            return len(self._content())

        def exists(self) -> bool:
            return True

        def open(self, seekable: bool = True) -> Any:
            del seekable
            return io.BytesIO(self._content())

        def _content(self) -> bytes:
            return read(tree_path(literal(self.location), location))

    class StoredFiles(FileIO):
        def new_input(self, location: str) -> InputFile:
            return Stored(location)

        def new_output(self, location: str) -> OutputFile:
            raise NotImplementedError(location)

        def delete(self, location: "str | InputFile | OutputFile") -> None:
            raise NotImplementedError(location)

    return StoredFiles()
