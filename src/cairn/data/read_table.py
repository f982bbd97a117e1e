"""The table of a snapshot, wherever its rows are: in a file, in many, in a lake, in a pin."""

from cairn.core.errors import Invalid, NotFound
from cairn.core.snapshot import (
    DeltaTable,
    IcebergTable,
    Snapshot,
    SnapshotInfo,
    is_kept,
)
from cairn.core.tree import SYMLINK, escape
from cairn.core.words import counted
from cairn.data.lakes.rows import lake_rows
from cairn.data.pins import lying
from cairn.data.tables.arrow import arrow
from cairn.data.tables.parquet_columns import columns_of, read_parquet_columns
from cairn.data.tables.plain import plain_batches, plain_schema
from cairn.data.tables.table import Table, nearest, parse_table, some
from cairn.data.tables.table_files import (
    ALL_ROWS,
    DELIMITERS,
    PARQUET,
    TABLES,
    TableFiles,
    suffix_of,
)
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

_PACKED = {".gz", ".bz2", ".xz", ".zip", ".zst"}


def read_table(project: Project, snapshot: SnapshotInfo, *, file: str = "") -> Table:
    """Read the table `file` of a snapshot, or the only one in it: CSV, TSV or Parquet.

    A frame, the result of a query and a table of a lake are one table. Files of a pin are read
    where they lie. Raises `NotFound` for a file that is not in the snapshot, `Invalid` for one
    that is not a whole table, each with what to do.
    """
    source = project.objects.get_record(snapshot.digest, Snapshot).source
    if isinstance(source, DeltaTable | IcebergTable) and file in ("", ALL_ROWS):
        return _read_lake(project, source)
    chosen = _choose(project.objects, snapshot, file)
    objects = project.objects if is_kept(source) else lying(project, source)
    name = chosen.name
    if all(suffix_of(escape(entry.path)) in PARQUET for entry in chosen.entries):
        contents = (objects.get(entry.digest) for entry in chosen.entries)
        columns = read_parquet_columns(contents, name=name)
        return Table(name, len(columns[0].array) if columns else 0, columns)
    delimiter = _delimiter(name)
    return parse_table(objects.get(chosen.entries[0].digest), name=name, delimiter=delimiter)


def _read_lake(project: Project, source: DeltaTable | IcebergTable) -> Table:
    """Read the rows that a lake's log gives, in however many files they are."""
    rows = lake_rows(project.objects, source, project.settings.folder)
    schema = plain_schema(rows.layout.schema, source.location)
    batches = plain_batches(rows.batches(), schema, source.location)
    table = arrow().Table.from_batches(batches, schema)
    return Table(ALL_ROWS, table.num_rows, columns_of(table))


def _choose(objects: ObjectStore, snapshot: SnapshotInfo, file: str) -> TableFiles:
    entries = {escape(entry.path): entry for entry in tree_entries(objects, snapshot.tree)}
    if snapshot.kind in ("table", "query") and file in ("", ALL_ROWS):
        return TableFiles(ALL_ROWS, tuple(entries.values()))
    if file and file not in entries:
        known = tuple(entries)
        raise NotFound(f"the snapshot has no file {file!r}{nearest(file, known, 'it has')}")
    tables = [file] if file else [name for name in entries if suffix_of(name) in TABLES]
    if not tables and len(entries) == 1:
        tables = list(entries)
    if len(tables) != 1:
        raise Invalid(
            f"the snapshot has {counted(len(tables), 'table')} among "
            f"{counted(len(entries), 'file')}; write which is meant: "
            f"file = {some(tables or tuple(entries))}"
        )
    entry = entries[tables[0]]
    if entry.mode == SYMLINK:
        raise Invalid(f"{tables[0]} is a symbolic link: name the file that it leads to")
    return TableFiles(tables[0], (entry,))


def _delimiter(name: str) -> str:
    suffix = suffix_of(name)
    if suffix in _PACKED:
        raise Invalid(f"{name} is compressed: unpack it, and snapshot the table itself")
    if suffix not in DELIMITERS:
        raise Invalid(
            f"{name} is not read as a table: write it as CSV or Parquet "
            "(frame.to_csv(path, index=False)) and snapshot that"
        )
    return DELIMITERS[suffix]
