"""What `cairn snapshot show` says about the tables in a snapshot, and how rows were chosen."""

from typing import Any

from cairn.core.errors import Erased
from cairn.core.run import Gap
from cairn.core.snapshot import Query, Sampling, Snapshot, SnapshotInfo
from cairn.core.table import MOST_COUNTED, ColumnProfile, Profile, TableProfile
from cairn.core.words import counted
from cairn.registry import Registry

SHOWN_COLUMNS = 50
SHOWN_VALUE = 24
NOT_SAMPLED = Gap(
    field="sampling",
    reason="it is not recorded how these rows were chosen",
    fix="add it with `--sampling METHOD`, or `--sampling all`",
)


def described(registry: Registry, info: SnapshotInfo) -> list[tuple[str, str]]:
    """Describe query, tables and sampling in lines for people."""
    snapshot = registry.objects.get_record(info.digest, Snapshot)
    lines = [("logical", info.logical)] if info.logical else []
    if isinstance(snapshot.source, Query):
        order = ", ".join(snapshot.source.order) or "all columns"
        lines += [("query", snapshot.source.query), ("sorted by", order)]
    for table in _tables(registry, info):
        lines += _table(table)
    lines.append(("sampling", _sampling(snapshot.sampling)))
    return [(name, text) for name, text in lines if text]


def told(registry: Registry, info: SnapshotInfo) -> dict[str, Any]:
    """Describe the same as values: source, sampling, tables, gaps."""
    snapshot = registry.objects.get_record(info.digest, Snapshot)
    return {
        "source": snapshot.source,
        "sampling": snapshot.sampling,
        "tables": _tables(registry, info),
        "gaps": [] if snapshot.sampling else [NOT_SAMPLED],
    }


def _tables(registry: Registry, info: SnapshotInfo) -> tuple[TableProfile, ...]:
    """Read the description of a snapshot's tables; one that was erased tells nothing."""
    if info.profile is None:
        return ()
    try:
        return registry.objects.get_record(info.profile, Profile).tables
    except Erased:
        return ()


def _table(table: TableProfile) -> list[tuple[str, str]]:
    facts = table.facts
    name = f"{table.path}: " if table.path else ""
    rows = counted(facts.rows, "row")
    lines = [("table", f"{name}{rows}, {counted(len(facts.columns), 'column')}")]
    for at, column in enumerate(facts.columns[:SHOWN_COLUMNS]):
        parts = [column.type, f"{column.nulls:,} missing" if column.nulls else ""]
        if table.columns:  # a very wide table has no profiles
            parts += _profile(table.columns[at], most=facts.rows - column.nulls)
        lines.append(("", f"{column.name}: {', '.join(filter(None, parts))}"))
    if len(facts.columns) > SHOWN_COLUMNS:
        more = len(facts.columns) - SHOWN_COLUMNS
        lines.append(("", f"... and {more:,} more (--json has all)"))
    return lines


def _profile(profile: ColumnProfile, *, most: int) -> list[str]:
    """Describe the values of a column; what is estimated is at most their number."""
    is_exact = profile.distinct <= MOST_COUNTED
    different = (
        f"{profile.distinct:,}" if is_exact else f"about {min(profile.distinct, most):,}"
    )
    return [
        f"{profile.nans:,} NaN" if profile.nans else "",
        f"{different} different",
        f"{_cut(profile.low)} ... {_cut(profile.high or '')}"
        if profile.low is not None
        else "",
    ]


def _cut(value: str) -> str:
    """Shorten the value of a cell to what fits beside another."""
    return value if len(value) <= SHOWN_VALUE else f"{value[: SHOWN_VALUE - 3]}..."


def _sampling(sampling: Sampling | None) -> str:
    if sampling is None:
        return f"{NOT_SAMPLED.reason}: {NOT_SAMPLED.fix}"
    parts = [
        sampling.method,
        f"{sampling.fraction:g} of the rows" if sampling.fraction is not None else "",
        f"seed {sampling.seed}" if sampling.seed is not None else "",
        f"where {sampling.filter}" if sampling.filter else "",
    ]
    return ", ".join(filter(None, parts))
