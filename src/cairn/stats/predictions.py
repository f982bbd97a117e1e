r"""What one model said about each row of an evaluation, and its stored bytes.

    cairn predictions/1
    {"columns":[{"name":"id","type":"text"},{"name":"label","type":"float64"},...],"rows":3}
    <one buffer a column, in the order of the header>

- text: `rows` lengths in bytes (uint32), then the UTF-8 of every value, end to end
- float64: `rows` IEEE 754 doubles, finite, zero without a sign
- category: `rows` codes (uint32) into the sorted levels of the header, each of them used

Numbers are little-endian. Rows are sorted by the UTF-8 bytes of their unique id; columns are
id, label, score, weight where rows have one, then `group:NAME` sorted by name. Equal rows
have equal bytes, whatever order they came in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from operator import lt
from typing import Literal

import numpy as np
import numpy.typing as npt

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]

MAGIC = b"cairn predictions/1\n"
_GROUP = "group:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """One categorical column: `levels[codes[i]]` is the value in row i."""

    codes: Codes
    levels: tuple[str, ...]

    def sizes(self) -> dict[str, int]:
        """Rows of each level."""
        counts = np.bincount(self.codes, minlength=len(self.levels)).tolist()
        return dict(zip(self.levels, counts, strict=True))

    def values(self) -> list[str]:
        """The value of each row."""
        return [self.levels[code] for code in self.codes.tolist()]

    def rows(self, *levels: str) -> Flags:
        """Mark the rows whose value is one of `levels`."""
        chosen = frozenset(levels)
        wanted = [code for code, level in enumerate(self.levels) if level in chosen]
        return np.isin(self.codes, wanted)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Rows of id, label (0 or 1 for a classifier), score, groups and perhaps weight.

    `tabulate` and `decode` make them, in canonical order.
    """

    ids: tuple[str, ...]
    label: Floats
    score: Floats
    groups: Mapping[str, Grouping]
    weight: Floats | None = None


class Column(Record, frozen=True):
    """One line of the header: `levels` belongs to a category, and only to it."""

    name: str
    type: Literal["text", "float64", "category"]
    levels: tuple[str, ...] = ()


class Header(Record, frozen=True):
    """The second line of the stored bytes."""

    columns: tuple[Column, ...]
    rows: int


def encode(predictions: Predictions) -> bytes:
    """Write predictions as `predictions/1`; raises `Invalid` if they are not canonical."""
    if fault := fault_of(predictions):
        raise Invalid(f"predictions cannot be stored: {fault}")
    parts = [MAGIC, canonical(_header(predictions)), b"\n", _text(predictions.ids)]
    parts += [column.astype("<f8").tobytes() for _, column in _numbers(predictions)]
    parts += [
        grouping.codes.astype("<u4").tobytes()
        for _, grouping in sorted(predictions.groups.items())
    ]
    return b"".join(parts)


def decode(content: bytes) -> Predictions:
    """Read `predictions/1`; anything that `encode` would not have written is `Corrupt`."""
    if not content.startswith(MAGIC):
        raise Corrupt("predictions: these bytes do not begin with `cairn predictions/1`")
    end = content.find(b"\n", len(MAGIC))
    header = _read_header(content[len(MAGIC) : max(end, len(MAGIC))])
    predictions = _read_columns(_Buffers(content, end + 1, rows=header.rows), header)
    if _header(predictions) != header:
        raise Corrupt("predictions: the header says more than the columns hold")
    if fault := fault_of(predictions):
        raise Corrupt(f"predictions: {fault}")
    return predictions


def fault_of(predictions: Predictions) -> str | None:
    """Say in words what keeps predictions from being canonical; `None` if nothing does."""
    ids = predictions.ids
    if not ids:
        return "there are no rows"
    if not all(starmap(lt, pairwise(ids))):
        return "ids are not sorted, or one occurs twice"
    for name, column in _numbers(predictions):
        if fault := _fault_of_numbers(column, name, ids=ids):
            return fault
    for name, grouping in predictions.groups.items():
        if fault := _fault_of_grouping(grouping, name, rows=len(ids)):
            return fault
    return None


def _fault_of_numbers(column: Floats, name: str, *, ids: Sequence[str]) -> str | None:
    if column.shape != (len(ids),):
        return f"column {name!r} has {column.size} values for {len(ids)} rows"
    wrong = ~np.isfinite(column) | ((column == 0) & np.signbit(column))
    if name == "weight":
        wrong |= column < 0
    if wrong.any():
        first = int(wrong.argmax())
        return f"column {name!r} of row {ids[first]!r} is {column[first]:g}"
    return None


