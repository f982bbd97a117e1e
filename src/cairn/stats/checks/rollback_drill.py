"""Check `rollback_drill`: going back was tried not long ago, and works."""

from cairn.core.check import RollbackDrill
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN, judge_age
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import missing


def judge_rollback_drill(check: RollbackDrill, evidence: Evidence) -> Finding:
    """Pass if the label's last drill that worked is not stale."""
    facts = evidence.facts
    if facts is None:
        return missing(check, NOT_KNOWN)
    model = evidence.version.rpartition(":")[0]
    never = Problem(
        code="no-drill",
        reason=f"no rollback of {model}@{facts.label} was ever drilled with success",
        fix=f"drill one now: `cairn rollback {model} {facts.label} --drill`",
    )
    what = "the rollback drill"
    return judge_age(check, facts.drilled_at, facts.now, what=what, never=never)
