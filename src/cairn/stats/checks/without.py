"""What every check may conclude when there is nothing to measure."""

from msgspec.structs import replace

from cairn.core.check import Check
from cairn.core.gate import Finding, Outcome
from cairn.stats.checks.evidence import Problem
from cairn.stats.checks.words import count
from cairn.stats.estimate import Thin


def found(check: Check, outcome: Outcome, code: str, *, reason: str, fix: str = "") -> Finding:
    """Say what a check without numbers found."""
    return Finding(
        check=check.id, type=kind(check), outcome=outcome, code=code, reason=reason, fix=fix
    )


def missing(check: Check, problem: Problem) -> Finding:
    """Fail: a check without sound evidence lets nothing through."""
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="fail",
        code=problem.code,
        reason=problem.reason,
        fix=problem.fix,
        metric=getattr(check, "metric", None),
    )


def too_thin(finding: Finding, thin: Thin, *, says: str, noun: str) -> Finding:
    """Neither pass nor fail: bounds rest on too little to be held against anything."""
    fix = f"evaluate on about {count(thin.rows, noun)} like these"
    return replace(
        finding,
        outcome="inconclusive",
        code="too-little-information",
        reason=f"{says}: {thin.reason}",
        fix=f"{fix}, or name {thin.instead} in the policy" if thin.instead else fix,
        rows_needed=thin.rows,
    )


def undefined(check: Check, *, metric: str, reason: str, word: str = "undefined") -> Finding:
    """Neither pass nor fail: the rows do not define the metric."""
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="inconclusive",
        code="undefined-metric",
        reason=f"{metric} is {word}: {reason}",
        fix="evaluate on a snapshot with such rows, or choose another metric in the policy",
        metric=metric,
    )


def kind(check: Check) -> str:
    """The check's type as policies spell it: `superiority`."""
    return str(check.__struct_config__.tag)
