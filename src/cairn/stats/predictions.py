r"""The stored bytes of what one model said about each row of an evaluation.

    cairn predictions/1
    {"columns":[{"name":"id","type":"text"},{"name":"label","type":"float64"},...],"rows":3}
    <one buffer a column, in the order of the header>

- text: `rows` lengths in bytes (uint32), then the UTF-8 of every value, end to end
- float64: `rows` IEEE 754 doubles, finite, zero without a sign
- category: `rows` codes (uint32) into the sorted levels of the header, each of them used

Numbers are little-endian. Rows are sorted by the UTF-8 bytes of their unique id; columns are
id; label and score unless the task is `values`, for several classes `score:CLASS` in their
order; weight and unit where rows have them; `value:NAME`, then `group:NAME`, sorted by name.
Equal rows have equal bytes, whatever order they came in.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.evaluation import Better, Task
from cairn.core.request import Record
from cairn.stats.scored import Codes, Floats, Grouping, OwnValues, Predictions, fault_of

MAGIC = b"cairn predictions/1\n"
_GROUP, _VALUE, _SCORE = "group:", "value:", "score:"


class Column(Record, frozen=True):
    """One line of the header: `levels` belongs to a category, `better` to a value."""

    name: str
    type: Literal["text", "float64", "category"]
    levels: tuple[str, ...] = ()
    better: Better = "higher"


class Header(Record, frozen=True):
    """The second line of the stored bytes."""

    columns: tuple[Column, ...]
    rows: int
    task: Task = "binary"
    classes: tuple[str, ...] = ()


def encode(predictions: Predictions) -> bytes:
    """Write predictions as `predictions/1`; raises `Invalid` if they are not canonical."""
    if fault := fault_of(predictions):
        raise Invalid(f"predictions cannot be stored: {fault}")
    numbers, groupings = dict(predictions.numbers()), _groupings(predictions)
    header = _header(predictions)
    parts = [MAGIC, canonical(header), b"\n", _text(predictions.ids)]
    for column in header.columns[1:]:
        if column.type == "float64":
            parts.append(numbers[column.name].astype("<f8").tobytes())
        else:
            parts.append(groupings[column.name].codes.astype("<u4").tobytes())
    return b"".join(parts)


def decode(content: bytes) -> Predictions:
    """Read `predictions/1`; anything that `encode` would not have written is `Corrupt`."""
    if not content.startswith(MAGIC):
        raise Corrupt("predictions: these bytes do not begin with `cairn predictions/1`")
    end = content.find(b"\n", len(MAGIC))
    header = _read_header(content[len(MAGIC) : max(end, len(MAGIC))])
    predictions = _read_columns(_Buffers(content, end + 1, rows=header.rows), header)
    if fault := fault_of(predictions):
        raise Corrupt(f"predictions: {fault}")
    if _header(predictions) != header:
        raise Corrupt("predictions: the header is not that of these columns")
    return predictions


def _groupings(predictions: Predictions) -> dict[str, Grouping]:
    unit = {} if predictions.unit is None else {"unit": predictions.unit}
    return unit | {_GROUP + name: g for name, g in sorted(predictions.groups.items())}


def _header(predictions: Predictions) -> Header:
    columns = [Column(name="id", type="text")]
    columns += [_number_column(name, predictions) for name, _ in predictions.numbers()]
    # Numbers come first but for the values, which follow the unit.
    values = [column for column in columns if column.name.startswith(_VALUE)]
    columns = [column for column in columns if column not in values]
    categories = [
        Column(name=name, type="category", levels=grouping.levels)
        for name, grouping in _groupings(predictions).items()
    ]
    unit = [column for column in categories if column.name == "unit"]
    return Header(
        columns=(*columns, *unit, *values, *categories[len(unit) :]),
        rows=len(predictions.ids),
        task=predictions.task,
        classes=predictions.classes,
    )


def _number_column(name: str, predictions: Predictions) -> Column:
    if not name.startswith(_VALUE):
        return Column(name=name, type="float64")
    own = predictions.values[name.removeprefix(_VALUE)]
    return Column(name=name, type="float64", better=own.better)


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
    if len(set(names)) != len(names) or not _known(names, header):
        raise Corrupt(f"predictions: columns {names} are not those of predictions/1")
    text = [column.name for column in header.columns if column.type == "text"]
    if text != ["id"] or header.rows < 1:
        raise Corrupt("predictions: a column has the wrong type, or there are no rows")
    return header


def _known(names: Sequence[str], header: Header) -> bool:
    """Whether all columns that the task needs are there; `decode` compares the rest."""
    needed = {"id"}
    if header.task == "multiclass":
        needed |= {"label", *(_SCORE + name for name in header.classes)}
    elif header.task != "values":
        needed |= {"label", "score"}
    free = {name for name in names if name.startswith((_GROUP, _VALUE))}
    return needed <= set(names) and set(names) - free <= needed | {"weight", "unit"}


def _read_columns(buffers: "_Buffers", header: Header) -> Predictions:
    ids: tuple[str, ...] = ()
    numbers: dict[str, Floats] = {}
    categories: dict[str, Grouping] = {}
    for column in header.columns:
        if column.type == "text":
            ids = buffers.text()
        elif column.type == "float64":
            numbers[column.name] = buffers.floats()
        else:
            codes = buffers.codes()
            categories[column.name] = Grouping(codes=codes, levels=column.levels)
    buffers.finish()
    return Predictions(
        ids=ids,
        label=numbers.get("label", np.empty(0)),
        score=_scores(numbers, header),
        groups={
            name.removeprefix(_GROUP): grouping
            for name, grouping in categories.items()
            if name.startswith(_GROUP)
        },
        weight=numbers.get("weight"),
        task=header.task,
        classes=header.classes,
        unit=categories.get("unit"),
        values={
            column.name.removeprefix(_VALUE): OwnValues(
                numbers=numbers[column.name], better=column.better
            )
            for column in header.columns
            if column.name in numbers and column.name.startswith(_VALUE)
        },
    )


def _scores(numbers: dict[str, Floats], header: Header) -> Floats:
    if header.task != "multiclass":
        return numbers.get("score", np.empty(0))
    named = [numbers.get(_SCORE + name, np.empty(0)) for name in header.classes]
    return np.stack(named, axis=1) if named else np.empty(0)


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
