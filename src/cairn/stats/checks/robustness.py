"""Check `robustness`: the model bears what will happen to its inputs, or to its training.

The candidate on perturbed inputs (or a version trained with another seed) is compared with
the candidate as it is, row by row. Pass if the lower bound excludes a drop of `max_drop`; fail
if the upper bound shows it; else inconclusive. With several seeds each must pass, which needs
no correction: all of them pass with a probability no larger than the worst one's. That one of
them fails is likelier than of one alone, so they share the error of the upper bound.
"""

import dataclasses
from collections.abc import Sequence

from msgspec.structs import replace

from cairn.core.check import Robustness
from cairn.core.errors import Invalid
from cairn.core.gate import Finding, GroupFinding, Outcome
from cairn.stats.checks.evidence import Evidence, Problem, rows_of, sound
from cairn.stats.checks.paired import fitted, oriented
from cairn.stats.checks.spent import allowed, exhausted, with_look
from cairn.stats.checks.without import missing, undefined
from cairn.stats.checks.words import count, decimals, number, percent, signed, stated
from cairn.stats.detectable import detectable_gain, rows_needed
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare
from cairn.stats.scored import Predictions


def judge_robustness(check: Robustness, evidence: Evidence) -> Finding:
    """Judge the worst of the perturbed evaluations."""
    clean = rows_of(evidence).candidate
    if isinstance(clean, Problem):
        return missing(check, clean)
    perturbed = evidence.perturbed.get(check.perturbation) or _never(check, evidence)
    if isinstance(perturbed, Problem):
        return missing(check, perturbed)
    if stopped := exhausted(check, evidence):
        return stopped
    found = _compared(check, perturbed, clean, evidence=evidence)
    if isinstance(found, Finding):
        return found
    seeds = len(found) if evidence.statistics > 1 else 1
    sure = stated(1 - found[0].alpha, evidence.statistics)
    return with_look(_concluded(check, found, seeds=seeds, sure=sure), check, evidence)


def _compared(
    check: Robustness,
    perturbed: Sequence[Predictions],
    clean: Predictions,
    *,
    evidence: Evidence,
) -> list[Difference] | Finding:
    found: list[Difference] = []
    for predictions in perturbed:
        rows = sound(f"{evidence.version} under {check.perturbation.kind}", predictions)
        if isinstance(rows, Problem):
            return missing(check, rows)
        pair = fitted(check, rows, clean)
        if isinstance(pair, Finding):
            return pair
        try:
            one = compare(
                check.metric,
                pair,
                alpha=allowed(check, evidence).alpha,
                statistics=evidence.statistics,
            )
        except Invalid as error:
            fix = "name a metric of the evaluation's task in the policy"
            return missing(check, Problem(code="not-comparable", reason=str(error), fix=fix))
        if isinstance(one, Undefined):
            return undefined(check, metric=check.metric, reason=one.reason)
        if one.thin is not None:
            thin = one.thin.reason
            return undefined(check, metric=check.metric, reason=thin, word="not judged")
        found.append(one)
    return found if evidence.statistics == 1 else _sharing(found)


def _sharing(found: Sequence[Difference]) -> list[Difference]:
    """Let several seeds share the error of saying that one of them drops (Bonferroni)."""
    many = len(found)
    return [
        one
        if many == 1
        else dataclasses.replace(one, upper=min(one.law.upper(one.alpha / many), one.most))
        for one in found
    ]


def _concluded(
    check: Robustness, found: Sequence[Difference], *, seeds: int, sure: str
) -> Finding:
    worst = min(found, key=lambda one: one.lower)
    lower, upper = oriented(worst)
    outcome = _outcome(check, found)
    finding = Finding(
        check=check.id,
        type="robustness",
        outcome=outcome,
        code={"pass": "robust", "fail": "fragile"}.get(outcome, "undecided"),
        reason=_says(check, worst, outcome, seeds=seeds, sure=sure),
        fix="" if outcome == "pass" else _FIXES[outcome],
        metric=check.metric,
        observed=worst.candidate,
        baseline=worst.live,
        difference=worst.difference,
        lower=lower,
        upper=upper,
        p=worst.p_non_inferiority(check.max_drop),
        threshold=check.max_drop,
        rows=worst.rows,
        discordant=worst.discordant,
        detectable=detectable_gain(worst.standard_error, alpha=worst.alpha),
        method=worst.method,
        groups=_groups(check, found) if len(found) > 1 else (),
    )
    if outcome != "inconclusive":
        return finding
    return replace(finding, rows_needed=rows_needed(worst.gain + check.max_drop, worst))


def _outcome(check: Robustness, found: Sequence[Difference]) -> Outcome:
    if any(one.upper < -check.max_drop for one in found):
        return "fail"
    return "pass" if all(one.lower > -check.max_drop for one in found) else "inconclusive"


def _says(
    check: Robustness, worst: Difference, outcome: Outcome, *, seeds: int, sure: str
) -> str:
    lower, upper = oriented(worst)
    places = decimals(upper - lower)
    what = {
        "pass": f"drops by less than {check.max_drop:g}",
        "fail": f"drops by more than {check.max_drop:g}, beyond chance",
    }.get(outcome, f"may drop by {check.max_drop:g} or more")
    over = f" over {count(seeds, 'seed')}" if seeds > 1 else ""
    return (
        f"{worst.metric} {number(worst.candidate, places)} under {_spelled(check)} against "
        f"{number(worst.live, places)} without: {signed(worst.difference, places)} (at least "
        f"{signed(lower, places)}, at most {signed(upper, places)}, each at "
        f"{sure} confidence{over}; {count(worst.rows, worst.noun)}): {what}"
    )


def _groups(check: Robustness, found: Sequence[Difference]) -> tuple[GroupFinding, ...]:
    return tuple(
        GroupFinding(
            group=str(number_),
            by=check.perturbation.kind,
            rows=one.rows,
            observed=one.candidate,
            baseline=one.live,
            difference=one.difference,
            lower=oriented(one)[0],
            upper=oriented(one)[1],
            outcome=_outcome(check, [one]),
        )
        for number_, one in enumerate(found, start=1)
    )


def _spelled(check: Robustness) -> str:
    kind, amount = check.perturbation.kind, check.perturbation.amount
    return {
        "noise": f"noise of {amount:g} standard deviations",
        "shift": f"a shift by {amount:g} standard deviations",
        "missing": f"{percent(amount)} of values taken out",
        "seed": "another seed",
    }[kind]


def _never(check: Robustness, evidence: Evidence) -> Problem:
    return Problem(
        code="not-perturbed",
        reason=f"{evidence.version} was never evaluated under {_spelled(check)}",
        fix=f"let it be measured: `cairn gate check {evidence.where}`",
    )


_FIXES = {
    "fail": "train a candidate that bears it, or allow a larger max_drop in the policy",
    "inconclusive": "evaluate on more rows, which narrows the bound",
}
