"""Where a table is cut into parts: by what its rows hold, never by their number.

So rows that are added, taken out or changed somewhere alter the parts they are in, and all the
others are what they were: a table that grew is stored, sent and compared by its news alone.
A part ends after a row whose hash says so; one that would be very long ends anyway.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from cairn.data.tables.arrow import Batch, DataType, Schema, arrow
from cairn.data.tables.hashes import Hashes, mixed, no_hashes, value_hashes

PART_BYTES = 2**20
LONGEST_BYTES = 64 * 2**20
MOST_ROWS, FEWEST_ROWS = 262_144, 1_024
HASHED_COLUMNS = 16
_VARIABLE_BYTES = 16
_SPREAD = 4


def parts(batches: Iterable[Batch], schema: Schema) -> Iterator[list[Batch]]:
    """Gather the rows of a plain schema into parts; none is empty."""
    mean = mean_rows(schema)
    hashed = _hashed_columns(schema)
    part: list[Batch] = []
    rows = size_bytes = 0
    for batch in batches:
        start = 0
        for end in (*_ends(batch, hashed, mean), batch.num_rows):
            piece = batch.slice(start, end - start)
            start = end
            if piece.num_rows:
                part.append(piece)
                rows, size_bytes = rows + piece.num_rows, size_bytes + piece.nbytes
            is_end = end < batch.num_rows and rows * _SPREAD >= mean
            if is_end or rows >= mean * _SPREAD or size_bytes >= LONGEST_BYTES:
                yield part
                part, rows, size_bytes = [], 0, 0
    if part:
        yield part


def mean_rows(schema: Schema) -> int:
    """Return about how many rows a part has: a power of two, by the width of a row."""
    width = sum(_width(field.type) for field in schema)
    rows = int(np.clip(PART_BYTES // max(1, width), FEWEST_ROWS, MOST_ROWS))
    return 1 << (rows.bit_length() - 1)


def _ends(batch: Batch, hashed: list[int], mean: int) -> list[int]:
    """Return after which rows of a batch a part may end."""
    hashes = no_hashes(batch.num_rows)
    for at in hashed:
        hashes = mixed(hashes ^ _row_hashes(batch, at))
    ends: NDArray[np.intp] = np.flatnonzero((hashes & np.uint64(mean - 1)) == 0)
    return [end + 1 for end in ends.tolist() if end + 1 < batch.num_rows] if hashed else []


def _row_hashes(batch: Batch, at: int) -> Hashes:
    """Hash every row of a column; those that are missing are alike."""
    array = batch.column(at)
    if not array.null_count:
        return value_hashes(array)
    there = array.is_valid().to_numpy(zero_copy_only=False)
    hashes = no_hashes(len(array))
    hashes[there] = value_hashes(array.drop_null())
    return hashes


def _hashed_columns(schema: Schema) -> list[int]:
    """Choose columns that are quick to hash: numbers and times, or else a text."""
    kinds = [field.type for field in schema]
    fixed = [at for at, kind in enumerate(kinds) if _is_fixed(kind)]
    flat = [at for at, kind in enumerate(kinds) if at not in fixed and _is_text(kind)]
    return fixed[:HASHED_COLUMNS] or flat[:1]


def _width(kind: DataType) -> int:
    return kind.bit_width // 8 if _is_fixed(kind) else _VARIABLE_BYTES


def _is_fixed(kind: DataType) -> bool:
    types = arrow().types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or (types.is_temporal(kind) and not types.is_interval(kind))
    )


def _is_text(kind: DataType) -> bool:
    return str(kind).removeprefix("large_") in {"string", "binary"}
