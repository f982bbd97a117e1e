"""Rows with a value in all snapshots: by their columns, and in captured frames by content.

Bytes that were erased hold no rows any more and are passed over; those of a pin are read where
they lie. What could not be looked into is told, and why.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.erasure import ListErasures
from cairn.core.errors import CairnError
from cairn.core.snapshot import (
    DeltaTable,
    Derived,
    IcebergTable,
    Snapshot,
    SnapshotInfo,
    Source,
    is_kept,
)
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.data.giver import Giver
from cairn.data.lakes.delta_layout import values_of_files
from cairn.data.lakes.rows import METADATA, pinned_metadata
from cairn.data.pins import lying
from cairn.data.rows import captured, contents
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.kind import suffix_of
from cairn.data.rows.look import LOGS, is_beside, look, partitions, rows_of
from cairn.data.rows.part import parts_of, told
from cairn.data.rows.renamed import called
from cairn.data.rows.sources import source_of
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

Entries = Mapping[bytes, Entry]
Frames = Mapping[bytes, tuple[Entry, ...]]


class Found(NamedTuple):
    """The rows of each file or frame, and what was not looked into."""

    files: Mapping[bytes, Looked]
    unread: tuple[str, ...] = ()


class Held(NamedTuple):
    """What a snapshot holds of a row, as far as its bytes were not erased."""

    info: SnapshotInfo
    files: Mapping[bytes, Looked]
    unread: tuple[str, ...] = ()
    is_erased: bool = False


class _Read(NamedTuple):
    source: Source
    entries: Entries
    giver: Giver
    is_erased: bool = False


class RowSearch:
    """Looks for a row; the same file in many snapshots is read once."""

    def __init__(self, project: Project, asked: Asked) -> None:
        self.asked = asked
        self.column_seen = not asked.column
        self._project = project
        self._objects = project.objects
        self._known: dict[tuple[object, ...], Looked | CairnError] = {}
        self._tables: dict[Digest, tuple[Giver, Entry, Looked]] = {}
        self._sources: list[contents.Source] | None = None
        erasures = project.engine.send(ListErasures())
        self._gone = {digest for found in erasures for digest in found.objects}

    def run(self) -> tuple[Held, ...]:
        """Look into every snapshot: those of files first, then what runs captured of them."""
        infos = {info.digest: info for info in reversed(self._project.snapshots())}
        found: dict[Digest, Held] = {}
        later: list[tuple[SnapshotInfo, _Read, Frames]] = []
        for info in infos.values():
            try:
                kept = self._read(info)
                frames = captured.frames_in(kept.giver, kept.entries)
            except CairnError as error:
                found[info.digest] = Held(info, {}, (str(error),))
                continue
            if isinstance(kept.source, Derived) and frames:
                later.append((info, kept, frames))
            else:
                rows = self._in_files(kept)
                found[info.digest] = Held(info, *rows, kept.is_erased)
        for info, kept, frames in later:
            rows = self.in_frames(kept.entries, frames)
            found[info.digest] = Held(info, *rows, kept.is_erased)
        return tuple(found[digest] for digest in infos)

    def in_frames(self, entries: Entries, frames: Frames) -> Found:
        """Look into captured rows: what has as many rows is taken for the same rows."""
        parts, unread = parts_of(self._objects, entries, frames, self.asked)
        files: dict[bytes, Looked] = {}
        for rows in dict.fromkeys(part.rows for part in parts):
            group = [part for part in parts if part.rows == rows]
            self.column_seen = self.column_seen or any(p.looked.has_column for p in group)
            at, reason = told(group, self.asked, self.sources)
            unread += [reason] if reason else []
            if len(at):
                looked = Looked(len(at), has_column=True, at=at)
                files |= {part.path: looked for part in group}
        return Found(files, tuple(unread))

    def sources(self) -> Sequence[contents.Source]:
        """Return the tables of files that have the column, with the rows that were found."""
        if self._sources is None:
            self._sources = []
            for giver, entry, looked in self._tables.values():
                with suppress(CairnError):
                    source = source_of(giver, entry, looked) if looked.has_column else None
                    self._sources += [source] if source else []
        return self._sources

    def look(
        self,
        entry: Entry,
        beside: Entries,
        asked: Asked,
        inside: Mapping[str, str] | None = None,
        giver: Giver | None = None,
    ) -> Looked:
        """Look into one file; raises `Invalid` with why it is not looked into.

        All of its rows have what is `inside`; if nobody says so, what its folders name. Its
        bytes are in the store, unless a `giver` has them.
        """
        giver = giver or self._objects
        if entry.mode == SYMLINK or is_beside(entry.path, beside):
            return Looked(0, has_column=False)
        inside = partitions(entry.path) if inside is None else inside
        named = [name for name in inside if asked.in_column(name)]
        self.column_seen = self.column_seen or bool(named)
        if any(_is_spelled(asked, name, inside[name]) for name in named):
            return Looked(rows_of(giver, entry), has_column=True, whole=True)
        logs = [beside.get(entry.path + suffix) for suffix in LOGS]
        key = (
            entry.digest,
            suffix_of(escape(entry.path)),
            asked,
            giver is self._objects,
            *(log and log.digest for log in logs),
        )
        if key not in self._known:
            try:
                self._known[key] = look(giver, entry, beside, asked)
            except CairnError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, CairnError):
            raise known
        self.column_seen = self.column_seen or known.has_column
        return known

    def _read(self, info: SnapshotInfo) -> _Read:
        """Read what a snapshot holds, but for what was erased of it; a pin where it lies."""
        source = self._objects.get_record(info.digest, Snapshot).source
        every = {entry.path: entry for entry in tree_entries(self._objects, info.tree)}
        if not is_kept(source):
            return _Read(source, every, lying(self._project, source))
        gone = {entry.path for entry in every.values() if self._is_gone(entry)}
        for files in captured.frames_in(self._objects, every).values() if gone else ():
            paths = {entry.path for entry in files}
            gone |= paths if gone & paths else set()  # what is left of it is not rows
        here = {path: entry for path, entry in every.items() if path not in gone}
        return _Read(source, here, self._objects, is_erased=bool(gone))

    def _in_files(self, read: _Read) -> Found:
        source, entries, giver, _ = read
        asked = self.asked
        try:
            if isinstance(source, IcebergTable) and asked.column:
                asked = asked.also(*called(self._metadata(source, read), asked.column))
            inside = _inside(read)
        except CairnError as error:
            return Found({}, (str(error),))
        files: dict[bytes, Looked] = {}
        unread: list[str] = []
        for entry in entries.values():
            if is_about_table(source, entry.path):
                continue
            try:
                looked = self.look(entry, entries, asked, inside.get(entry.path), giver)
            except CairnError as error:
                unread.append(str(error))
                continue
            self._tables[entry.digest] = giver, entry, looked
            if looked.rows:
                files[entry.path] = looked
            elif looked.unread:
                unread.append(f"{escape(entry.path)}, {looked.unread[0]}")
        return Found(files, tuple(unread))

    def _metadata(self, source: IcebergTable, read: _Read) -> Mapping[str, bytes]:
        """Read the metadata of a table: a copy has it, a pin says where it lies."""
        if not is_kept(source):
            folder = self._project.settings.folder
            return {source.metadata_location: pinned_metadata(source, folder)}
        files = (entry for path, entry in read.entries.items() if path.endswith(METADATA))
        return {escape(entry.path): read.giver.get(entry.digest) for entry in files}

    def _is_gone(self, entry: Entry) -> bool:
        return entry.digest in self._gone and not self._objects.has(entry.digest)


def _inside(read: _Read) -> Mapping[bytes, Mapping[str, str]]:
    """Say which values the log of a Delta table gives to all rows of a file."""
    if not isinstance(read.source, DeltaTable):
        return {}
    return values_of_files(read.entries, lambda entry: read.giver.get(entry.digest))


def is_about_table(source: Source, path: bytes) -> bool:
    """Tell whether a file of a lake's table says which rows there are, and has none itself."""
    match source:
        case DeltaTable():
            return path.startswith(b"_delta_log/")
        case IcebergTable():
            lists = path.endswith(b".avro") and b"/metadata/" in b"/" + path
            return lists or path.endswith(b".metadata.json")
        case _:
            return False


def _is_spelled(asked: Asked, column: str, value: str) -> bool:
    wanted = asked.in_column(column)
    return wanted is not None and wanted.is_spelled(value)
