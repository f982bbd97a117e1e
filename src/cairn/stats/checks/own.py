"""Check `own`: a command or function of the project's own has the last word on its matter."""

from msgspec.structs import replace

from cairn.core.check import OwnCheck
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import found, missing


def judge_own(check: OwnCheck, evidence: Evidence) -> Finding:
    """Repeat what it said of the candidate, in its own words; unsaid, it fails."""
    result = evidence.own.get(check.run)
    if result is None:
        return missing(check, _never(check, evidence))
    if isinstance(result, Problem):
        return missing(check, result)
    said = f": {result.reason}" if result.reason else ""
    code = {"pass": "ok", "fail": "failed", "inconclusive": "undecided"}[result.outcome]
    finding = found(
        check,
        result.outcome,
        code,
        reason=f"{check.run} says {result.outcome}{said}",
        fix="" if result.outcome == "pass" else f"see what {check.run} asks for",
    )
    return replace(finding, observed=result.observed)


def _never(check: OwnCheck, evidence: Evidence) -> Problem:
    return Problem(
        code="no-outcome",
        reason=f"{check.run} was not run on {evidence.version}",
        fix=f"let it be run: `cairn gate check {evidence.where}`",
    )
