"""Check `floor`: the metric reaches a value, beyond chance; needs no live version.

Pass if the bound on the bad side reaches the value, fail if the bound on the good side does
not, else inconclusive. For a loss (log_loss, brier) the floor is a ceiling.
"""

from msgspec.structs import replace

from cairn.core.check import Floor
from cairn.core.errors import Invalid
from cairn.core.gate import Finding
from cairn.stats.align import sample
from cairn.stats.checks.evidence import Evidence, Problem, sound
from cairn.stats.checks.without import missing, undefined
from cairn.stats.checks.words import count, decimals, number, percent
from cairn.stats.estimate import Estimate, Undefined
from cairn.stats.measure import measure
from cairn.stats.predictions import Predictions


def judge_floor(check: Floor, evidence: Evidence) -> Finding:
    """Judge the metric's confidence bound against the value."""
    candidate = sound(evidence.version, evidence.candidate)
    if isinstance(candidate, Problem):
        return missing(check, candidate)
    found = _measured(check, candidate)
    if isinstance(found, Problem):
        return missing(check, found)
    if isinstance(found, Undefined):
        return undefined(check, metric=check.metric, reason=found.reason)
    return _held_against(check, found)


def _measured(check: Floor, candidate: Predictions) -> Estimate | Undefined | Problem:
    try:
        return measure(check.metric, sample(candidate), alpha=round(1 - check.confidence, 12))
    except Invalid as error:
        fix = "correct the policy's metric or the evaluation's labels"
        return Problem(code="not-measurable", reason=str(error), fix=fix)


def _held_against(check: Floor, found: Estimate) -> Finding:
    higher = found.better == "higher"
    sign = 1 if higher else -1
    cautious, hopeful = (found.lower, found.upper) if higher else (found.upper, found.lower)
    finding = _numbers(check, found)
    word, least, most = _WORDS[higher]
    if sign * cautious >= sign * check.value:
        what = f"{_says(check, found, cautious, least)}: within the {word} {check.value:g}"
        return replace(finding, outcome="pass", code="reached", reason=what)
    if sign * hopeful < sign * check.value:
        what = f"{_says(check, found, hopeful, most)}: misses the {word} {check.value:g}"
        return replace(finding, outcome="fail", code="missed", reason=what, fix=_BETTER)
    what = (
        f"{_says(check, found, cautious, f'only {least}')}: the {word} {check.value:g} is not "
        "shown to be kept"
    )
    return replace(finding, reason=what, fix=_MORE)


def _says(check: Floor, found: Estimate, bound: float, how: str) -> str:
    places = decimals(found.upper - found.lower)
    value = number(found.value, places)
    return (
        f"{found.metric} {value}, at {percent(check.confidence)} confidence {how} "
        f"{number(bound, places, beside=check.value)} ({count(found.rows)})"
    )


def _numbers(check: Floor, found: Estimate) -> Finding:
    return Finding(
        check=check.id,
        type="floor",
        outcome="inconclusive",
        code="undecided",
        reason="",
        metric=check.metric,
        observed=found.value,
        lower=found.lower,
        upper=found.upper,
        threshold=check.value,
        rows=found.rows,
    )


_WORDS = {True: ("floor", "at least", "at most"), False: ("ceiling", "at most", "at least")}
_BETTER = "train a better candidate, or lower what the policy asks for"
_MORE = "evaluate on more rows, which narrows the bound, or train a better candidate"
