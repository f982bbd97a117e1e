"""Decisions and comparisons in plain words, for a terminal of 100 columns."""

import textwrap
from collections.abc import Iterator, Sequence

from cairn.core.comparison import Comparison, GroupDifference, MetricDifference
from cairn.core.evaluation import LookAhead
from cairn.core.gate import Decision, Finding, GroupFinding, Policy, explain
from cairn.stats.checks.words import count, decimals, number, shown, signed
from cairn.stats.metrics import noun_of
from cairn.stats.spending import after

WIDTH = 100
MARKS = {"pass": "pass", "fail": "FAIL", "inconclusive": "open", "not-applicable": "n/a"}
_LONGEST = 20
_GROUPS = 20
_DIGITS = len("sha256:") + 12
_ONE_LOOK = (
    "Looks are not counted: each confidence is that of one look at one version. `reuse` in "
    "the policy counts them."
)


def decision_text(decision: Decision, policy: Policy | None = None) -> str:
    """Say what was decided and why, every check with its numbers, and what to do next.

    With the `policy` that judged, it says what the next look may spend.
    """
    return "\n".join(
        [
            explain(decision).partition("\n")[0],
            "",
            *_table(_HEAD, [_numbers(finding) for finding in decision.findings]),
            *_reasons(decision.findings),
            *_failing_groups(decision.findings),
            *_next(decision.findings),
            "",
            *_basis(decision),
            *(_wrapped(next_look(decision, policy), first="") if policy else ()),
        ]
    )


def comparison_text(comparison: Comparison) -> str:
    """Say where two versions differ: all metrics, each group, and rows that flipped."""
    return "\n".join(
        [
            *_agreement(comparison),
            "",
            *_table(
                ["metric", comparison.candidate, comparison.live, *_DIFFERENCE, "rows"],
                [
                    [m.metric, *_compared(m), _counted(m.rows, m.metric)]
                    for m in comparison.metrics
                ],
            ),
            *_all_groups(comparison),
            *_flipped(comparison),
            *looks_taken(comparison.looks),
        ]
    )


def looks_taken(looks: Sequence[LookAhead]) -> Iterator[str]:
    """Say, a line a label, that this was a look, and what the next one may spend."""
    for look in looks:
        yield ""
        yield from _wrapped(_look_taken(look), first="")


def _look_taken(look: LookAhead) -> str:
    says = f"A look at the data of {look.label}"
    if not look.counted:
        return f"{says}, whose policy counts none: its error is that of one look."
    before = f"after {count(look.looks, 'look')} and {count(look.seen, 'other version')} seen"
    return f"{says}: {before}, the next judgement may err with a chance of {look.error:.2g}."


def _agreement(comparison: Comparison) -> list[str]:
    ours, theirs = comparison.candidate, comparison.live
    rows = count(comparison.rows)
    if comparison.agreement is not None:
        text = (
            f"{ours} and {theirs} agree on {100 * comparison.agreement:.2f}% of {rows}; "
            f"{comparison.gained:,} are right only with {ours}, "
            f"{comparison.lost:,} only with {theirs}."
        )
    elif comparison.apart is not None:
        text = (
            f"{ours} and {theirs} are at most {comparison.apart:.4g} apart on half of {rows}; "
            f"{ours} is closer to the label on {comparison.gained:,}, "
            f"{theirs} on {comparison.lost:,}."
        )
    else:
        text = f"{ours} and {theirs} on {rows}."
    return _wrapped(text, first="")


_DIFFERENCE = ["difference", "at least", "at most"]
_HEAD = ["check", "", "observed", "live", *_DIFFERENCE, "p", "rows"]


def _numbers(finding: Finding) -> list[str]:
    low, high = finding.lower, finding.upper
    places = decimals(high - low) if low is not None and high is not None else 4
    compared = finding.difference is not None
    return [
        finding.check,
        MARKS[finding.outcome],
        _number(finding.observed, places),
        _number(finding.baseline, places),
        _number(finding.difference, places, sign=True),
        _number(low, places, sign=compared),
        _number(high, places, sign=compared),
        "" if finding.p is None else _p(finding.p),
        "" if finding.rows is None else _counted(finding.rows, finding.metric),
    ]


def _counted(rows: int, metric: str | None) -> str:
    """Write how many rows there are, and of a ranking's queries that they are these."""
    noun = noun_of(metric or "")
    return f"{rows:,}" if noun == "row" else count(rows, noun)


def _reasons(findings: Sequence[Finding]) -> Iterator[str]:
    yield ""
    for finding in findings:
        mark = MARKS[finding.outcome]
        yield from _wrapped(f"{finding.check}: {finding.reason}", first=f"{mark:<6}")


