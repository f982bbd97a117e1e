"""A snapshot without some rows: its files written again, under a digest of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import CairnError, Invalid
from cairn.core.snapshot import (
    DeltaTable,
    Derived,
    Files,
    IcebergTable,
    Query,
    Sampling,
    Snapshot,
    Source,
    Table,
)
from cairn.core.tree import FILE, Entry, escape
from cairn.data.lakes.rows import LakeRows, lake_rows
from cairn.data.person.place import Fate
from cairn.data.rows import captured
from cairn.data.rows.asked import Looked
from cairn.data.rows.look import logs_of
from cairn.data.rows.without import without
from cairn.data.tables.arrow import Batch, Schema, arrow
from cairn.data.tables.parquet import store_table
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import store_entries, tree_entries


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
    if isinstance(old.source, DeltaTable | IcebergTable):
        return _rewrite_lake(
            objects, old.source, old.sampling, here, found, whole=whole, store=store
        )
    frames = captured.frames_in(objects, here)
    left, fates = dict(here), dict[bytes, tuple[Fate, str]]()
    new: dict[bytes, bytes] = {}
    for path, looked in found.items():
        touched = frames.get(path) or (here[path], *logs_of(path, here))
        work = partial(_written, objects, touched, looked, here, is_frame=path in frames)
        fate, why, written = _fate(work, whole=whole)
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


def _rewrite_lake(
    objects: ObjectStore,
    lake: DeltaTable | IcebergTable,
    sampling: Sampling | None,
    here: Mapping[bytes, Entry],
    found: Mapping[bytes, Looked],
    *,
    whole: bool,
    store: bool,
) -> Rewritten:
    """Write a lake's table again as a table by value.

    All of its files go: its log and its manifests hold least and greatest values of columns.
    """
    gone = frozenset(entry.digest for entry in here.values())
    try:
        rows = lake_rows(objects, lake, Path())
        kept = _table_left(objects, rows, sampling, found) if store else None
    except CairnError as error:
        stays = Rewritten(None, frozenset(), gone, {p: ("stays", str(error)) for p in found})
        goes = Rewritten(None, gone, frozenset(), {p: ("whole", str(error)) for p in found})
        return goes if whole else stays
    return Rewritten(kept, gone, frozenset(), dict.fromkeys(found, ("rewritten", "")))


def _table_left(
    objects: ObjectStore,
    rows: LakeRows,
    sampling: Sampling | None,
    found: Mapping[bytes, Looked],
) -> Digest | None:
    """Store the rows that stay; None if there are none."""
    without = {
        path: None if looked.whole or looked.at is None else frozenset(looked.at.tolist())
        for path, looked in found.items()
    }
    batches = (batch for batch in rows.batches(without) if batch.num_rows)
    first = next(batches, None)
    if first is None:
        return None
    stored = store_table(
        objects, chain([first], batches), rows.layout.schema, what="the table"
    )
    source = Table(tree=stored.tree, table=stored.facts)
    return objects.put_record(Snapshot(source=source, sampling=sampling))


def _fate(
    work: Callable[[], dict[bytes, bytes]], *, whole: bool
) -> tuple[Fate, str, dict[bytes, bytes]]:
    """Say what becomes of a file or frame, and why; and what is written in its place."""
    try:
        written = work()
    except CairnError as error:
        return ("whole" if whole else "stays"), str(error), {}
    return ("rewritten", "", written) if written else ("whole", "its path names them", {})


def _written(
    objects: ObjectStore,
    touched: Sequence[Entry],
    looked: Looked,
    beside: Mapping[bytes, Entry],
    *,
    is_frame: bool,
) -> dict[bytes, bytes]:
    """Return the bytes of files without the rows; none for a file that goes whole.

    Raises `Invalid` for what cannot be written again.
    """
    file, name = touched[0], escape(touched[0].path)
    if looked.whole:
        return {}
    if looked.at is None:
        raise Invalid(
            f"{name} has no rows that can be told apart; `cairn "
            "forget-secret` erases such objects whole"
        )
    if is_frame:
        return captured.without(objects, tuple(touched), looked.at)
    return {file.path: without(objects, file, looked.at, beside)}


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
