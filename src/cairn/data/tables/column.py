"""One column of a table: text cells become truth values, numbers or text, by fixed rules.

1. Missing is an empty cell or one of `MISSING`, exactly so spelled.
2. All cells that are not missing decide together, and the first kind that fits them all wins:
   `bool` (true, false in any case), `int` (64 bits), `float`, `text`. None at all is `float`.
3. White space around a number does not matter; a digit group or a unit makes it text, and so
   does an integer beyond 64 bits: no digit is lost.
4. A float is the nearest one to what is written.

These are pandas' rules for a CSV file, so that a model is shown in an evaluation what its
training script saw; but they are applied here, and do not depend on what is installed.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

MISSING = frozenset(
    {
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
        *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    }
)
Kind = Literal["bool", "int", "float", "text"]

_SPACE = " \t\n\r\v\f"
_INTEGER = b"0123456789+-," + _SPACE.encode()
_NUMBER = b".eEinfatyINFATY" + _INTEGER
_TRUTH = {"true": True, "false": False}
_FILLER: dict[Kind, Any] = {"bool": False, "int": 0, "float": math.nan, "text": ""}
_DTYPES: dict[Kind, np.dtype[Any]] = {
    "bool": np.dtype(np.bool_),
    "int": np.dtype(np.int64),
    "float": np.dtype(np.float64),
    "text": np.dtype(object),
}
_DIGITS, _RANGE = 19, range(-(2**63), 2**63)


@dataclass(frozen=True)
class Column:
    """A named column; where `missing` is set, `array` holds a filler of its type.

    `array` is of bool, int64 (uint64 beyond), float64 or, for text, of `str` objects.
    """

    name: str
    kind: Kind
    array: NDArray[Any]
    missing: NDArray[np.bool_]
    as_read: Any = None
    """Of a Parquet file: the column as Arrow has it, of the type that models are shown."""

    def texts(self) -> list[str]:
        """Spell every value: `12`, `0.5`, `True`; a missing one is empty."""
        spelled = [str(value) for value in self.array.tolist()]
        for row in np.flatnonzero(self.missing):
            spelled[row] = ""
        return spelled


def read_column(name: str, cells: Sequence[str]) -> Column:
    """Find out what the cells of a column are, and convert them."""
    if MISSING.isdisjoint(cells):
        kind, array = _converted(cells, gaps=False)
        return Column(name, kind, array, np.zeros(len(cells), dtype=np.bool_))
    missing = np.array(list(map(MISSING.__contains__, cells)), dtype=np.bool_)
    kind, present = _converted([cell for cell in cells if cell not in MISSING], gaps=True)
    array = np.full(len(cells), _FILLER[kind], dtype=present.dtype)
    array[~missing] = present
    return Column(name, kind, array, missing)


class Finder:
    """Finds out what a column is whose cells come a batch at a time, as `read_column` does."""

    def __init__(self) -> None:
        self._kinds: set[Kind] = set()
        self.is_unsigned = False
        self._has_negative = False
        self._has_gaps = False

    def see(self, cells: Sequence[str]) -> None:
        """Look at more cells."""
        if not MISSING.isdisjoint(cells):
            self._has_gaps = True
            cells = [cell for cell in cells if cell not in MISSING]
        if not cells or "text" in self._kinds:
            return
        kind, array = _converted(cells, gaps=False)
        self._kinds.add(kind)
        if kind == "int":
            self.is_unsigned |= array.dtype == np.uint64
            self._has_negative |= bool((array < 0).any())

    @property
    def has_values(self) -> bool:
        """Whether any cell that was seen is not missing."""
        return bool(self._kinds)

    @property
    def kind(self) -> Kind:
        """What the column is by all that was seen."""
        numbers = self._kinds == {"int", "float"}
        if self.is_unsigned and (numbers or self._has_negative or self._has_gaps):
            return "text"
        if numbers or not self._kinds:
            return "float"
        return "text" if len(self._kinds) > 1 else next(iter(self._kinds))

    def convert(self, name: str, cells: Sequence[str]) -> Column:
        """Convert cells that were seen; the arrays of all batches have one type."""
        kind = self.kind
        missing = np.array(list(map(MISSING.__contains__, cells)), dtype=np.bool_)
        present = [cell for cell in cells if cell not in MISSING] if missing.any() else cells
        values = _AS[kind](present) if present else None
        dtype = np.dtype(np.uint64) if self.is_unsigned and kind == "int" else _DTYPES[kind]
        array = np.full(len(cells), _FILLER[kind], dtype=dtype)
        array[~missing] = [] if values is None else values
        return Column(name, kind, array, missing)


def _converted(cells: Sequence[str], *, gaps: bool) -> tuple[Kind, NDArray[Any]]:
    if (truths := _truths(cells)) is not None:
        return "bool", truths
    if (integers := _integers(cells, gaps=gaps)) is not None:
        return "int", integers
    if (floats := _floats(cells)) is not None:
        return "float", floats
    return "text", _texts(cells)


def _truths(cells: Sequence[str]) -> NDArray[Any] | None:
    if not cells or cells[0].lower() not in _TRUTH:
        return None
    values = [_TRUTH.get(cell.lower()) for cell in cells]
    return None if None in values else np.array(values, dtype=np.bool_)


def _integers(cells: Sequence[str], *, gaps: bool) -> NDArray[Any] | None:
    values = _numbers(cells, int, written_with=_INTEGER) if cells else None
    if values is None:
        return None
    for dtype in (np.int64,) if gaps else (np.int64, np.uint64):
        with suppress(OverflowError):
            return np.array(values, dtype=dtype)
    return None


def _floats(cells: Sequence[str]) -> NDArray[Any] | None:
    values = _numbers(cells, float, written_with=_NUMBER)
    if values is None:
        return None
    array = np.array(values, dtype=np.float64)
    # What float() takes beyond these rules: other spellings of NaN, integers of any length.
    odd: list[int] = np.flatnonzero(~(np.abs(array) < 2.0**63)).tolist()
    if any(math.isnan(array[row]) or _is_long(cells[row]) for row in odd):
        return None
    return array


def _texts(cells: Sequence[str]) -> NDArray[Any]:
    return np.array(cells, dtype=object)


def _numbers(
    cells: Sequence[str], kind: type[int] | type[float], *, written_with: bytes
) -> list[int] | list[float] | None:
    """Read numbers that are written with these characters only.

    Most are numbers in JSON as well, which msgspec reads five times as fast as Python does.
    """
    joined = ",".join(cells).encode()
    if joined.translate(None, written_with):
        return None
    with suppress(msgspec.DecodeError):
        values = msgspec.json.decode(b"[%s]" % joined, type=list[kind])
        if len(values) == len(cells):  # else a cell has a comma of its own
            return values
    try:
        return list(map(kind, cells))
    except ValueError:
        return None


def _is_long(cell: str) -> bool:
    """Tell whether a cell is an integer beyond 64 bits."""
    plain = cell.strip(_SPACE)
    digits = plain.lstrip("+-").lstrip("0")
    sign = plain[:1] if plain.startswith("-") else ""
    return digits.isdigit() and (len(digits) > _DIGITS or int(sign + digits) not in _RANGE)


def _signed(cells: Sequence[str]) -> NDArray[Any] | None:
    return _integers(cells, gaps=False)


_AS: dict[Kind, Callable[[Sequence[str]], NDArray[Any] | None]] = {
    "bool": _truths,
    "int": _signed,
    "float": _floats,
    "text": _texts,
}
