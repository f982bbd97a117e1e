"""One column of a table <-> files: exact, readable without pickle, and the same every time.

Numbers, dates and fixed-width text are `.npy`; text of any length and mixed Python values are
`.jsonl`, one JSON value a line. What JSON cannot say is a tagged object of one key:
`{"float": "nan"}`, `{"missing": "NA"}`, `{"int": "<digits>"}`, `{"tuple": [...]}` and
`{"map": [[key, value], ...]}`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.flavors.frames.npy import read_array, write_array
from cairn.flavors.packages import package

_EXACT = 2**53  # beyond it, readers in other languages round


class Plain(Record, frozen=True, tag="plain"):
    """Fixed-width values in `.npy`; `dtype` is pandas' where numpy has no such type."""

    file: str
    dtype: str = ""


class Masked(Record, frozen=True, tag="masked"):
    """Nullable numbers: values, and a second array that is true where one is missing."""

    file: str
    mask: str
    dtype: str


class Text(Record, frozen=True, tag="text"):
    """Strings, null where missing; `dtype` is pandas' `str` or `string`."""

    file: str
    dtype: str


class Mixed(Record, frozen=True, tag="mixed"):
    """Python values of any of the types above, one a line."""

    file: str


class Category(Record, frozen=True, tag="category"):
    """Numbers of categories (-1 is missing), and the categories as a column of their own."""

    codes: str
    categories: "Column"
    ordered: bool


Column = Plain | Masked | Text | Mixed | Category


def write_values(values: Sequence[Any], path: Path) -> None:
    """Write Python values as `.jsonl`; raises `Invalid` naming the row that cannot be."""
    spelled: list[Any] = []
    for row, value in enumerate(values):
        try:
            spelled.append(_spell(value))
        except Invalid as error:
            raise Invalid(f"row {row}: {error}") from error
    try:
        path.write_bytes(msgspec.json.Encoder().encode_lines(spelled))
    except UnicodeEncodeError as error:
        raise Invalid(f"{path.name}: a text is not valid Unicode: {error}") from error


def read_values(path: Path) -> list[Any]:
    """Read what `write_values` wrote; raises `Corrupt` for anything else."""
    try:
        content = path.read_bytes()
        lines: list[Any] = msgspec.json.Decoder().decode_lines(content)
        values = [_unspell(value) for value in lines]
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise Corrupt(f"{path.name} cannot be read as JSON lines: {error}") from error
    if msgspec.json.Encoder().encode_lines(lines) != content:
        raise Corrupt(f"{path.name} holds JSON lines that Cairn would spell otherwise")
    return values


def write_column(values: Any, directory: Path, stem: str) -> Column:
    """Write a pandas Series or Index under `stem`.* and say how it is stored.

    Raises `Invalid` naming the type if there is no faithful spelling for it.
    """
    import numpy as np

    pandas = package("pandas")
    dtype = values.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        return _write_category(values, directory, stem)
    if isinstance(dtype, pandas.StringDtype):
        return _write_text(values, directory, stem)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return _write_zoned(values, directory, stem)
    if isinstance(dtype, np.dtype):
        return _write_numpy(values.to_numpy(), directory, stem)
    if str(dtype) in _NULLABLE:
        return _write_masked(values, directory, stem)
    raise Invalid(f"its type is {dtype}: convert it to numbers, text, dates or categories")


def read_column(column: Column, directory: Path) -> Any:
    """Read a column as a pandas Series with a fresh index."""
    pandas = package("pandas")
    match column:
        case Plain(file=file, dtype=""):
            return pandas.Series(read_array(directory / file))
        case Plain(file=file, dtype=dtype):
            utc = pandas.Series(read_array(directory / file)).dt.tz_localize("UTC")
            return utc.astype(dtype)
        case Masked(file=file, mask=mask, dtype=dtype):
            series = pandas.Series(read_array(directory / file), dtype=dtype)
            series[read_array(directory / mask)] = pandas.NA
            return series
        case Text(file=file, dtype=dtype):
            return pandas.Series(read_values(directory / file), dtype=dtype)
        case Mixed(file=file):
            return pandas.Series(read_values(directory / file), dtype=object)
        case Category(codes=codes, categories=categories, ordered=ordered):
            return pandas.Series(
                pandas.Categorical.from_codes(
                    read_array(directory / codes),
                    categories=pandas.Index(read_column(categories, directory)),
                    ordered=ordered,
                )
            )


