"""What the comparative checks share: candidate and live version, row by row.

Each step returns what was asked for, or the finding that says why there is none: evidence that
is missing or broken fails, a metric that the rows do not define is inconclusive.
"""

from cairn.core.check import NonInferiority, NoSubgroupRegression, Superiority
from cairn.core.errors import Invalid
from cairn.core.gate import Finding
from cairn.stats.align import Pair, align
from cairn.stats.checks.evidence import Evidence, Problem, sound
from cairn.stats.checks.without import kind, missing, undefined
from cairn.stats.checks.words import count, decimals, number, percent, signed
from cairn.stats.detectable import detectable_gain
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare
from cairn.stats.metrics import parse_metric

Comparative = Superiority | NonInferiority | NoSubgroupRegression

_ALIKE = "evaluate both versions on the same snapshot with the same scorer: `cairn evaluate`"


def pair(check: Comparative, evidence: Evidence) -> Pair | Finding:
    """Put both models' rows side by side."""
    if evidence.live is None or evidence.live_version is None:
        return _nothing_live(check, evidence)
    candidate = sound(evidence.version, evidence.candidate)
    live = sound(evidence.live_version, evidence.live)
    if isinstance(candidate, Problem):
        return missing(check, candidate)
    if isinstance(live, Problem):
        reason = f"the live version has nothing to compare with: {live.reason}"
        return missing(check, Problem(code="no-baseline", reason=reason, fix=live.fix))
    try:
        parse_metric(check.metric)
        return align(candidate, live)
    except Invalid as error:
        return missing(check, Problem(code="not-comparable", reason=str(error), fix=_ALIKE))


def difference(
    check: Superiority | NonInferiority, evidence: Evidence
) -> Difference | Finding:
    """Compare the check's metric on all rows."""
    rows = pair(check, evidence)
    if isinstance(rows, Finding):
        return rows
    found = compare(check.metric, rows, alpha=alpha(check))
    if isinstance(found, Undefined):
        return undefined(check, metric=check.metric, reason=found.reason)
    return found


def conclude(
    check: Superiority | NonInferiority, evidence: Evidence, *, found: Difference, p: float
) -> Finding:
    """Start a finding with every number of a difference; outcome and code are still open."""
    lower, upper = _oriented(found)
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="inconclusive",
        code="undecided",
        reason=sentence(found, evidence, confidence=check.confidence),
        metric=check.metric,
        observed=found.candidate,
        baseline=found.live,
        difference=found.difference,
        lower=lower,
        upper=upper,
        p=p,
        threshold=check.margin,
        rows=found.rows,
        discordant=found.discordant,
        detectable=detectable_gain(found.standard_error, alpha=alpha(check)),
    )


def sentence(found: Difference, evidence: Evidence, *, confidence: float) -> str:
    """Say what was compared: both values, the difference, and its bounds."""
    lower, upper = _oriented(found)
    places = decimals(upper - lower)
    lower_better = " (lower is better)" if found.better == "lower" else ""
    return (
        f"{found.metric}{lower_better} {number(found.candidate, places)} against "
        f"{number(found.live, places)} of {evidence.live_version}: "
        f"{signed(found.difference, places)} (at least {signed(lower, places)}, at most "
        f"{signed(upper, places)}, each at {percent(confidence)} confidence; "
        f"{count(found.rows)})"
    )


def alpha(check: Comparative) -> float:
    """The error that one bound may have; rounded, for 1 - 0.95 is not quite 0.05."""
    return round(1 - check.confidence, 12)


def _oriented(found: Difference) -> tuple[float, float]:
    """Bounds of candidate less live, from bounds of the gain."""
    if found.better == "higher":
        return found.lower, found.upper
    return -found.upper, -found.lower


def _nothing_live(check: Comparative, evidence: Evidence) -> Finding:
    bootstrapped = evidence.bootstrap == "floors_only"
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="not-applicable" if bootstrapped else "inconclusive",
        code="nothing-live",
        reason="nothing is live yet"
        if bootstrapped
        else "nothing is live yet to compare with, and the policy says bootstrap: refuse",
        fix=""
        if bootstrapped
        else "write `bootstrap: floors_only` with a floor in the policy",
        metric=check.metric,
    )
