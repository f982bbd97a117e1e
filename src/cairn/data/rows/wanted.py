"""A value that is looked for, as each type of column spells it.

Text is compared as text; a number by its value, whatever its type (`7` is 7.00); NaN by being
NaN; dates and times as ISO 8601 writes them; bytes as text or as hexadecimal digits. In lists,
maps and structs every value counts.
"""

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cairn.data.tables.arrow import Array, DataType, arrow

_TRUTHS = {"true": True, "false": False, "1": True, "0": False}
_NARROW_FLOATS = ("halffloat", "float")
_COMPARABLE = {
    "string_view": "large_string",
    "binary_view": "large_binary",
    "halffloat": "float32",
}


class Wanted:
    """A value as text, and what it is for each type."""

    def __init__(self, text: str) -> None:
        self.texts = tuple(dict.fromkeys((text, text.strip())))
        self.number = _number(text)
        self.is_nan = text.strip().lower().lstrip("+-") == "nan"
        self._known: dict[str, list[Any]] = {}
        self.truth = _TRUTHS.get(text.strip().lower())
        self._bytes = [
            *(each.encode("utf-8", "surrogateescape") for each in self.texts),
            *_hexadecimal(text),
        ]
        others = (each for each in (self.number, self.truth) if each is not None)
        self._equal: set[object] = {*self.texts, *self._bytes, *others}

    @property
    def is_number(self) -> bool:
        """Whether cells of a column of numbers or truth values could be it."""
        return self.number is not None or self.is_nan or self.truth is not None

    def is_spelled(self, text: str) -> bool:
        """Tell whether a text is it, or the same number."""
        is_nan = self.is_nan and text.lower() == "nan"
        number = _number(text) if self.number is not None else None
        return text in self.texts or is_nan or (number is not None and number == self.number)

    def is_value(self, value: object) -> bool:
        """Tell whether a value of Python is it, or has it inside."""
        inner: Any = value
        if isinstance(value, Mapping):
            return any(self.is_value(each) for each in inner.values())
        if isinstance(value, list | tuple):
            return any(self.is_value(each) for each in inner)
        if isinstance(value, float):
            return math.isnan(value) if self.is_nan else self._is_float(value)
        with suppress(TypeError):
            return value in self._equal
        return False

    def mask(self, array: Array) -> NDArray[np.bool_]:
        """Tell of each row of a column whether it has the value.

        Raises `TypeError` for a type whose values cannot be compared with a text.
        """
        pa = arrow()
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        if isinstance(array, pa.DictionaryArray):
            array = array.dictionary_decode()
        if isinstance(array, pa.RunEndEncodedArray):
            array = arrow("compute").run_end_decode(array)
        if pa.types.is_nested(array.type):
            found = [self.is_value(value) for value in _readable(array)]
            return np.array(found, dtype=np.bool_)
        return self._flat(array)

    def _flat(self, array: Array) -> NDArray[np.bool_]:
        pa, compute = arrow(), arrow("compute")
        found = np.zeros(len(array), dtype=np.bool_)
        kind = array.type
        if pa.types.is_null(kind):
            return found
        if self.is_nan and pa.types.is_floating(kind):
            return _filled(compute.is_nan(array))
        if str(kind) in _COMPARABLE:  # Arrow compares no values of these types
            kind = pa.type_for_alias(_COMPARABLE[str(kind)])
            array = array.cast(kind)
        for each in self._spelled(kind):
            found |= _filled(compute.equal(array, each))
        return found

    def _spelled(self, kind: DataType) -> list[Any]:
        """Return the values of a type that the text stands for."""
        name = str(kind)
        if name not in self._known:
            self._known[name] = list(self._tried(kind))
        return self._known[name]

    def _tried(self, kind: DataType) -> Iterable[Any]:
        pa = arrow()
        for each in self._candidates(kind):
            with suppress(pa.ArrowException, ValueError, TypeError, OverflowError):
                yield each() if callable(each) else pa.scalar(each, kind)

    def _candidates(self, kind: DataType) -> list[Any]:
        types = arrow().types
        tables: tuple[tuple[tuple[str, ...], list[Any]], ...] = (
            (("string", "large_string"), list(self.texts)),
            (("boolean",), [] if self.truth is None else [self.truth]),
            (("decimal",), [] if self.number is None else [self.number]),
            (("integer", "duration"), _whole(self.number)),
            (("binary", "large_binary"), self._bytes),
        )
        for names, values in tables:
            if any(getattr(types, f"is_{name}")(kind) for name in names):
                return values
        if types.is_floating(kind):
            return [] if self.number is None else [_float(self.number, str(kind))]
        if types.is_fixed_size_binary(kind):
            return [each for each in self._bytes if len(each) == kind.byte_width]
        if types.is_temporal(kind) and not types.is_interval(kind):
            return _moments(self.texts[-1], kind)
        raise TypeError(f"values of type {kind} are not compared with text")

    def _is_float(self, value: float) -> bool:
        return self.number is not None and float(self.number) == value


def _number(text: str) -> Decimal | None:
    if "_" in text:
        return None
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return None if found.is_nan() or _is_huge(found) else found


def _whole(number: Decimal | None) -> list[int]:
    is_whole = (
        number is not None and number.is_finite() and number == number.to_integral_value()
    )
    return [int(number)] if is_whole and number is not None else []


def _is_huge(number: Decimal) -> bool:
    """Tell whether a number has more digits than any column, so that none are spelled out."""
    return number.is_finite() and number.adjusted() > 400  # noqa: PLR2004 - float64 ends at 308


def _float(number: Decimal, kind: str) -> Any:
    """Return a float, rounded as its type rounds what is written."""
    if kind not in _NARROW_FLOATS:
        return float(number)
    with np.errstate(over="ignore"):
        return float(np.float32(float(number)))


def _hexadecimal(text: str) -> list[bytes]:
    """Read a text as digits of bytes, as a UUID is written as well."""
    with suppress(ValueError):
        return [bytes.fromhex(text.replace("-", ""))]
    return []


def _moments(text: str, kind: DataType) -> list[Any]:
    """Read a text as a moment of a type: without a zone it is in UTC, or in the column's."""
    pa, compute = arrow(), arrow("compute")
    plain = text.replace(" UTC", "Z")
    if pa.types.is_time(kind):
        return [lambda: pa.scalar(time.fromisoformat(plain), kind)]
    if not pa.types.is_timestamp(kind):
        day = pa.types.is_date(kind) and len(plain) > len("2026-01-31")
        middle = pa.timestamp("s") if day else kind
        return [lambda: pa.scalar(plain).cast(middle).cast(kind)]
    zoned, bare = pa.timestamp(kind.unit, "UTC"), pa.timestamp(kind.unit)
    if not kind.tz:
        return [
            lambda: pa.scalar(plain).cast(bare),
            lambda: pa.scalar(plain).cast(zoned).cast(bare),
        ]
    return [
        lambda: pa.scalar(plain).cast(kind),
        lambda: pa.scalar(plain + "Z").cast(zoned).cast(kind),
        lambda: compute.assume_timezone(pa.scalar(plain).cast(bare), kind.tz),
    ]


def _readable(array: Array) -> list[Any]:
    """Return nested values as Python has them; raises `TypeError` for those it cannot hold."""
    try:
        return array.to_pylist(maps_as_pydicts=None)
    except (UnicodeDecodeError, OverflowError, ValueError) as error:
        raise TypeError(f"its values cannot be read: {error}") from error


def _filled(mask: Any) -> NDArray[np.bool_]:
    return mask.fill_null(False).to_numpy(zero_copy_only=False)
