"""Rows met again by what is in them: what a run captured often has no column for the id.

A captured frame is *explained* if each of its rows is a row of tables that have the column, as
far as their columns are the same. Then the rows that are looked for can be told in it, and
only then: values that were scaled or encoded are those of nobody.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]
_SAMPLE = 1_000
_MISSING, _WORDS = "\0", frozenset(("None", "nan", "<NA>", "NaT"))
_MIXER = np.uint64(0x9E3779B97F4A7C15)


class Source:
    """A table that has the column: its other columns, and the rows that are looked for."""

    def __init__(self, columns: Sequence[tuple[str, Any]], at: Places) -> None:
        self.at = at
        self._columns = {name: plain(values) for name, values in columns}
        self._keys: dict[tuple[str, str], Keys] = {}

    def names(self) -> list[str]:
        """Name the columns, in order."""
        return list(self._columns)

    def keys(self, name: str, like: NDArray[Any]) -> Keys | None:
        """Number the values of a column, rounded as `like` is; None if they are not such."""
        values = self._columns.get(name)
        if values is None or (values.dtype == object) != (like.dtype == object):
            return None
        known = (name, str(like.dtype))
        if known not in self._keys:
            narrow = like.dtype.kind == "f" and like.dtype.itemsize < values.dtype.itemsize
            self._keys[known] = numbered(values.astype(like.dtype) if narrow else values)
        return self._keys[known]


def find(
    sources: Sequence[Source], columns: Sequence[tuple[str | None, Any]]
) -> Places | None:
    """Return the rows of a frame that are looked for; None if it is not explained.

    By all of its columns equal rows are as good as one another, and as many are returned as
    the table has. By some of them only a row counts that no two people have in common.
    """
    ours = [(name, plain(values)) for name, values in columns]
    rows = len(ours[0][1]) if ours else 0
    covered = np.zeros(rows, dtype=np.bool_)
    found = np.zeros(rows, dtype=np.bool_)
    for source in sources:
        met = _meet(source, ours)
        if met is None:
            continue
        mine, theirs, is_whole = met
        keys, counts = np.unique(theirs, return_counts=True)
        wanted, most = np.unique(theirs[source.at], return_counts=True)
        alone = most == counts[np.searchsorted(keys, wanted)]
        told = keys if is_whole else np.union1d(keys[counts == 1], wanted[alone])
        covered |= np.isin(mine, told)
        kept = np.isin(wanted, told)
        for key, many in zip(wanted[kept], most[kept].tolist(), strict=True):
            places = np.flatnonzero(mine == key)
            found[places[:many] if is_whole else places] = True
    return np.flatnonzero(found) if covered.all() else None


def plain(values: Any) -> NDArray[Any]:
    """Return values as numbers, or as texts in an array of objects."""
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind in "fiub":
        return array if array.dtype.kind == "f" else array.astype(np.float64)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]").astype(str)
    spelled = [_spelled(value) for value in array.tolist()]
    texts = np.empty(len(spelled), dtype=object)
    texts[:] = spelled
    return texts


def _spelled(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return _MISSING if not isinstance(value, str) and text in _WORDS else text


def numbered(values: NDArray[Any]) -> Keys:
    """Give equal values equal numbers, and others others but for a chance of 2^-64 a pair."""
    if values.dtype == object:
        return np.fromiter(map(hash, values), dtype=np.int64, count=len(values)).view(
            np.uint64
        )
    wide = values.astype(np.float64)
    wide = np.where(np.isnan(wide), np.nan, wide + 0.0)  # one NaN, and no zero with a sign
    return _mixed(wide.view(np.uint64))


def _meet(
    source: Source, columns: Sequence[tuple[str | None, NDArray[Any]]]
) -> tuple[Keys, Keys, bool] | None:
    """Number the rows of a frame and of a table by the columns that both have.

    Also tells whether these are all columns of the frame. None if they share none.
    """
    pairs = [(numbered(values), list(_like(source, name, values))) for name, values in columns]
    order = sorted(range(len(pairs)), key=lambda at: -len(np.unique(pairs[at][0])))
    mine: Keys | None = None
    theirs: Keys | None = None
    met = 0
    for at in order:
        own, others = pairs[at]
        best: tuple[int, Keys, Keys] | None = None
        for other in others:
            left = own if mine is None else _mixed(mine) + own
            right = other if theirs is None else _mixed(theirs) + other
            rows = int(np.isin(left, right).sum())
            if best is None or rows > best[0]:
                best = rows, left, right
        needed = 1 if mine is None or theirs is None else int(np.isin(mine, theirs).sum())
        if best is not None and best[0] >= needed:
            _, mine, theirs = best
            met += 1
    if mine is None or theirs is None:
        return None
    return mine, theirs, met == len(columns)


def _like(source: Source, name: str | None, values: NDArray[Any]) -> Iterator[Keys]:
    """Yield the columns of a table that a column may be: of its name, or with its values."""
    if name is not None and name in source.names():
        keys = source.keys(name, values)
        if keys is not None:
            yield keys
        return
    some = numbered(
        values[np.linspace(0, len(values) - 1, min(_SAMPLE, len(values)), dtype=int)]
    )
    for other in source.names():
        keys = source.keys(other, values)
        if keys is not None and 2 * int(np.isin(some, keys).sum()) >= len(some):
            yield keys


def _mixed(words: Keys) -> Keys:
    return (words ^ (words >> np.uint64(29))) * _MIXER
