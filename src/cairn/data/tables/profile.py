"""Column profiles: how the columns of a table look, gathered while its rows pass by.

1. Every number is decided by the values and their order alone: no clock, no chance.
2. Up to 1,000 different values are counted. Beyond that, their number is estimated from the
   1,024 smallest of their hashes (Bar-Yossef, Jayram, Kumar, Sivakumar and Trevisan, "Counting
   distinct elements in a data stream", RANDOM 2002, algorithm 2).
3. Mean and deviation are merged batch by batch (Chan, Golub and LeVeque, "Updating formulae
   and a pairwise algorithm for computing sample variances", 1979, equation 2.1).
4. Quantiles are those of the 4,096 rows whose numbers have the smallest hashes.
"""

import math
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cairn.core.digest import Digest
from cairn.core.table import MOST_COUNTED, ColumnProfile, ValueCount
from cairn.data.tables.arrow import Array, DataType, arrow
from cairn.data.tables.hashes import Hashes, mixed, quick_hashes

SMALLEST = 1_024
SAMPLE_ROWS = 4_096
TOP = 20
STEPS = np.linspace(0, 1, 21)
LONGEST = 200
_NEAR = 4 * SMALLEST


_Moments = tuple[int, float, float]


class Chosen(NamedTuple):
    """Rows of a sample after a batch: which of those before stay, which of the batch come."""

    kept: NDArray[np.intp]
    added: NDArray[np.intp]


class RowSample:
    """Chooses the same rows of a table in all columns, by their number alone."""

    def __init__(self) -> None:
        self._rows = 0
        self._ranks = np.zeros(0, dtype=np.uint64)

    def choose(self, rows: int) -> Chosen:
        """Choose among the next `rows` rows."""
        ranks = mixed(np.arange(self._rows, self._rows + rows, dtype=np.uint64))
        self._rows += rows
        worst = self._ranks.max() if len(self._ranks) == SAMPLE_ROWS else None
        near = np.flatnonzero(ranks < worst) if worst is not None else np.arange(rows)
        both = np.concatenate([self._ranks, ranks[near]])
        best = np.arange(len(both))
        if len(both) > SAMPLE_ROWS:  # no two ranks are the same
            best = np.sort(np.argpartition(both, SAMPLE_ROWS)[:SAMPLE_ROWS])
        before = len(self._ranks)
        self._ranks = both[best]
        return Chosen(best[best < before], near[best[best >= before] - before])


class ColumnProfiler:
    """Gathers the profile of one column."""

    def __init__(self, kind: DataType) -> None:
        types = arrow().types
        self._is_number = bool(
            types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        )
        self._is_float = bool(types.is_floating(kind))
        self._is_flat = not types.is_nested(kind) and not types.is_null(kind)
        self._sample = np.zeros(0)
        self._counts: dict[str, int] | None = {}
        self._smallest = np.zeros(0, dtype=np.uint64)
        self._nans = 0
        self._extremes: Array | None = None
        self._moments = (0, 0.0, 0.0)

    def update(self, array: Array, chosen: Chosen) -> None:
        """Add an array; the `chosen` rows of it are the sample from now on."""
        if not self._is_flat:
            return
        array = _comparable(array)
        if self._is_number:
            added = _floats(array.take(arrow().array(chosen.added)))
            self._sample = np.concatenate([self._sample[chosen.kept], added])
        array = array.drop_null()
        if self._is_float:
            array = self._without_nan(array)
        if len(array):
            self._add(array)

    def finish(self, values: Digest) -> ColumnProfile:
        """Return what was gathered."""
        low, high = texts(self._extremes) if self._extremes is not None else (None, None)
        count, mean, square = self._moments
        deviation = math.sqrt(square / count) if count else math.nan
        return ColumnProfile(
            values=values,
            distinct=self._distinct(),
            nans=self._nans,
            low=low and low[:LONGEST],
            high=high and high[:LONGEST],
            mean=mean if count and math.isfinite(mean) else None,
            deviation=deviation if math.isfinite(deviation) else None,
            quantiles=_quantiles(self._sample),
            top=self._top(),
        )

    def _add(self, array: Array) -> None:
        compute = arrow("compute")
        if self._is_number:
            self._moments = _merge_moments(self._moments, _floats(array))
        if self._counts is not None and len(array.slice(0, _NEAR).unique()) > MOST_COUNTED:
            self._counts = None
        if self._counts is not None:
            array = self._counted(array, self._counts)
        if not len(array):
            return
        self._smallest = _merged(self._smallest, quick_hashes(array))
        ends = compute.min_max(array)
        both = [
            ends["min"],
            ends["max"],
            *(self._extremes if self._extremes is not None else ()),
        ]
        ends = compute.min_max(arrow().array(both))
        self._extremes = arrow().array([ends["min"], ends["max"]])

    def _without_nan(self, array: Array) -> Array:
        compute = arrow("compute")
        nan = compute.is_nan(array)
        count: int = nan.true_count
        self._nans += count
        return array.filter(compute.invert(nan)) if count else array

    def _counted(self, array: Array, counts: dict[str, int]) -> Array:
        """Count values while they are few; returns those that are new."""
        unique = array.dictionary_encode()
        found = unique.dictionary
        if len(found) > MOST_COUNTED:
            self._counts = None
            return found
        rows = np.bincount(unique.indices.to_numpy(), minlength=len(found))
        values = [_short(value) for value in texts(found)]
        new = [value not in counts for value in values]
        for value, count in zip(values, rows.tolist(), strict=True):
            counts[value] = counts.get(value, 0) + count
        if len(counts) > MOST_COUNTED:
            self._counts = None
        return found if all(new) else found.filter(arrow().array(new))

    def _distinct(self) -> int:
        if self._counts is not None:
            return len(self._counts)
        if len(self._smallest) < SMALLEST:
            return len(self._smallest)
        estimated = round((SMALLEST - 1) / (int(self._smallest[-1]) / 2**64))
        return max(estimated, MOST_COUNTED + 1)  # so that it is read as an estimate

    def _top(self) -> tuple[ValueCount, ...]:
        counts = (self._counts or {}).items()
        most = sorted(counts, key=lambda each: (-each[1], each[0]))[:TOP]
        return tuple(ValueCount(value=value[:LONGEST], rows=rows) for value, rows in most)