def _fault_of_grouping(grouping: Grouping, name: str, *, rows: int) -> str | None:
    codes, levels = grouping.codes, grouping.levels
    if not name or not all(levels):
        return f"group {name!r} has an empty name or value"
    if codes.shape != (rows,):
        return f"group {name!r} has {codes.size} values for {rows} rows"
    if not all(starmap(lt, pairwise(levels))):
        return f"the levels of group {name!r} are not sorted, or one occurs twice"
    used = (
        np.bincount(codes, minlength=len(levels)) if int(codes.max()) < len(levels) else None
    )
    if used is None or not used.all():
        return f"group {name!r} has codes and levels that do not belong together"
    return None


def _numbers(predictions: Predictions) -> list[tuple[str, Floats]]:
    named = [("label", predictions.label), ("score", predictions.score)]
    return named if predictions.weight is None else [*named, ("weight", predictions.weight)]


def _header(predictions: Predictions) -> Header:
    return Header(
        columns=(
            Column(name="id", type="text"),
            *(Column(name=name, type="float64") for name, _ in _numbers(predictions)),
            *(
                Column(name=_GROUP + name, type="category", levels=grouping.levels)
                for name, grouping in sorted(predictions.groups.items())
            ),
        ),
        rows=len(predictions.ids),
    )


def _text(values: Sequence[str]) -> bytes:
    encoded = [value.encode() for value in values]
    lengths = np.fromiter(map(len, encoded), dtype="<u4", count=len(encoded))
    return lengths.tobytes() + b"".join(encoded)


def _read_header(line: bytes) -> Header:
    try:
        header = from_canonical(line, Header)
    except Corrupt as error:
        raise Corrupt(f"predictions: {error}") from error
    names = [column.name for column in header.columns]
    weight = ["weight"] if "weight" in names else []
    groups = names[3 + len(weight) :]
    if names[: len(names) - len(groups)] != ["id", "label", "score", *weight]:
        raise Corrupt(f"predictions: columns {names} are not those of predictions/1")
    if not all(name.startswith(_GROUP) for name in groups) or groups != sorted(set(groups)):
        raise Corrupt(f"predictions: group columns {groups} are not sorted or not groups")
    types = ["text", *["float64"] * (2 + len(weight)), *["category"] * len(groups)]
    if [column.type for column in header.columns] != types or header.rows < 1:
        raise Corrupt("predictions: a column has the wrong type, or there are no rows")
    return header


def _read_columns(buffers: "_Buffers", header: Header) -> Predictions:
    ids = buffers.text()
    numbers = {
        column.name: buffers.floats() for column in header.columns if column.type == "float64"
    }
    groups = {
        column.name.removeprefix(_GROUP): Grouping(codes=buffers.codes(), levels=column.levels)
        for column in header.columns
        if column.type == "category"
    }
    buffers.finish()
    return Predictions(
        ids=ids,
        label=numbers["label"],
        score=numbers["score"],
        groups=groups,
        weight=numbers.get("weight"),
    )


class _Buffers:
    """A cursor over the columns of one object."""

    def __init__(self, content: bytes, offset: int, *, rows: int) -> None:
        self.content = content
        self.offset = offset
        self.rows = rows

    def floats(self) -> Floats:
        return np.frombuffer(self._take(8 * self.rows), dtype="<f8").astype(np.float64)

    def codes(self) -> Codes:
        return np.frombuffer(self._take(4 * self.rows), dtype="<u4").astype(np.uint32)

    def text(self) -> tuple[str, ...]:
        ends = np.cumsum(self.codes(), dtype=np.int64)
        whole = self._take(int(ends[-1]))
        stops = ends.tolist()
        starts = [0, *stops[:-1]]
        try:
            if whole.isascii():  # the same cuts in bytes and in characters: one decoding
                plain = whole.decode("ascii")
                return tuple(plain[a:b] for a, b in zip(starts, stops, strict=True))
            return tuple(whole[a:b].decode() for a, b in zip(starts, stops, strict=True))
        except UnicodeDecodeError as error:
            raise Corrupt(f"predictions: an id is not UTF-8: {error}") from error

    def finish(self) -> None:
        if self.offset != len(self.content):
            raise Corrupt(f"predictions: {len(self.content) - self.offset} bytes too many")

    def _take(self, size: int) -> bytes:
        part = self.content[self.offset : self.offset + size]
        if len(part) != size:
            raise Corrupt(f"predictions: cut short, {size - len(part)} bytes are missing")
        self.offset += size
        return part
