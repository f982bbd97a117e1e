"""Iceberg tables by snapshot, as the Iceberg table specification lays them out.

A pin has the data and delete files that a snapshot reads, its manifests and their list: all
of them immutable, all of them gone once the snapshot is expired. A copy has the table's
metadata as well, so that what is restored can be read as a table (`relocate.py`).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cairn.core.errors import (
    CairnError,
    Corrupt,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
    first_line,
)
from cairn.core.snapshot import IcebergTable, Keeping, SnapshotInfo
from cairn.data.buckets.bucket import is_bucket, require_answer
from cairn.data.files import check_name, record_snapshot
from cairn.data.lakes.avro import read_checked
from cairn.data.lakes.files import Listed, literal, take_files
from cairn.data.lakes.location import recorded
from cairn.data.lakes.rows import describe_lake
from cairn.installed import installs
from cairn.objects.folders.tree import Progress
from cairn.project import Project

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

MAX_AGE = "history.expire.max-snapshot-age-ms"
DAYS_5_SECONDS = 5 * 24 * 3600
NEWEST_FORMAT = 2
_SNAPSHOT = re.compile(r"[0-9]{1,19}")


class Reference(NamedTuple):
    """What stands in `iceberg://`: a table of a catalog, or the path of a metadata file."""

    catalog: str
    table: str
    snapshot: str

    @property
    def is_metadata(self) -> bool:
        """Whether the table is named by its metadata file."""
        return not self.catalog


def snapshot_iceberg(
    project: Project,
    reference: Reference,
    *,
    name: str | None = None,
    mode: Keeping = "copy",
    tag: str = "",
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze one snapshot of an Iceberg table; without one, the current is resolved.

    `tag` is set on the snapshot in the catalog, so that it does not expire; nothing is written
    there without one. Raises `NotFound`, `Refused`, `Corrupt`, `Unavailable`.
    """
    check_name(name)
    table = open_table(reference)
    at = _snapshot_of(table, reference)
    lies, metadata = literal(table.location()), literal(table.metadata_location)
    files = _files_of(table, at)
    _check_absolute(table, [lies, metadata, *(file.address for file in files)])
    if mode == "copy":
        _check_copy(table, at)
        files.append(Listed(metadata))
    stored = take_files(project.objects, files, lies, mode=mode, on_progress=on_progress)
    if tag:
        _set_tag(table, at, tag, reference)
    source = IcebergTable(
        tree=stored.digest,
        mode=mode,
        location=recorded(project, lies),
        table_id=str(table.metadata.table_uuid),
        snapshot_id=str(at.snapshot_id),
        metadata_location=recorded(project, metadata),
        retention_seconds=_retention_seconds(table),
    )
    called = recorded(project, metadata) if reference.is_metadata else reference.table
    place = f"{reference.catalog}/{called}" if reference.catalog else called
    origin = f"iceberg://{place}@{at.snapshot_id}"
    profile = describe_lake(project, source)
    return record_snapshot(project, source, origin=origin, name=name, profile=profile)


def read_reference(text: str) -> Reference:
    """Read what stands behind `iceberg://`: `CATALOG/NAMESPACE.TABLE` or a metadata file.

    `@SNAPSHOT` or `?snapshot=SNAPSHOT` may follow. Raises `Invalid`.
    """
    place, separator, snapshot = text.partition("?snapshot=")
    if not separator:
        place, separator, snapshot = text.rpartition("@")
    if not separator or "/" in snapshot:
        place, snapshot = text, ""
    if snapshot and not _SNAPSHOT.fullmatch(snapshot):
        raise Invalid(f"{snapshot!r} is not a snapshot of an Iceberg table: it is a number")
    if place.endswith(".metadata.json"):
        return Reference("", place, snapshot)
    catalog, _, table = place.partition("/")
    if not catalog or "." not in table or "/" in table:
        raise Invalid(
            f"iceberg://{text} names no table: write iceberg://CATALOG/NAMESPACE.TABLE, or "
            "the path of its .metadata.json"
        )
    return Reference(catalog, table, snapshot)


def open_table(reference: Reference) -> "Table":
    """Open a table by its catalog or its metadata file; foreign errors end here."""
    try:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.table import StaticTable
        from pyiceberg.utils.config import Config
    except ImportError as error:
        raise Unavailable(
            "reading Iceberg tables needs a library that is not installed: "
            f"{installs('iceberg')}"
        ) from error
    if reference.is_metadata and is_bucket(reference.table):
        require_answer(reference.table)  # of what pyiceberg raises, one cannot tell
    try:
        if reference.is_metadata:
            return StaticTable.from_metadata(_absolute(reference.table))
        settings: Any = Config().get_catalog_config(reference.catalog) or {}
        return load_catalog(reference.catalog, **settings).load_table(reference.table)
    except Exception as error:  # its catalogs raise what their clients raise
        raise _translated(error, reference) from error


