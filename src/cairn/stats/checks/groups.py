"""Groups of rows as the policy cuts them: by a column, by several at once, small ones pooled.

Groups with fewer rows, or positive labels, than asked for are pooled as `other` within their
grouping, and the pool is judged if it is large enough. If it is not, it is listed with its
groups: nothing is left out silently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from cairn.core.gate import GroupFinding
from cairn.core.need import Grouped
from cairn.stats.checks.evidence import Problem
from cairn.stats.checks.words import count, shown
from cairn.stats.scored import Codes, Flags, Grouping, Places

OTHER = "other"
_AND = " x "
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Rows judged together: one level of a grouping, or the small ones pooled."""

    by: str
    name: str
    levels: tuple[str, ...]
    rows: Places
    positives: int
    large: bool

    @property
    def pooled(self) -> tuple[str, ...]:
        """The groups inside a pool; none for a group that stands for itself."""
        return () if self.levels == (self.name,) else self.levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """How large a group must be to be judged by itself."""

    rows: int
    positives: int = 0

    def holds(self, rows: int, positives: int) -> bool:
        """Whether a group is large enough."""
        return rows >= self.rows and positives >= self.positives


def cut(
    groups: Mapping[str, Grouping], by: Sequence[Grouped], positive: Flags, *, least: Least
) -> list[Group] | Problem:
    """Cut rows into groups, grouping after grouping; a problem if a column is not there."""
    cuts: list[Group] = []
    for grouped in by:
        names = (grouped,) if isinstance(grouped, str) else grouped
        if lacking := [name for name in names if name not in groups]:
            return _no_grouping(lacking[0], sorted(groups))
        grouping = reduce(_crossed, [groups[name] for name in names])
        cuts += _pooled(_AND.join(names), grouping, positive, least=least)
    return cuts


def too_small(group: Group, least: Least) -> GroupFinding:
    """List a pool that is too small to judge, with the groups in it."""
    wanted = f"fewer than {least.rows:,}"
    if group.rows.size >= least.rows:
        wanted = f"with {count(group.positives, 'positive label')} of {least.positives:,}"
    return GroupFinding(
        group=group.name,
        by=group.by,
        rows=group.rows.size,
        outcome="not-applicable",
        reason=f"{count(group.rows.size)} in {count(len(group.levels), 'group')} together, "
        f"{wanted}: too few to judge",
        pooled=group.pooled or group.levels,
    )


def named(parts: Sequence[str]) -> str:
    """List some names, and how many more there are."""
    more = f", and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more


def unjudged(groups: Sequence[GroupFinding]) -> list[str]:
    """Say which groups were not judged, and why."""
    return [
        f"not judged: {group.reason} ({named(list(map(shown, group.pooled)))})"
        for group in groups
        if group.outcome == "not-applicable"
    ]


def _crossed(one: Grouping, other: Grouping) -> Grouping:
    """Groups of two groupings at once, those that occur, named `f x 30-39`."""
    codes = one.codes.astype(np.intp) * len(other.levels) + other.codes
    used, of_row = np.unique(codes, return_inverse=True)
    found: list[int] = used.tolist()
    many = len(other.levels)
    levels = [one.levels[at // many] + _AND + other.levels[at % many] for at in found]
    crossed: Codes = of_row.astype(np.uint32)
    return Grouping(codes=crossed, levels=tuple(levels))


def _pooled(by: str, grouping: Grouping, positive: Flags, *, least: Least) -> list[Group]:
    """The groups of one grouping in the order of their levels, a pool at the end."""
    rows = _rows_of_levels(grouping)
    ones = np.bincount(grouping.codes, weights=positive, minlength=len(rows)).astype(int)
    sizes = list(zip(grouping.levels, rows, ones.tolist(), strict=True))
    large = [
        Group(by=by, name=level, levels=(level,), rows=at, positives=hits, large=True)
        for level, at, hits in sizes
        if least.holds(at.size, hits)
    ]
    small = [(level, at, hits) for level, at, hits in sizes if not least.holds(at.size, hits)]
    if not small:
        return large
    taken = {group.name for group in large}
    together = np.sort(np.concatenate([at for _, at, _ in small]))
    hits = sum(hits for _, _, hits in small)
    pool = Group(
        by=by,
        name=f"{OTHER} (pooled)" if OTHER in taken else OTHER,
        levels=tuple(level for level, _, _ in small),
        rows=together,
        positives=hits,
        large=least.holds(together.size, hits),
    )
    return [*large, pool]


def _rows_of_levels(grouping: Grouping) -> list[Places]:
    """The rows of each level, in order: one sort, however many levels there are."""
    order = np.argsort(grouping.codes, kind="stable")
    sizes = np.bincount(grouping.codes, minlength=len(grouping.levels))
    return np.split(order, np.cumsum(sizes)[:-1])


def _no_grouping(name: str, known: Sequence[str]) -> Problem:
    return Problem(
        code="no-grouping",
        reason=f"the evaluations have no groups named {name!r} "
        f"(they have: {', '.join(known) or 'none'})",
        fix=f"put {name!r} into `groups` of the model's evaluation in cairn.toml and "
        "evaluate both versions again",
    )
