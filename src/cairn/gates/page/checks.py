"""One check on the page: what was concluded, in words, as a picture, and every number."""

from collections.abc import Iterator, Mapping, Sequence

from cairn.core.evaluation import Better
from cairn.core.gate import Finding, GroupFinding
from cairn.gates.page.limits import OF_DIFFERENCES, limit_of
from cairn.gates.page.parts import (
    COLOURS,
    badge,
    figure,
    number,
    numbers,
    plain,
    probability,
    prose,
    table,
    whole,
)
from cairn.plots import interval
from cairn.plots.interval import Interval
from cairn.stats.checks.words import count, decimals, several
from cairn.stats.metrics import noun_of

DRAWN = 20
Own = Mapping[str, Better]
_RATIO = "latency_ratio"
_PARTS = [
    *("group", "outcome", "rows", "candidate", "live", "difference", "at least", "at most"),
    *("p", "p corrected", "rows that differ", "detectable"),
]


def check(finding: Finding, own: Own) -> str:
    """Tell one finding; `own` says which way the project's own numbers are better."""
    metric = f" on {plain(finding.metric)}" if finding.metric else ""
    kind = plain(finding.type.replace("_", " "))
    return (
        f'<section class="check" id="check-{plain(finding.check)}">'
        f"<h3>{badge(finding.outcome)} {plain(finding.check)}</h3>\n"
        f'<p class="note">{kind}{metric}{_by(finding.method)}</p>\n'
        f"<p>{prose(finding.reason)}</p>\n"
        f'<div class="pair">{_picture(finding, own)}{_list(finding)}</div>'
        f"{_flipped(finding)}{_groups(finding, own)}</section>\n"
    )


def _by(method: str) -> str:
    return f", by {plain(method)}" if method else ""


def _picture(finding: Finding, own: Own) -> str:
    if finding.lower is None and finding.upper is None:
        return ""
    of_difference = finding.difference is not None
    value = finding.difference if of_difference else finding.observed
    what = _WHAT.get(finding.type, "candidate less live" if of_difference else "candidate")
    limit = limit_of(finding, own)
    one = Interval("", value, finding.lower, finding.upper, COLOURS[finding.outcome])
    drawn = interval.draw(
        [one],
        limit,
        title=f"{finding.check}: {what}",
        zero=0.0 if of_difference and finding.type != _RATIO else None,
    )
    data = {
        "value": value,
        "lower": finding.lower,
        "upper": finding.upper,
        "limit": limit.at if limit else None,
    }
    caption = f"{what}; shaded: allowed" if limit else what
    return figure(drawn, plain(caption), beside=numbers(data))


def _list(finding: Finding) -> str:
    entries = "".join(f"<div><dt>{dt}</dt><dd>{dd}</dd></div>" for dt, dd in _entries(finding))
    return f"<dl>{entries}</dl>" if entries else ""


def _entries(finding: Finding) -> Iterator[tuple[str, str]]:
    """Name and write every number that the finding has."""
    low, high = finding.lower, finding.upper
    places = decimals(high - low) if low is not None and high is not None else 4
    compared = finding.difference is not None and finding.type != _RATIO
    ratio = finding.type == _RATIO
    disturbed = finding.type == "robustness"
    ours, theirs = ("disturbed", "undisturbed") if disturbed else ("candidate", "live")
    for name, value, sign in (
        (f"{ours} (observed)", finding.observed, False),
        (f"{theirs} (baseline)", finding.baseline, False),
        ("ratio" if ratio else "paired difference", finding.difference, not ratio),
        ("at least", low, compared),
        ("at most", high, compared),
        (_LIMITS.get(finding.type, "margin"), finding.threshold, False),
    ):
        if value is not None:
            yield name, number(value, sign=sign, places=places)
    for name, value in (("p", finding.p), ("p corrected", finding.p_adjusted)):
        if value is not None:
            yield name, probability(value)
    yield from _many(finding, places)
    yield from _look(finding)


def _many(finding: Finding, places: int) -> Iterator[tuple[str, str]]:
    """Say how much it rests on, and what that can show."""
    noun = several(noun_of(finding.metric or ""))
    for name, many in (
        ("calls" if finding.type.startswith("latency") else f"{noun} (n)", finding.rows),
        (f"{noun} that differ", finding.discordant),
    ):
        if many is not None:
            yield name, whole(many)
    if finding.units is not None:
        yield "units", whole(finding.units)
    if finding.effective is not None:
        yield "worth, in units of equal weight", number(finding.effective, places=1)
    if finding.detectable is not None:
        found = finding.detectable
        yield "smallest detectable difference", number(found, places=max(places, 4))
    if finding.rows_needed is not None:
        yield f"{noun} that would decide", whole(finding.rows_needed)