def _translated(error: Exception, reference: Reference) -> CairnError:
    from pyiceberg.exceptions import (
        ForbiddenError,
        NoSuchNamespaceError,
        NoSuchTableError,
        UnauthorizedError,
    )

    what, table = first_line(error), reference.table
    if isinstance(error, NoSuchTableError | NoSuchNamespaceError):
        return NotFound(
            f"the catalog {reference.catalog} has no table {table}; check the name"
        )
    if isinstance(error, FileNotFoundError):
        return NotFound(f"there is no Iceberg table at {table}: its metadata is not there")
    if isinstance(error, ForbiddenError | UnauthorizedError | PermissionError):
        return Unavailable(f"{table} may not be read: {what}; check your credentials")
    if reference.is_metadata:
        return Corrupt(f"the metadata of the Iceberg table at {table} cannot be read: {what}")
    return Unavailable(
        f"the catalog {reference.catalog} cannot be asked for {table}: {what}; set it up as "
        "pyiceberg wants it (~/.pyiceberg.yaml or PYICEBERG_CATALOG__NAME__URI)"
    )


def _snapshot_of(table: "Table", reference: Reference) -> "Snapshot":
    if not reference.snapshot:
        found = table.current_snapshot()
        if found is None:
            raise NotFound(f"{reference.table} has no snapshot yet: nothing was written to it")
        return found
    found = table.snapshot_by_id(int(reference.snapshot))
    if found is None:
        known = ", ".join(str(s.snapshot_id) for s in table.metadata.snapshots[-3:])
        raise NotFound(
            f"{reference.table} has no snapshot {reference.snapshot}; it was expired, or "
            f"never was; the newest are {known or 'none'}"
        )
    return found


def _files_of(table: "Table", at: "Snapshot") -> list[Listed]:
    """List the files that a snapshot reads, and those that say so."""
    read_checked()
    files = [Listed(literal(at.manifest_list))]
    try:
        for manifest in at.manifests(table.io):
            files.append(Listed(literal(manifest.manifest_path), manifest.manifest_length))
            files += [
                Listed(literal(file.file_path), file.file_size_in_bytes)
                for file in _entries(table, manifest)
            ]
    except FileNotFoundError as error:
        raise NotFound(
            f"snapshot {at.snapshot_id} of {table.location()} cannot be read: a manifest is "
            f"gone ({first_line(error)}); it was expired, so name a newer one"
        ) from error
    except CairnError:
        raise
    except Exception as error:  # its decoders raise whatever they stumble over
        raise Corrupt(
            f"a manifest of snapshot {at.snapshot_id} of {table.location()} cannot be read: "
            f"{first_line(error)}"
        ) from error
    return sorted(set(files))


def _entries(table: "Table", manifest: Any) -> Iterator[Any]:
    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
        yield entry.data_file


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).absolute())


def _check_absolute(table: "Table", addresses: Iterable[str]) -> None:
    """Refuse a table whose files lie elsewhere for each folder that it is read from."""
    bad = next(
        (each for each in addresses if "://" not in each and not each.startswith("/")), ""
    )
    if bad:
        raise Refused(
            f"{table.location()} names its files by relative paths ({bad}), and the "
            "specification of Iceberg wants whole addresses",
            fix="write the table again with a whole address as its location",
        )


def _check_copy(table: "Table", at: "Snapshot") -> None:
    """Refuse to copy a table whose files name each other by where they lie now."""
    from pyiceberg.manifest import ManifestContent

    if table.format_version > NEWEST_FORMAT:
        raise Refused(
            f"{table.location()} is of Iceberg's format {table.format_version}, and copies "
            f"are made up to {NEWEST_FORMAT}",
            fix="pin it instead (--pin), or rewrite the table in format 2",
        )
    deletes = [m for m in at.manifests(table.io) if m.content == ManifestContent.DELETES]
    if deletes:
        raise Refused(
            f"{table.location()} has {len(deletes)} manifests of delete files, which name "
            "data files by where they lie now",
            fix="compact the table first (rewrite_data_files), or pin it instead (--pin)",
        )


def _set_tag(table: "Table", at: "Snapshot", tag: str, reference: Reference) -> None:
    if reference.is_metadata:
        raise Invalid(
            "a tag is set through the catalog: write iceberg://CATALOG/NAMESPACE.TABLE"
        )
    try:
        with table.manage_snapshots() as changes:
            changes.create_tag(snapshot_id=at.snapshot_id, tag_name=tag)
    except Exception as error:  # its catalogs raise what their clients raise
        raise Unavailable(
            f"the tag {tag!r} cannot be set on {reference.table}: {first_line(error)}"
        ) from error


def _retention_seconds(table: "Table") -> int:
    """Read the age from which snapshots may be expired: five days unless the table says."""
    text = table.properties.get(MAX_AGE, "")
    return int(text) // 1000 if text.isdecimal() else DAYS_5_SECONDS
