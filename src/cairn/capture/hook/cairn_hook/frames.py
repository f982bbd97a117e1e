"""Data in memory: stored as Cairn stores tables, and told apart row by row.

Storing needs Cairn in the script's environment; telling apart needs numpy only.
"""

import os
import weakref

from . import journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST_FRAME = 1 << 30
SAMPLE_ROWS = 32
_RECENT = 4
_recent: "list[tuple[Any, Any]]" = []
_stored: "dict[tuple[Any, ...], str]" = {}
_count = [0]


def row_keys(rows: "Any", *, again: bool = False) -> "Any":
    """Give each row a number, equal for equal rows (and equal index, if there is one).

    None for what has no rows that could be compared. The very object of a moment ago has the
    numbers that it had then, unless they are wanted again.
    """
    for reference, keys in _recent:
        if reference() is rows and not again:
            return keys
    try:
        keys = _row_keys(rows)
    except (TypeError, ValueError):  # values without a hash, rows of different lengths
        return None
    if hasattr(rows, "__weakref__") or hasattr(rows, "dtype"):
        _recent.append((weakref.ref(rows), keys))
        del _recent[:-_RECENT]
    return keys


def are_same(keys: "Any", others: "Any") -> bool:
    """Tell whether two sets of rows are the same, in the same order."""
    import numpy as np

    return keys is not None and others is not None and bool(np.array_equal(keys, others))


def _row_keys(rows: "Any") -> "Any":
    import numpy as np

    if hasattr(rows, "iloc"):
        from pandas.util import hash_pandas_object

        return hash_pandas_object(rows, index=True).to_numpy()
    if hasattr(rows, "tocsr"):
        return _keys_of_sparse(rows.tocsr())
    if isinstance(rows, np.ndarray) and rows.ndim > 1 and not rows.dtype.hasobject:
        return _keys_of_array(rows)
    if isinstance(rows, (list, np.ndarray)):
        return np.array([hash(repr(row)) for row in rows], dtype=np.int64).view(np.uint64)
    return None


def _keys_of_array(rows: "Any") -> "Any":
    """Hash the bytes of each row: a sum of its words, each times an odd number of its own."""
    import numpy as np

    flat = np.ascontiguousarray(rows).reshape(len(rows), -1)
    raw = flat.view(np.uint8).reshape(len(rows), -1)
    spare = -raw.shape[1] % 8
    words = np.ascontiguousarray(np.pad(raw, ((0, 0), (0, spare)))).view(np.uint64)
    return (_mixed(words) * _odd_numbers(words.shape[1])).sum(axis=1, dtype=np.uint64)


def _keys_of_sparse(rows: "Any") -> "Any":
    import numpy as np

    values = np.asarray(rows.data, dtype=np.float64).view(np.uint64)
    products = _mixed(values) * _odd_numbers(rows.shape[1])[rows.indices]
    ends = np.concatenate([[0], np.cumsum(products, dtype=np.uint64)]).astype(np.uint64)
    return ends[rows.indptr[1:]] - ends[rows.indptr[:-1]]


def _mixed(words: "Any") -> "Any":
    import numpy as np

    return (words ^ (words >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)


def _odd_numbers(amount: int) -> "Any":
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(7))  # its own, never the script's
    numbers = generator.integers(0, 2**63, size=amount, dtype=np.uint64)
    return numbers * np.uint64(2) + np.uint64(1)


def count(rows: "Any") -> int:
    """Count the rows of whatever a model takes; a data set of a library may not know yet."""
    if hasattr(rows, "shape"):
        return int(rows.shape[0]) if len(rows.shape) else 0
    counts = (getattr(rows, name, None) for name in ("__len__", "num_row", "num_data"))
    count: Any = next(filter(callable, counts), None)
    try:
        return int(count()) if count is not None else 0
    except Exception:
        return 0


def sample(rows: "Any") -> "Any":
    """Copy a few rows, spread evenly: what golden predictions are made of."""
    total = count(rows)
    chosen = [
        number * total // min(SAMPLE_ROWS, total) for number in range(min(SAMPLE_ROWS, total))
    ]
    if hasattr(rows, "iloc"):
        return rows.iloc[chosen].copy()
    return [rows[number] for number in chosen] if isinstance(rows, list) else rows[chosen]


def store(rows: "Any", labels: "Any", keys: "Any") -> "str | None":
    """Write features and labels into a folder of the run, and return its name.

    The same rows are written once. None, with the reason written down, if they cannot be.
    """
    known = _identity(rows, labels, keys)
    if known in _stored:
        return _stored[known]
    if size(rows) > LARGEST_FRAME:
        journal.write("not_stored", reason="it is larger than 1 GiB in memory")
        return None
    write = writer()
    if write is None:
        return None
    _count[0] += 1
    name = "%d-%d" % (os.getpid(), _count[0])
    folder = os.path.join(journal.folder_beside("frames"), name)
    try:
        _write(write, folder, {"features": rows, "labels": labels})
    except Exception as error:  # Cairn's own Invalid: data without a faithful spelling
        journal.write("not_stored", reason=str(error))
        return None
    if known[0] is not None:
        _stored[known] = name
    return name


def writer() -> "Any":
    """Return Cairn's own way to write a table, or None if Cairn is not installed here."""
    try:
        from cairn.flavors.frames.frame import write_frame
    except ImportError as error:
        journal.write("without_cairn", reason=str(error))
        return None
    return write_frame


def _write(write: "Any", folder: str, parts: "dict[str, Any]") -> None:
    from pathlib import Path

    for name, part in parts.items():
        if part is not None:
            write(part, Path(folder) / name)


def _identity(rows: "Any", labels: "Any", keys: "Any") -> "tuple[Any, ...]":
    """Tell equal data by its content, as far as rows have keys."""
    import zlib

    if keys is None:
        return (None,)
    said = zlib.crc32(repr(list(labels)).encode()) if labels is not None else None
    return zlib.crc32(keys.tobytes()), int(keys.sum()), str(getattr(rows, "shape", "")), said


def size(rows: "Any") -> int:
    """Estimate how many bytes data takes in memory."""
    if hasattr(rows, "memory_usage"):
        used = rows.memory_usage(deep=False)
        return int(used if isinstance(used, int) else used.sum())
    if hasattr(rows, "nbytes"):
        return int(rows.nbytes)
    if hasattr(rows, "data") and hasattr(rows.data, "nbytes"):
        return int(rows.data.nbytes) * 2
    if not isinstance(rows, (list, tuple)):
        return 0
    return sum(len(row) if hasattr(row, "__len__") else 8 for row in rows)