def _failing_groups(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.groups and finding.outcome in ("fail", "inconclusive"):
            yield ""
            yield f"{finding.check}, by group:"
            rows = [_group(group) for group in finding.groups[:_GROUPS]]
            yield from _table(
                ["group", "", "candidate", "live", "difference", "p", "rows"], rows
            )
            if len(finding.groups) > _GROUPS:
                yield f"  and {len(finding.groups) - _GROUPS} more groups"


def _group(group: GroupFinding) -> list[str]:
    return [
        group.group,
        MARKS[group.outcome],
        _number(group.observed, 4),
        _number(group.baseline, 4),
        _number(group.difference, 4, sign=True),
        "" if group.p_adjusted is None else _p(group.p_adjusted),
        f"{group.rows:,}",
    ]


def _next(findings: Sequence[Finding]) -> Iterator[str]:
    steps = [f for f in findings if f.fix and f.outcome in ("fail", "inconclusive")]
    if steps:
        yield ""
        yield "What to do next:"
    for finding in steps:
        for line in finding.fix.splitlines():
            yield from _wrapped(f"{finding.check}: {line}", first="  ")


def _basis(decision: Decision) -> Iterator[str]:
    live = f"live {decision.live[:_DIGITS]}" if decision.live else "nothing live"
    yield from _wrapped(
        f"Judged: candidate {decision.candidate[:_DIGITS]}, {live}, "
        f"policy {decision.policy[:_DIGITS]}, snapshot {decision.snapshot[:_DIGITS]} "
        f"(look {decision.look} at it{seen_beside(decision)}).",
        first="",
    )
    if decision.looks and not any(finding.look for finding in decision.findings):
        yield from _wrapped(_ONE_LOOK, first="")
    if decision.waiver:
        yield from _wrapped(f"Waiver: {decision.waiver}", first="")


def next_look(decision: Decision, policy: Policy) -> str:
    """Say at which error the next look is judged; nothing where looks are not counted."""
    share = after(decision, policy)
    if share is None:
        return ""
    return (
        f"The next look at this set is judged at an error of {share.alpha:.2g} of "
        f"{share.stated:g}, or less if other versions are seen on it before."
    )


def seen_beside(decision: Decision) -> str:
    """Say how many versions were seen on the set and never judged, if any were."""
    others = max((look.seen for look in decision.looks), default=0)
    return f", {count(others, 'other version')} seen on it and never judged" if others else ""


def _compared(found: MetricDifference) -> list[str]:
    if found.lower is None or found.upper is None:
        return ["-"] * 5
    places = decimals(found.upper - found.lower)
    plain = [_number(value, places) for value in (found.candidate, found.live)]
    differences = (found.difference, found.lower, found.upper)
    return [*plain, *(_number(value, places, sign=True) for value in differences)]


def _all_groups(comparison: Comparison) -> Iterator[str]:
    for grouping in dict.fromkeys(group.grouping for group in comparison.groups):
        groups = [group for group in comparison.groups if group.grouping == grouping]
        yield ""
        yield f"{groups[0].metric.metric} by {grouping}:"
        alike = [_alike(group) for group in groups]
        heads = dict.fromkeys(head for head, _ in alike if head)
        yield from _table(
            [grouping, "rows", *heads, comparison.candidate, comparison.live, *_DIFFERENCE],
            [
                [
                    group.group,
                    f"{group.rows:,}",
                    *([value] if head else []),
                    *_compared(group.metric),
                ]
                for group, (head, value) in zip(groups, alike, strict=True)
            ],
        )


def _alike(group: GroupDifference) -> tuple[str, str]:
    """Say how alike two versions are in a group, under which head; both empty if untold."""
    if group.agreement is not None:
        return "agree", f"{100 * group.agreement:.1f}%"
    return ("", "") if group.apart is None else ("half apart", f"{group.apart:.4g}")


def _flipped(comparison: Comparison) -> Iterator[str]:
    if not comparison.flipped:
        return
    yield ""
    decided = comparison.task in ("binary", "multiclass")
    yield f"{'Decided' if decided else 'Scored'} differently, the largest change first:"
    yield from _table(
        ["row", "label", comparison.candidate, comparison.live],
        [
            [row.id, *(_value(one) for one in (row.label, row.candidate, row.live))]
            for row in comparison.flipped
        ],
    )


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else f"{value:.4f}"


def _number(value: float | None, places: int, *, sign: bool = False) -> str:
    if value is None:
        return ""
    return signed(value, places) if sign else number(value, places)


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"  # noqa: PLR2004 - four digits


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they need: names to the left, numbers to the right."""
    cells = [[shown(cell, _LONGEST) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    for row in cells:
        first, *others = (cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        numbers = [cell.strip().rjust(len(cell)) for cell in others]
        yield "  ".join([first, *numbers]).rstrip()


def _wrapped(text: str, *, first: str) -> list[str]:
    plain = "".join(char if char.isprintable() else " " for char in text)
    return textwrap.wrap(
        plain,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * max(len(first), 2),
        break_on_hyphens=False,
    )
