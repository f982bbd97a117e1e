"""Frames in memory, frozen by value: of pandas, Polars, Arrow, DuckDB and their like.

A frame is taken by Arrow's C stream interface, so no library of frames is imported here.
"""

from collections.abc import Callable
from typing import Any

from cairn.core.digest import Digest
from cairn.core.errors import Invalid, first_line
from cairn.core.snapshot import Sampling, SnapshotInfo, Source, Table, TableFacts
from cairn.data.files import check_name, record_snapshot
from cairn.data.tables.arrow import ArrowTable, Frame, arrow
from cairn.data.tables.parquet import StoredTable, learn, store_table
from cairn.project import Project

STREAM = "__arrow_c_stream__"


def snapshot_frame(
    project: Project,
    frame: Frame,
    *,
    name: str | None = None,
    in_any_order: bool = False,
    sampling: Sampling | None = None,
) -> SnapshotInfo:
    """Freeze a frame by value; equal values are one snapshot, whichever library holds them.

    `in_any_order` sorts the rows by all columns first. Raises `Invalid` for what is not a
    frame, for columns that Parquet has no type for, and for a frame without rows.
    """
    check_name(name)
    kind = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
    table = frame_table(frame, what=f"this {kind}")
    if in_any_order:
        table = table.sort_by([(column, "ascending") for column in table.column_names])
    stored = store_table(
        project.objects, table.to_batches(), table.schema, what=f"this {kind}"
    )
    return record_table(
        project, stored, Table, origin=f"{kind} in memory", name=name, sampling=sampling
    )


def record_table(
    project: Project,
    stored: StoredTable,
    source: Callable[..., Source],
    *,
    origin: str,
    name: str | None,
    sampling: Sampling | None = None,
) -> SnapshotInfo:
    """Record a stored table; `source` makes its source from `tree` and `table`.

    A table with the same logical digest that is here already lends its tree, so that equal
    values are equal snapshots, whichever release of PyArrow wrote them first.
    """
    tree = _known_tree(project, stored.facts) or stored.tree
    return record_snapshot(
        project,
        source(tree=tree, table=stored.facts),
        origin=origin,
        name=name,
        sampling=sampling,
        profile=stored.profile,
    )


def logical_digest(frame: Frame) -> Digest:
    """Name the schema and values of a frame: equal for equal data in any library and file."""
    table = frame_table(frame, what="this frame")
    facts, _ = learn(table.to_batches(), table.schema, what="this frame")
    return facts.logical


def frame_table(frame: Frame, *, what: str) -> ArrowTable:
    """Return a frame as an Arrow table; its index is a column unless it only counts rows.

    Raises `Invalid` for what is not a frame, and naming a column whose values are of several
    types.
    """
    pa = arrow()
    if not hasattr(frame, STREAM):
        raise Invalid(
            f"{what} is not a table: give a frame of pandas or Polars, a pyarrow.Table, a "
            "path or a URI (a LazyFrame is one after .collect())"
        )
    try:
        return pa.table(frame)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise Invalid(f"{what} cannot be frozen: {_reason(error)}") from error


def _known_tree(project: Project, facts: TableFacts) -> Digest | None:
    for known in project.snapshots():
        if known.logical == facts.logical and known.kind in {"table", "query"}:
            return known.tree
    return None


def _reason(error: BaseException) -> str:
    """Put the parts of Arrow's message into one sentence: some come as a tuple."""
    parts: tuple[Any, ...] = error.args
    return "; ".join(str(part) for part in parts) if len(parts) > 1 else first_line(error)
