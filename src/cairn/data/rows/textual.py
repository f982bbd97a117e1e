"""Rows with a value in files of text: CSV, JSON, JSON lines, and other text by its lines."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cairn.core.errors import Invalid
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.wanted import Wanted
from cairn.data.tables.cells import Cells
from cairn.data.tables.written_cells import WrittenFinder


def look_in_csv(content: bytes, asked: Asked, *, what: str, delimiter: str) -> Looked:
    """Look into a CSV file: cells as they are written, and numbers by their value."""
    cells = Cells(content, name=what, delimiter=delimiter)
    columns = asked.columns(cells.names)
    numbers = _numbers(cells, {at: w for at, w in columns.items() if w.is_number})
    rows = 0
    places: list[NDArray[np.int64]] = []
    for batch in cells.batches() if columns else ():
        found = np.zeros(len(batch.cells) // batch.width, dtype=np.bool_)
        for at, wanted in columns.items():
            column = batch.column(at)
            found |= np.array([cell in wanted.texts for cell in column], dtype=np.bool_)
            if at in numbers:
                found |= wanted.mask(numbers[at].array(column))
                found |= wanted.is_nan & np.array([_is_nan(cell) for cell in column])
        places.append(rows + np.flatnonzero(found))
        rows += len(found)
    return _at(np.concatenate([np.zeros(0, dtype=np.int64), *places]), bool(columns))


def look_in_lines(content: bytes, asked: Asked, *, what: str) -> Looked:
    """Look into JSON lines: one value a line."""
    places: list[int] = []
    has_column = False
    for number, line in enumerate(content.splitlines()):
        if line.strip():
            found = _in_value(_decoded(line, f"{what}, line {number + 1}"), asked)
            places += [number] if found.rows else []
            has_column = has_column or found.has_column
    return _at(places, has_column)


def look_in_json(content: bytes, asked: Asked, *, what: str) -> Looked:
    """Look into a JSON file: of a list each element is a row."""
    if not content.strip():
        return Looked(0, has_column=False)
    value = _decoded(content, what)
    if not isinstance(value, list):
        return _in_value(value, asked)
    each = [_in_value(element, asked) for element in cast("list[object]", value)]
    places = [number for number, found in enumerate(each) if found.rows]
    return _at(places, any(found.has_column for found in each))


def look_in_text(content: bytes, asked: Asked, *, what: str) -> Looked:
    """Count the lines of a text that have the value somewhere; it has no columns."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{what} is neither a table that is known nor text in UTF-8") from error
    if "\0" in text:
        raise Invalid(f"{what} is neither a table that is known nor text in UTF-8")
    texts = {each for wanted in asked.values for each in wanted.texts}
    words = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in texts))
    lines = sum(words.search(line) is not None for line in text.splitlines())
    return Looked(lines, has_column=bool(lines))


def _at(places: ArrayLike, has_column: bool) -> Looked:
    at = np.asarray(places, dtype=np.int64)
    return Looked(len(at), has_column, at=at)


def _numbers(cells: Cells, columns: dict[int, Wanted]) -> dict[int, WrittenFinder]:
    """Find out which of the columns are of numbers or truth values."""
    finders = {at: WrittenFinder() for at in columns}
    for rows in cells.batches() if finders else ():
        for at, finder in finders.items():
            finder.see(rows.column(at))
    return {at: finder for at, finder in finders.items() if finder.kind != "text"}


def _is_nan(cell: str) -> bool:
    return cell.strip().lower().lstrip("+-") == "nan"


def _decoded(content: bytes, what: str) -> Any:
    try:
        return json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what} cannot be read as JSON: {error}") from error


def _in_value(value: Any, asked: Asked) -> Looked:
    """Count places in a value of JSON that have what is asked for, by the nearest key."""
    rows = 0
    has_column = not asked.column
    waiting: list[tuple[Any, Wanted | None]] = [(value, asked.in_column(""))]
    while waiting:
        each, wanted = waiting.pop()
        if isinstance(each, dict):
            members = cast("dict[str, Any]", each)
            waiting += _members(members, asked, wanted)
            has_column = has_column or any(asked.in_column(key) for key in members)
        elif isinstance(each, list):
            waiting += [(inner, wanted) for inner in cast("list[Any]", each)]
        elif wanted is not None:
            rows += wanted.is_value(each)
    return Looked(rows, has_column)


def _members(
    value: Mapping[str, Any], asked: Asked, outer: Wanted | None
) -> Iterator[tuple[Any, Wanted | None]]:
    for key, inner in value.items():
        yield inner, asked.in_column(key) or outer