def _look(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.look is not None:
        yield "look at this set", whole(finding.look)
    if finding.alpha is not None:
        yield "error of this look", probability(finding.alpha)
    if finding.alpha_left is not None:
        yield "error left for later looks", probability(finding.alpha_left)


def _flipped(finding: Finding) -> str:
    if not finding.flipped:
        return ""
    ids = ", ".join(f"<code>{plain(row)}</code>" for row in finding.flipped)
    return f"<p><b>Decided otherwise</b>, clearest first: {ids}</p>\n"


def _groups(finding: Finding, own: Own) -> str:
    if not finding.groups:
        return ""
    compared = finding.type in OF_DIFFERENCES
    rows = [_group(group, sign=compared) for group in finding.groups]
    pooled = [
        f"<p>{plain(_named(group))} pools {count(len(group.pooled), 'small group')}: "
        f"{', '.join(map(plain, group.pooled))}.</p>\n"
        for group in finding.groups
        if group.pooled
    ]
    picture = _group_picture(finding, own)
    return (
        f"<h4>By group</h4>\n{picture}{_filled(rows, _heads(finding.type))}\n{''.join(pooled)}"
    )


def _heads(kind: str) -> Sequence[str]:
    """Name the columns of the groups: those of `calibration` are bins of the score."""
    if kind != "calibration":
        return _PARTS
    return [_OF_BINS.get(part, part) for part in _PARTS]


def _filled(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """Lay out the columns that have a value in some row."""
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    return table([heads[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _group(group: GroupFinding, *, sign: bool) -> tuple[str, ...]:
    low, high = group.lower, group.upper
    places = decimals(high - low) if low is not None and high is not None else 4

    def said(value: float | None, *, sign: bool = False) -> str:
        return "" if value is None else number(value, sign=sign, places=places)

    return (
        plain(_named(group)),
        badge(group.outcome),
        whole(group.rows),
        said(group.observed),
        said(group.baseline),
        said(group.difference, sign=True),
        said(low, sign=sign),
        said(high, sign=sign),
        "" if group.p is None else probability(group.p),
        "" if group.p_adjusted is None else probability(group.p_adjusted),
        "" if group.discordant is None else whole(group.discordant),
        said(group.detectable),
    )


def _group_picture(finding: Finding, own: Own) -> str:
    """Draw the groups' differences, which a limit on differences is held against."""
    drawn = [g for g in finding.groups if g.lower is not None and g.upper is not None]
    if not drawn or finding.type not in OF_DIFFERENCES:
        return ""
    limit = limit_of(finding, own)
    rows = [
        Interval(
            _named(group), group.difference, group.lower, group.upper, COLOURS[group.outcome]
        )
        for group in drawn[:DRAWN]
    ]
    left = f"; {len(drawn) - DRAWN} more are in the table" if len(drawn) > DRAWN else ""
    title = f"{finding.check}: difference in each group"
    picture = interval.draw(rows, limit, title=title, zero=0.0)
    data = [
        {
            "group": g.group,
            "by": g.by,
            "value": g.difference,
            "lower": g.lower,
            "upper": g.upper,
        }
        for g in drawn
    ]
    caption = f"difference in each group, candidate less live{left}"
    return figure(picture, plain(caption), beside=numbers(data))


def _named(group: GroupFinding) -> str:
    name = "".join(char if char.isprintable() else " " for char in group.group)
    return f"{group.by}: {name}" if group.by else name


_OF_BINS = {"candidate": "share with label 1", "live": "mean score"}
_WHAT = {
    _RATIO: "candidate as a multiple of live",
    "fairness_gap": "largest gap between two groups",
    "calibration": "expected calibration error",
    "robustness": "disturbed less undisturbed",
}
_LIMITS = {
    "floor": "floor",
    "ceiling": "ceiling",
    "calibration": "at most allowed",
    "fairness_gap": "largest gap allowed",
    "latency": "budget (ms)",
    "latency_ratio": "largest ratio allowed",
    "robustness": "largest drop allowed",
    "artifact_size": "largest size (MB)",
}
