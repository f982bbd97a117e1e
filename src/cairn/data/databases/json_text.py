"""JSON from databases: one spelling for one value, whichever engine keeps it.

PostgreSQL sorts the names of `jsonb`, DuckDB keeps what was typed, and `json` keeps spaces.
Here names are sorted, spaces go, and numbers lose no digit: `1e2` is 100, `1.0` stays.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cairn.core.errors import Invalid
from cairn.data.tables.arrow import Batch, arrow

LARGEST_EXPONENT = 400


def plain_json(batch: Batch, names: Sequence[str]) -> Batch:
    """Spell the JSON in these columns alike; raises `Invalid` for what is none."""
    pa = arrow()
    for name in names:
        at = batch.schema.get_field_index(name)
        column = batch.column(at)
        texts = [None if text is None else respell(text) for text in column.to_pylist()]
        batch = batch.set_column(at, name, pa.array(texts, column.type))
    return batch


def respell(text: str) -> str:
    """Spell one JSON value."""
    try:
        return _written(json.loads(text, parse_float=_number, parse_int=_number))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"a value is not JSON: {error}; cast the column to text") from error


class _Number(str):
    """A number, as it is written."""

    __slots__ = ()


def _number(text: str) -> _Number:
    if abs(Decimal(text).adjusted()) > LARGEST_EXPONENT:
        return _Number(text)
    return _Number(format(Decimal(text), "f"))


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return value[:]
    if isinstance(value, dict):
        pairs = sorted(value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType] (any JSON)
        return "{" + ",".join(f"{_text(k)}:{_written(v)}" for k, v in pairs) + "}"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] (any JSON)
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"  # pyright: ignore[reportUnknownArgumentType] (any JSON)
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
