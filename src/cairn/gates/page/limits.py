"""What a check's interval is held against: where the limit lies, and which side is allowed."""

from collections.abc import Mapping

from cairn.core.errors import Invalid
from cairn.core.evaluation import Better
from cairn.core.gate import Finding
from cairn.plots.interval import Limit, Side
from cairn.stats.metrics import parse_metric

_LOSSES = ("non_inferiority", "no_subgroup_regression", "robustness")
_CEILINGS = ("ceiling", "calibration", "fairness_gap", "latency", "latency_ratio")
OF_DIFFERENCES = ("superiority", *_LOSSES)


def limit_of(finding: Finding, own: Mapping[str, Better]) -> Limit | None:
    """Say where the limit lies on the axis of the finding's interval, if there is one.

    `own` says which way the project's own numbers are better.
    """
    if finding.threshold is None:
        return None
    if finding.type in _CEILINGS:
        return Limit(finding.threshold, f"at most {finding.threshold:g}", "left")
    up = _upwards(finding.metric, own)
    if up is None:
        return None
    if finding.type == "floor":
        name = f"at {'least' if up else 'most'} {finding.threshold:g}"
        return Limit(finding.threshold, name, "right" if up else "left")
    if finding.type not in OF_DIFFERENCES:
        return None
    worse = finding.type in _LOSSES
    at = finding.threshold if up is not worse else -finding.threshold
    name = f"{'worse' if worse else 'better'} by {finding.threshold:g}"
    return Limit(at or 0.0, name if finding.threshold else "no difference", _side(up=up))


def _side(*, up: bool) -> Side:
    return "right" if up else "left"


def _upwards(metric: str | None, own: Mapping[str, Better]) -> bool | None:
    """Whether more of the metric is better; None if nobody says."""
    if metric is None:
        return None
    try:
        parsed = parse_metric(metric)
    except Invalid:
        return None
    if parsed.kind == "mean":
        return own[parsed.target] == "higher" if parsed.target in own else None
    return parsed.better == "higher"