_NULLABLE = {
    **{
        f"{sign}Int{bits}": f"{sign.lower()}int{bits}"
        for sign in ("", "U")
        for bits in (8, 16, 32, 64)
    },
    "Float32": "float32",
    "Float64": "float64",
    "boolean": "bool",
}


def _write_numpy(values: Any, directory: Path, stem: str) -> Column:
    if values.dtype.hasobject:
        file = f"{stem}.jsonl"
        write_values(values.tolist(), directory / file)
        return Mixed(file=file)
    file = f"{stem}.npy"
    write_array(values, directory / file)
    return Plain(file=file)


def _write_masked(values: Any, directory: Path, stem: str) -> Column:
    dtype = str(values.dtype)
    numbers = values.to_numpy(dtype=_NULLABLE[dtype], na_value=0)
    write_array(numbers, directory / f"{stem}.npy")
    write_array(values.isna(), directory / f"{stem}.mask.npy")
    return Masked(file=f"{stem}.npy", mask=f"{stem}.mask.npy", dtype=dtype)


def _write_text(values: Any, directory: Path, stem: str) -> Column:
    missing = values.isna()
    texts = [None if gone else value for value, gone in zip(values, missing, strict=True)]
    write_values(texts, directory / f"{stem}.jsonl")
    name = "str" if str(values.dtype) == "str" else "string"
    return Text(file=f"{stem}.jsonl", dtype=name)


def _write_zoned(values: Any, directory: Path, stem: str) -> Column:
    pandas = package("pandas")
    series = pandas.Series(values)
    dtype = str(series.dtype)
    naive = series.dt.tz_convert("UTC").dt.tz_localize(None)
    write_array(naive.to_numpy(), directory / f"{stem}.npy")
    return Plain(file=f"{stem}.npy", dtype=dtype)


def _write_category(values: Any, directory: Path, stem: str) -> Column:
    pandas = package("pandas")
    series = pandas.Series(values)
    write_array(series.cat.codes.to_numpy(), directory / f"{stem}.codes.npy")
    categories = write_column(series.cat.categories, directory, f"{stem}.categories")
    ordered = bool(series.cat.ordered)
    return Category(codes=f"{stem}.codes.npy", categories=categories, ordered=ordered)


def _spell(value: Any) -> Any:
    """Turn a Python value into what JSON can say."""
    match value:
        case None | bool():
            return value
        case str():
            return str(value)
        case int() | float():
            return _spell_number(value)
        case list() | tuple() | dict():
            return _spell_container(cast("Any", value))
        case _:
            return _spell_foreign(value)


def _spell_number(value: float) -> Any:
    if isinstance(value, int):
        return int(value) if abs(value) < _EXACT else {"int": str(int(value))}
    return float(value) if math.isfinite(value) else {"float": repr(float(value))}


def _spell_container(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {"map": [[_spell(key), _spell(item)] for key, item in items]}
    spelled = [_spell(item) for item in value]
    return spelled if isinstance(value, list) else {"tuple": spelled}


def _spell_foreign(value: Any) -> Any:
    """Spell numpy's scalars as Python's, and pandas' two signs for a missing value."""
    kind = type(value).__name__
    if kind in ("NAType", "NaTType"):
        return {"missing": "NA" if kind == "NAType" else "NaT"}
    if getattr(getattr(value, "dtype", None), "kind", "-") in "biufU" and value.ndim == 0:
        return _spell(value.item())
    raise Invalid(f"a value of type {type(value).__qualname__} cannot be stored as text")


def _unspell(value: Any) -> Any:
    if isinstance(value, list):
        return [_unspell(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return _unspell_tagged(cast("dict[str, Any]", value))
    return value


def _unspell_tagged(tagged: dict[str, Any]) -> Any:
    ((tag, value),) = tagged.items()
    match tag, value:
        case "int", str():
            return int(value)
        case "float", "nan" | "inf" | "-inf":
            return float(value)
        case "missing", "NA" | "NaT":
            return getattr(package("pandas"), value)
        case "tuple", list():
            return tuple(_unspell(item) for item in cast("list[Any]", value))
        case "map", list():
            pairs = cast("list[list[Any]]", value)
            return {_unspell(key): _unspell(item) for key, item in pairs}
        case _:
            raise ValueError(f"{tagged} is not a value that Cairn writes")
