"""A snapshot without some rows: its files written again, under a digest of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import CairnError, Invalid
from cairn.core.snapshot import (
    DeltaTable,
    Derived,
    Files,
    IcebergTable,
    Query,
    Snapshot,
    Source,
    Table,
)
from cairn.core.tree import FILE, Entry, escape
from cairn.data.arrow import Batch, Schema, arrow
from cairn.data.parquet import store_table
from cairn.data.person.place import Fate
from cairn.data.rows import captured
from cairn.data.rows.asked import Looked
from cairn.data.rows.without import without
from cairn.objects import ObjectStore
from cairn.objects.tree import store_entries, tree_entries


class Rewritten(NamedTuple):
    """What became of a snapshot: its successor, if it has one, and what goes with the old."""

    snapshot: Digest | None
    gone: frozenset[Digest]
    left: frozenset[Digest]
    fates: Mapping[bytes, tuple[Fate, str]]


def rewrite(
    objects: ObjectStore,
    snapshot: Digest,
    found: Mapping[bytes, Looked],
    *,
    successors: Mapping[Digest, Digest],
    whole: bool,
    store: bool,
) -> Rewritten:
    """Write a snapshot again without the rows found, and `store` it; what cannot be stays.

    With `whole` a file that cannot be written again goes, rows of others and all.
    """
    old = objects.get_record(snapshot, Snapshot)
    here = {e.path: e for e in tree_entries(objects, old.source.tree) if objects.has(e.digest)}
    frames = captured.frames_in(objects, here)
    left, fates = dict(here), dict[bytes, tuple[Fate, str]]()
    new: dict[bytes, bytes] = {}
    for path, looked in found.items():
        touched = frames.get(path) or (here[path],)
        fate, why, written = _fate(objects, old.source, touched, looked, whole=whole)
        fates[path] = fate, why
        if fate != "stays":
            new |= written
            for entry in touched:
                del left[entry.path]
    stays = {digest_bytes(content) for content in new.values()}
    stays |= {entry.digest for entry in left.values()}
    stays |= {files[0].digest for files in frames.values()}  # a header has no rows
    gone = frozenset(entry.digest for entry in here.values()) - stays
    done = Rewritten(None, gone, frozenset(stays), fates)
    if not store or not gone or not (left or new):
        return done
    with objects.batch() as batch:
        for path, content in new.items():
            left[path] = Entry(path, FILE, len(content), batch.put(content))
        tree = store_entries(batch, sorted(left.values())).digest
    source = _source(objects, old.source, tree, successors)
    kept = objects.put_record(Snapshot(source=source, sampling=old.sampling))
    return done._replace(snapshot=kept)


def _fate(
    objects: ObjectStore,
    source: Source,
    touched: tuple[Entry, ...],
    looked: Looked,
    *,
    whole: bool,
) -> tuple[Fate, str, dict[bytes, bytes]]:
    """Say what becomes of a file or frame, and why; and what is written in its place."""
    try:
        written = _written(objects, source, touched, looked)
    except CairnError as error:
        return ("whole" if whole else "stays"), str(error), {}
    return ("rewritten", "", written) if written else ("whole", "its path names them", {})


def _written(
    objects: ObjectStore,
    source: Source,
    touched: Sequence[Entry],
    looked: Looked,
) -> dict[bytes, bytes]:
    """Return the bytes of files without the rows; none for a file that goes whole.

    Raises `Invalid` for what cannot be written again.
    """
    file, *others = touched
    name = escape(file.path)
    if isinstance(source, DeltaTable | IcebergTable):
        raise Invalid(
            f"{name} belongs to a table that lists its files: take the rows out of the "
            "table, and freeze that"
        )
    if looked.whole:
        return {}
    if looked.at is None:
        raise Invalid(
            f"{name} has no rows that can be told apart; `cairn "
            "forget-secret` erases such objects whole"
        )
    if others:
        return captured.without(objects, (file, *others), looked.at)
    return {file.path: without(objects, file, looked.at)}


def _source(
    objects: ObjectStore, old: Source, tree: Digest, successors: Mapping[Digest, Digest]
) -> Source:
    """Say what a snapshot is after rows were taken out: a table stays one, by its values."""
    match old:
        case Table() | Query():
            stored = store_table(
                objects, _batches(objects, tree), _schema(objects, tree), what="the table"
            )
            return Table(tree=stored.tree, table=stored.facts)
        case Derived():
            return Derived(
                tree=tree, by=old.by, of=tuple(sorted(successors.get(d, d) for d in old.of))
            )
        case _:
            return Files(tree=tree)


def _batches(objects: ObjectStore, tree: Digest) -> Iterator[Batch]:
    for entry in tree_entries(objects, tree):
        content = arrow().BufferReader(objects.get(entry.digest))
        yield from arrow("parquet").ParquetFile(content).iter_batches()


def _schema(objects: ObjectStore, tree: Digest) -> Schema:
    first = next(tree_entries(objects, tree))
    return arrow("parquet").read_schema(arrow().BufferReader(objects.get(first.digest)))
