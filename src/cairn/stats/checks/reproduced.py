"""Check `reproduced`: somebody trained the version again, and it came out the same."""

from cairn.core.check import Reproduced
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN, judge_age
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import missing


def judge_reproduced(check: Reproduced, evidence: Evidence) -> Finding:
    """Pass if the version was made again, not longer ago than asked."""
    if evidence.facts is None:
        return missing(check, NOT_KNOWN)
    version = evidence.version
    never = Problem(
        code="no-reproduction",
        reason=f"nobody has reproduced {version} yet",
        fix=f"train it again under `cairn run`: `cairn why {version}` names the commit and "
        "the command",
    )
    what = f"the reproduction of {version}"
    facts = evidence.facts
    return judge_age(check, facts.reproduced_at, facts.now, what=what, never=never)
