"""What checks share that hold one model's metric against a value: floors and ceilings."""

from functools import partial

from msgspec.structs import replace

from cairn.core.check import Calibration, Ceiling, Floor
from cairn.core.errors import Invalid
from cairn.core.gate import Finding
from cairn.stats.align import sample
from cairn.stats.checks.evidence import Evidence, Problem, rows_of
from cairn.stats.checks.spent import allowed, exhausted, with_look
from cairn.stats.checks.without import kind, missing, too_thin, undefined
from cairn.stats.checks.words import basis, decimals, number, several, stated
from cairn.stats.detectable import detectable_gain, rows_needed
from cairn.stats.estimate import Estimate, Undefined
from cairn.stats.measure import measure

Bounded = Floor | Ceiling | Calibration


def judge_bound(
    check: Bounded,
    evidence: Evidence,
    *,
    metric: str,
    value: float,
    upwards: bool | None = None,
) -> Finding:
    """Hold a metric's bound against `value`: reached `upwards`, or else kept below.

    Without `upwards` the metric's own direction decides: of a loss the value is a ceiling.
    """
    candidate = rows_of(evidence).candidate
    if isinstance(candidate, Problem):
        return missing(check, candidate)
    if stopped := exhausted(check, evidence):
        return stopped
    try:
        found = measure(
            metric,
            sample(candidate),
            alpha=allowed(check, evidence).alpha,
            statistics=evidence.statistics,
        )
    except Invalid as error:
        return missing(check, Problem(code="not-measurable", reason=str(error), fix=_CORRECT))
    if isinstance(found, Undefined):
        return undefined(check, metric=metric, reason=found.reason)
    reached = found.better == "higher" if upwards is None else upwards
    finding = _numbers(check, found, metric=metric, value=value)
    sure = stated(1 - found.alpha, evidence.statistics)
    held = _held(finding, found, value, reached=reached, sure=sure)
    return with_look(held, check, evidence)


def _held(
    finding: Finding, found: Estimate, value: float, *, reached: bool, sure: str
) -> Finding:
    sign = 1 if reached else -1
    cautious, hopeful = (found.lower, found.upper) if reached else (found.upper, found.lower)
    word, least, most = _WORDS[reached]
    says = partial(_says, found, value=value, sure=sure)
    if found.thin is not None:
        return too_thin(finding, found.thin, says=says(cautious, least), noun=found.noun)
    if sign * cautious >= sign * value:
        what = f"{says(cautious, least)}: within the {word} {value:g}"
        return replace(finding, outcome="pass", code="reached", reason=what)
    if sign * hopeful < sign * value:
        what = f"{says(hopeful, most)}: misses the {word} {value:g}"
        return replace(finding, outcome="fail", code="missed", reason=what, fix=_BETTER)
    what = f"{says(cautious, f'only {least}')}: the {word} {value:g} is not shown to be kept"
    rows = rows_needed(sign * (found.value - value), found)
    fix = f"evaluate on more {several(found.noun)}, {_MORE}"
    return replace(finding, reason=what, fix=fix, rows_needed=rows)


def _says(found: Estimate, bound: float, how: str, *, value: float, sure: str) -> str:
    places = decimals(found.upper - found.lower)
    return (
        f"{found.metric} {number(found.value, places)}, at {sure} "
        f"confidence {how} {number(bound, places, beside=value)} ({basis(found)})"
    )


def _numbers(check: Bounded, found: Estimate, *, metric: str, value: float) -> Finding:
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="inconclusive",
        code="undecided",
        reason="",
        metric=metric,
        observed=found.value,
        lower=found.lower,
        upper=found.upper,
        threshold=value,
        rows=found.rows,
        detectable=detectable_gain(found.standard_error, alpha=found.alpha),
        method=found.method,
        units=found.units,
        effective=found.effective,
    )


_WORDS = {True: ("floor", "at least", "at most"), False: ("ceiling", "at most", "at least")}
_BETTER = "train a better candidate, or lower what the policy asks for"
_MORE = "which narrows the bound, or train a better candidate"
_CORRECT = "correct the policy's metric or the evaluation's labels"
