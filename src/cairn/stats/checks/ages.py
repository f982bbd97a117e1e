"""What checks share that rest on the ledger: how long ago, and that something ever was."""

from datetime import datetime

from cairn.core.check import Reproduced, RollbackDrill
from cairn.core.gate import Finding
from cairn.core.ledger import Time
from cairn.stats.checks.evidence import Problem
from cairn.stats.checks.without import found, missing

_HOUR = 3600
_DAY = 24 * _HOUR


def hours_between(since: Time, until: Time) -> float:
    """Hours from one time of the ledger to another."""
    return _seconds(since, until) / _HOUR


def judge_age(
    check: Reproduced | RollbackDrill, at: Time | None, now: Time, *, what: str, never: Problem
) -> Finding:
    """Pass if it happened, and not longer ago than the check asks."""
    if at is None:
        return missing(check, never)
    days = _seconds(at, now) / _DAY
    if check.max_age_days is not None and days > check.max_age_days:
        reason = f"{what} is {days:,.1f} days old, and may be {check.max_age_days:g}"
        return found(check, "fail", "stale", reason=reason, fix=never.fix)
    return found(check, "pass", "ok", reason=f"{what} passed {days:,.1f} days ago")


NOT_KNOWN = Problem(
    code="no-facts",
    reason="what the ledger knows of the version was not handed in",
    fix="judge the gate in the registry that holds the label: `cairn gate check VERSION`",
)


def _seconds(since: Time, until: Time) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
