"""The parts of captured rows: features, labels, a readable table, row beside row."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cairn.core.errors import CairnError
from cairn.core.tree import Entry, escape
from cairn.data.rows import captured, contents
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.captured import Columns
from cairn.data.rows.look import look
from cairn.data.rows.sources import row_count
from cairn.objects import ObjectStore

Places = NDArray[np.int64]


class Part(NamedTuple):
    """A frame by its folder, or a table by its file: its columns, and the rows found in it."""

    path: bytes
    rows: int
    columns: Columns
    looked: Looked


def parts_of(
    objects: ObjectStore,
    entries: Mapping[bytes, Entry],
    frames: Mapping[bytes, tuple[Entry, ...]],
    asked: Asked,
) -> tuple[list[Part], list[str]]:
    """Read the frames of captured rows and the tables beside them; name what cannot be."""
    parts: list[Part] = []
    unread: list[str] = []
    inside = {file.path for files in frames.values() for file in files}
    for folder, files in frames.items():
        try:
            value = captured.read(objects, files)
            columns = captured.columns_of(value)
            index = captured.index_of(value)
            looked = captured.look_in_columns((*columns, *index), asked)
            parts.append(Part(folder, captured.count(value), columns, looked))
            unread += [f"{escape(folder)}, {reason}" for reason in looked.unread]
        except CairnError as error:
            unread.append(f"{escape(folder)}: {error}")
    for entry in entries.values():
        if entry.path in inside:
            continue
        try:
            looked = look(objects, entry, entries, asked)
            parts.append(Part(entry.path, row_count(objects, entry), (), looked))
        except CairnError as error:
            unread.append(str(error))
    return parts, unread


def told(
    group: Sequence[Part], asked: Asked, sources: Callable[[], Sequence[contents.Source]]
) -> tuple[Places, str]:
    """Return which of the same rows are looked for, and why that is not known of all."""
    exact = [part.looked.at for part in group if part.looked.at is not None]
    found = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *exact]))
    if asked.column and any(part.looked.has_column for part in group):
        return found, ""
    columns = [column for part in group for column in part.columns]
    met = contents.find(sources(), columns) if columns else None
    if met is not None:
        return np.union1d(found, met), ""
    names = ", ".join(escape(part.path) for part in group)
    what = f"no column {asked.column!r}" if asked.column else "columns of their own"
    return found, (
        f"{names}: {group[0].rows:,} captured rows with {what}, and not all of them are rows "
        "of a table that was searched"
    )