def _short(text: str) -> str:
    """Cut a long text, and tell it from others that begin alike."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\0{sha256(text.encode()).hexdigest()}"


def _merged(smallest: Hashes, hashes: Hashes) -> Hashes:
    if len(smallest) == SMALLEST:
        hashes = hashes[hashes < smallest[-1]]
        if not len(hashes):
            return smallest
    both = np.concatenate([smallest, hashes])
    if len(both) > _NEAR:  # sorting the least of them does, unless many are the same
        least = np.unique(np.partition(both, _NEAR)[:_NEAR])
        if len(least) >= SMALLEST:
            return least[:SMALLEST]
    return np.unique(both)[:SMALLEST]


def _merge_moments(before: _Moments, values: NDArray[Any]) -> _Moments:
    finite = np.isfinite(values)
    if not finite.all():
        values = values[finite]
    if not len(values):
        return before
    count, mean, square = before
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not reported
        more, more_mean = len(values), float(values.mean())
        apart_from_mean = values - more_mean
        more_square = float(np.square(apart_from_mean, out=apart_from_mean).sum())
    both, apart = count + more, more_mean - mean
    return (
        both,
        mean + apart * more / both,
        square + more_square + apart * apart * count * more / both,
    )


def _comparable(array: Array) -> Array:
    """Return values as a type that Arrow can compare; durations are counted in their unit."""
    pa = arrow()
    if pa.types.is_float16(array.type):
        return array.cast(pa.float32())
    return array.cast(pa.int64()) if pa.types.is_duration(array.type) else array


def _quantiles(sample: NDArray[Any]) -> tuple[float, ...]:
    """Return quantiles of the finite values, those that are not finite left out."""
    finite = sample[np.isfinite(sample)]
    if not len(finite):
        return ()
    with np.errstate(over="ignore", invalid="ignore"):
        found: list[float] = np.quantile(finite, STEPS).tolist()
    return tuple(found) if all(map(math.isfinite, found)) else ()


def _floats(array: Array) -> NDArray[Any]:
    """Return numbers as float64, NaN where one is missing."""
    plain = array.cast(arrow().float64(), safe=False)
    return plain.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)


def texts(array: Array) -> list[str]:
    """Spell values as text: instants in UTC, bytes as hexadecimal digits."""
    pa = arrow()
    kind = array.type
    if str(kind).removeprefix("large_") == "binary":
        return [value.hex() for value in array.to_pylist()]
    if pa.types.is_timestamp(kind) and kind.tz:
        return [f"{text}Z" for text in texts(array.cast(pa.timestamp(kind.unit)))]
    return array.cast(pa.string()).to_pylist()
