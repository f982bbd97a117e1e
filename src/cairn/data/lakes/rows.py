"""The rows of a lake's table as a snapshot has them: file after file, in bounded memory.

One data file at a time is laid out in a scratch folder, verified on the way, and read in
batches; no library of lakes sees the data.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from cairn.core.errors import Corrupt, Inconclusive, Invalid, Unavailable
from cairn.core.snapshot import DeltaTable, IcebergTable, is_kept
from cairn.core.table import Profile, TableProfile
from cairn.core.tree import Entry, escape
from cairn.data.giver import Giver
from cairn.data.lakes.delta_layout import delta_layout
from cairn.data.lakes.files import copy_at, locate_files
from cairn.data.lakes.iceberg_layout import Read, iceberg_layout
from cairn.data.lakes.layout import Layout, aligned
from cairn.data.lying import Lying
from cairn.data.tables.arrow import Batch, arrow
from cairn.data.tables.parquet import learn, parquet_batches, reading_parquet
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

_log = logging.getLogger(__name__)
Rows = Collection[int]
_NONE: Rows = ()
METADATA = b".metadata.json"


class LakeRows(NamedTuple):
    """A table of a lake at one snapshot: its layout, and who has the bytes of its files."""

    layout: Layout
    entries: Mapping[bytes, Entry]
    giver: Giver

    def batches(self, without: Mapping[bytes, Rows | None] = {}) -> Iterator[Batch]:
        """Read all rows; raises `Invalid` for a file that is not what the table says.

        Left out are those that a file is `without`, counted from 0, or all of them (None).
        """
        with TemporaryDirectory(prefix="cairn-") as folder:
            place = Path(folder) / "part"
            for part in self.layout.parts:
                if without.get(part.path, _NONE) is None:
                    continue
                entry = self.entries.get(part.path)
                if entry is None:
                    raise Corrupt(f"the table lists {escape(part.path)}, which is not in it")
                self.giver.copy_to(entry.digest, place)
                with reading_parquet(place, what=escape(part.path)) as file:
                    fields = list(file.schema_arrow)
                    first = 0
                    for batch in parquet_batches(file):
                        whole = aligned(self.layout, part, fields, batch)
                        yield _left(whole, first, without.get(part.path))
                        first += batch.num_rows


def _left(batch: Batch, first: int, gone: Rows | None) -> Batch:
    """Take rows out of a batch that begins with row `first` of its file."""
    if gone is None:
        return batch
    stays = np.ones(batch.num_rows, dtype=np.bool_)
    stays[[row - first for row in gone if first <= row < first + batch.num_rows]] = False
    return batch.filter(arrow().array(stays))


def lake_rows(
    objects: ObjectStore, source: DeltaTable | IcebergTable, folder: Path
) -> LakeRows:
    """Find out what a table's rows are; `folder` is the project's, where pins are looked for.

    Raises `Invalid` for a table whose data files alone do not say its rows.
    """
    entries = {entry.path: entry for entry in tree_entries(objects, source.tree)}
    giver: Giver = objects
    if not is_kept(source):
        giver = Lying(locate_files(source, folder)(list(entries.values())))

    def read(path: bytes) -> bytes:
        if path not in entries:
            raise Corrupt(f"the table lists {escape(path)}, which is not in it")
        return giver.get(entries[path].digest)

    what = source.location
    if isinstance(source, DeltaTable):
        layout = delta_layout(entries, lambda entry: read(entry.path), what=what)
    else:
        text = _metadata(source, entries, read, folder)
        layout = iceberg_layout(text, int(source.snapshot_id), read, what=what)
    return LakeRows(layout, entries, giver)


def describe_lake(project: Project, source: DeltaTable | IcebergTable) -> Profile | None:
    """Read a table from end to end; one whose rows cannot be read is frozen all the same.

    Of a pin no value is kept: its columns have names, types and digests.
    """
    what = source.location
    try:
        rows = lake_rows(project.objects, source, project.settings.folder)
        facts, columns = learn(
            rows.batches(), rows.layout.schema, what=what, profiled=is_kept(source)
        )
    except (Invalid, Unavailable, Inconclusive) as error:
        _log.warning("frozen as it is, but its rows were not read: %s", error)
        return None
    return Profile(tables=(TableProfile(path="", facts=facts, columns=columns),))


def _metadata(
    source: IcebergTable, entries: Mapping[bytes, Entry], read: Read, folder: Path
) -> bytes:
    """Read a table's metadata: a copy has it, a pin says where it lies."""
    for path in entries:
        if path.endswith(METADATA):
            return read(path)
    return pinned_metadata(source, folder)


def pinned_metadata(source: IcebergTable, folder: Path) -> bytes:
    """Read the metadata of a pinned table where it lies; `folder` is the project's."""
    address = source.metadata_location
    if "://" not in address:
        address = str((folder / address).resolve())
    return b"".join(copy_at(address).chunks())
