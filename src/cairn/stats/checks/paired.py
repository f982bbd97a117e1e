"""What the comparative checks share: candidate and live version, row by row.

Each step returns what was asked for, or the finding that says why there is none: evidence that
is missing or broken fails, a metric that the rows do not define is inconclusive.
"""

from cairn.core.check import Comparative, LatencyRatio, NonInferiority, Robustness, Superiority
from cairn.core.errors import Invalid
from cairn.core.gate import Finding
from cairn.stats.agreement import flipped_ids
from cairn.stats.align import Pair, align
from cairn.stats.checks.evidence import Evidence, Problem, rows_of
from cairn.stats.checks.spent import allowed, exhausted
from cairn.stats.checks.without import kind, missing, undefined
from cairn.stats.checks.words import basis, decimals, number, signed, stated
from cairn.stats.detectable import detectable_gain
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare
from cairn.stats.metrics import parse_metric
from cairn.stats.misfit import Fault, misfit
from cairn.stats.scored import Predictions

SHOWN_FLIPS = 10

_ALIKE = (
    "evaluate both versions on the same snapshot with the same scorer: "
    "`cairn evaluate VERSION --on SNAPSHOT`"
)


def pair(check: Comparative, evidence: Evidence) -> Pair | Finding:
    """Put both models' rows side by side."""
    if evidence.live is None or evidence.live_version is None:
        return nothing_live(check, evidence, metric=check.metric)
    ready = rows_of(evidence)
    if isinstance(ready.candidate, Problem):
        return missing(check, ready.candidate)
    if isinstance(ready.live, Problem):
        reason = f"the live version has nothing to compare with: {ready.live.reason}"
        return missing(check, Problem(code="no-baseline", reason=reason, fix=ready.live.fix))
    if ready.pair is None:
        return nothing_live(check, evidence, metric=check.metric)
    return _side_by_side(check, ready.pair)


def fitted(check: Robustness, candidate: Predictions, live: Predictions) -> Pair | Finding:
    """Align two models' rows for the check's metric."""
    return _side_by_side(check, misfit(candidate, live) or align(candidate, live))


def _side_by_side(check: Comparative | Robustness, found: Pair | Fault) -> Pair | Finding:
    if isinstance(found, Fault):
        return missing(check, Problem(code=found.code, reason=found.reason, fix=_ALIKE))
    try:
        parse_metric(check.metric)
    except Invalid as error:
        return missing(check, Problem(code="not-comparable", reason=str(error), fix=_ALIKE))
    return found


def difference(
    check: Superiority | NonInferiority, evidence: Evidence
) -> tuple[Pair, Difference] | Finding:
    """Compare the check's metric on all rows, at the error that this look may spend."""
    rows = pair(check, evidence)
    if isinstance(rows, Finding):
        return rows
    if stopped := exhausted(check, evidence):
        return stopped
    try:
        found = compare(
            check.metric,
            rows,
            alpha=allowed(check, evidence).alpha,
            statistics=evidence.statistics,
        )
    except Invalid as error:
        return missing(check, Problem(code="not-comparable", reason=str(error), fix=_ALIKE))
    if isinstance(found, Undefined):
        return undefined(check, metric=check.metric, reason=found.reason)
    return rows, found


def conclude(
    check: Superiority | NonInferiority,
    evidence: Evidence,
    *,
    compared: tuple[Pair, Difference],
    p: float,
) -> Finding:
    """Start a finding with every number of a difference; outcome and code are still open."""
    rows, found = compared
    lower, upper = oriented(found)
    error = allowed(check, evidence).alpha
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="inconclusive",
        code="undecided",
        reason=sentence(found, evidence, confidence=1 - error),
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
        detectable=detectable_gain(found.standard_error, alpha=error),
        method=found.method,
        units=found.units,
        effective=found.effective,
        flipped=flipped_ids(rows, check.metric, limit=SHOWN_FLIPS),
    )


def sentence(found: Difference, evidence: Evidence, *, confidence: float) -> str:
    """Say what was compared: both values, the difference, and its bounds."""
    lower, upper = oriented(found)
    places = decimals(upper - lower)
    sure = stated(confidence, evidence.statistics)
    lower_better = " (lower is better)" if found.better == "lower" else ""
    return (
        f"{found.metric}{lower_better} {number(found.candidate, places)} against "
        f"{number(found.live, places)} of {evidence.live_version}: "
        f"{signed(found.difference, places)} (at least {signed(lower, places)}, at most "
        f"{signed(upper, places)}, each at {sure} confidence; "
        f"{basis(found)})"
    )


def oriented(found: Difference) -> tuple[float, float]:
    """Bounds of candidate less live, from bounds of the gain."""
    if found.better == "higher":
        return found.lower, found.upper
    return -found.upper, -found.lower


def nothing_live(
    check: Comparative | LatencyRatio, evidence: Evidence, *, metric: str
) -> Finding:
    """What a comparison says while nothing is live: the policy's bootstrap rule decides."""
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
        metric=metric,
    )
