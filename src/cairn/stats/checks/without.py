"""What every check may conclude when there is nothing to measure."""

from cairn.core.check import Check
from cairn.core.gate import Finding, Outcome
from cairn.stats.checks.evidence import Problem


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


def undefined(check: Check, *, metric: str, reason: str) -> Finding:
    """Neither pass nor fail: the rows do not define the metric."""
    return Finding(
        check=check.id,
        type=kind(check),
        outcome="inconclusive",
        code="undefined-metric",
        reason=f"{metric} is undefined: {reason}",
        fix="evaluate on a snapshot with such rows, or choose another metric in the policy",
        metric=metric,
    )


def kind(check: Check) -> str:
    """The check's type as policies spell it: `superiority`."""
    return str(check.__struct_config__.tag)
