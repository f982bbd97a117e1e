"""Rows that come in a promised order: no two alike in the columns that tell them apart.

An order that leaves ties is none: the database may break them otherwise tomorrow, and equal
data would have two names.
"""

from collections.abc import Iterable, Iterator

from cairn.core.errors import Invalid
from cairn.data.tables.arrow import Array, Batch, arrow


def check_order(batches: Iterable[Batch], order: tuple[str, ...]) -> Iterator[Batch]:
    """Pass batches on; raises `Invalid` naming the first row whose key is missing or old."""
    last: Batch | None = None
    rows = 0
    for batch in batches:
        keys = batch.select(list(order))
        for name, column in zip(order, keys.columns, strict=True):
            _check_there(name, column, rows)
        joined = keys if last is None else _joined(last, keys)
        _check_new(joined, order, rows + keys.num_rows - joined.num_rows)
        rows += batch.num_rows
        last = keys.slice(keys.num_rows - 1) if keys.num_rows else last
        yield batch


def check_columns(order: tuple[str, ...], names: Iterable[str]) -> None:
    """Raise `Invalid` for a column to order by that the result does not have."""
    known = tuple(names)
    for name in order:
        if name not in known:
            raise Invalid(
                f"the result has no column {name!r} to order by; it has {', '.join(known[:9])}"
            )


def _check_there(name: str, column: Array, rows: int) -> None:
    compute = arrow("compute")
    unusable = column.is_null(nan_is_null=True)
    if compute.any(unusable).as_py():
        row = rows + compute.index(unusable, value=True).as_py() + 1
        raise Invalid(
            f"row {row:,} has no value in {name!r} (or NaN), which rows are ordered by; order "
            "by columns that are always there, or use --any-order"
        )


def _check_new(keys: Batch, order: tuple[str, ...], rows: int) -> None:
    compute = arrow("compute")
    same = None
    for column in keys.columns:
        equal = compute.equal(column.slice(1), column.slice(0, len(column) - 1))
        same = equal if same is None else compute.and_(same, equal)
    if same is None or not compute.any(same).as_py():
        return
    at = compute.index(same, value=True).as_py() + 1
    key = ", ".join(
        f"{name} = {column[at]}" for name, column in zip(order, keys.columns, strict=True)
    )
    raise Invalid(
        f"rows {rows + at:,} and {rows + at + 1:,} are alike in what they are ordered by "
        f"({key}): name further columns that tell rows apart, or use --any-order"
    )


def _joined(last: Batch, keys: Batch) -> Batch:
    pa = arrow()
    return pa.Table.from_batches([last, keys]).combine_chunks().to_batches()[0]
