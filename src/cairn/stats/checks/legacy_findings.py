"""Findings as the first release wrote them, so that its decisions can be judged again.

It had fewer numbers, one code for all rows that do not fit together, and of subgroups the
smallest corrected p-value alone. Its judgements are the same.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from cairn.core.gate import Finding, GroupFinding

_MISFITS = (
    "task-differs",
    "rows-differ",
    "labels-differ",
    "label-outside",
    "weights-differ",
    "groups-differ",
    "units-differ",
)


def as_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Leave out what the first release did not say."""
    return tuple(_as_first(finding) for finding in findings)


def _as_first(finding: Finding) -> Finding:
    subgroups = finding.type == "no_subgroup_regression"
    return replace(
        finding,
        code="not-comparable" if finding.code in _MISFITS else finding.code,
        p=finding.p_adjusted if subgroups else finding.p,
        detectable=None if finding.type == "floor" else finding.detectable,
        groups=tuple(_group_as_first(group) for group in finding.groups),
        method="",
        p_adjusted=None,
        flipped=(),
        rows_needed=None,
        look=None,
        alpha=None,
        alpha_left=None,
        approval="",
    )


def _group_as_first(group: GroupFinding) -> GroupFinding:
    return replace(
        group, by="", lower=None, upper=None, p=None, discordant=None, detectable=None
    )
