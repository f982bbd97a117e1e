"""Tables and arrays as a run captures them: a folder, `frame.json` and its parts."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from cairn.core.digest import from_canonical
from cairn.core.errors import Corrupt, Invalid, NotFound
from cairn.core.tree import Entry, escape, unescape
from cairn.data.giver import Giver
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.wanted import Wanted
from cairn.data.tables.arrow import arrow
from cairn.objects import ObjectStore

HEADER = b"frame.json"
LARGEST_HEADER = 2**24
_NAMES = {"file", "mask", "codes", "data", "indices", "pointers"}
Columns = tuple[tuple[str | None, Any], ...]
"""Columns of equal length, each with its name, if it has one."""


def frames_in(
    objects: Giver, entries: Mapping[bytes, Entry]
) -> dict[bytes, tuple[Entry, ...]]:
    """Find the frames among files: the folder of each, and its files, the header first."""
    found: dict[bytes, tuple[Entry, ...]] = {}
    for path, entry in entries.items():
        folder, _, name = path.rpartition(b"/")
        if name != HEADER or entry.size > LARGEST_HEADER:
            continue
        inside = folder + b"/" if folder else b""
        with suppress(Corrupt, Invalid, NotFound):
            parts = [entries.get(inside + part) for part in _parts(objects.get(entry.digest))]
            found[folder] = (entry, *(part for part in parts if part is not None))
    return found


@contextmanager
def placed(objects: ObjectStore, files: tuple[Entry, ...]) -> Generator[Path]:
    """Lay the files of a frame out in a folder for a while."""
    with TemporaryDirectory(prefix="cairn-") as name:
        for entry in files:
            place = Path(name) / escape(entry.path.rpartition(b"/")[2])
            objects.copy_to(entry.digest, place)
        yield Path(name)


def read(objects: ObjectStore, files: tuple[Entry, ...]) -> Any:
    """Read a frame: a list, an array, a sparse matrix, a Series or a DataFrame.

    Raises `Invalid` where the library that it is of is not there, `Corrupt` for half of one.
    """
    from cairn.flavors import read_frame

    with placed(objects, files) as folder:
        return read_frame(folder)


def columns_of(value: Any) -> Columns:
    """Return the columns of a frame; raises `Invalid` for what has none: a sparse matrix."""
    if hasattr(value, "iloc"):
        return _named(value)
    if isinstance(value, list):
        return ((None, cast("list[object]", value)),)
    if type(value).__module__ != "numpy":
        raise Invalid(f"a {type(value).__name__} has no columns to look into")
    flat = value.reshape(len(value), -1)
    return tuple((None, flat[:, at]) for at in range(flat.shape[1]))


def count(value: Any) -> int:
    """Count the rows of a frame."""
    from cairn.flavors.frames.frame import row_count

    return row_count(value)


def look_in_columns(columns: Columns, asked: Asked) -> Looked:
    """Look into columns in memory; those without a name only if any column is asked for."""
    found: NDArray[np.bool_] | None = None
    unread: list[str] = []
    has_column = False
    for name, values in columns:
        wanted = asked.in_column(name or "")
        if wanted is None:
            continue
        has_column = True
        try:
            mask = _mask(wanted, values)
        except TypeError as error:
            unread.append(f"column {name!r}: {error}")
            continue
        found = mask if found is None else found | mask
    at = np.flatnonzero(found) if found is not None else np.zeros(0, dtype=np.int64)
    return Looked(len(at), has_column, tuple(unread), at)


def without(objects: ObjectStore, files: tuple[Entry, ...], at: Any) -> dict[bytes, bytes]:
    """Write a frame again without the rows `at`; returns the files, by their whole paths."""
    from cairn.flavors.frames.frame import read_frame, row_count, take_rows, write_frame

    folder = files[0].path.rpartition(b"/")[0]
    inside = folder + b"/" if folder else b""
    with placed(objects, files) as place, TemporaryDirectory(prefix="cairn-") as name:
        value = read_frame(place)
        stays = np.setdiff1d(np.arange(row_count(value)), at)
        write_frame(take_rows(value, stays.tolist()), Path(name))
        return {
            inside + unescape(path.name): path.read_bytes() for path in Path(name).iterdir()
        }


def _parts(header: bytes) -> list[bytes]:
    """Name the files that a header leads to; raises `Corrupt` if it is none."""
    from cairn.flavors.frames.frame import Frame

    found: list[str] = []
    waiting: list[Any] = [msgspec.to_builtins(from_canonical(header, Frame))]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            members = cast("Mapping[str, Any]", each)
            found += [v for k, v in members.items() if k in _NAMES and isinstance(v, str)]
            waiting += members.values()
        elif isinstance(each, list | tuple):
            waiting += cast("list[Any]", each)
    return [unescape(name) for name in dict.fromkeys(found)]


def index_of(value: Any) -> Columns:
    """Return a frame's index as a column, unless it only counts rows or there is none."""
    if not hasattr(value, "iloc") or type(value.index).__name__ == "RangeIndex":
        return ()
    name = value.index.name
    return (("" if name is None else str(name), value.index.to_series()),)


def _named(value: Any) -> Columns:
    if not hasattr(value, "columns"):
        return ((None if value.name is None else str(value.name), value),)
    return tuple((str(name), value.iloc[:, at]) for at, name in enumerate(value.columns))


def _mask(wanted: Wanted, values: Any) -> NDArray[np.bool_]:
    pa = arrow()
    try:
        return wanted.mask(pa.array(values))
    except (pa.ArrowException, ValueError):
        found = [wanted.is_value(value) for value in list(values)]
        return np.array(found, dtype=np.bool_)
