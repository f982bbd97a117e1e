"""Check `rate_limit`: a label does not move so often that nobody can look after it."""

from msgspec.structs import replace

from cairn.core.check import RateLimit
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN, hours_between
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.without import found, missing
from cairn.stats.checks.words import count


def judge_rate_limit(check: RateLimit, evidence: Evidence) -> Finding:
    """Pass if fewer than `max` promotions were made within the last hours."""
    facts = evidence.facts
    if facts is None:
        return missing(check, NOT_KNOWN)
    ages = [hours_between(at, facts.now) for at in facts.promotions]
    recent = sorted(age for age in ages if age < check.within_hours)
    says = f"{count(len(recent), 'promotion')} within the last {check.within_hours:g} hours"
    if len(recent) < check.max:
        finding = found(check, "pass", "ok", reason=f"{says}, fewer than {check.max}")
    else:
        wait = check.within_hours - recent[check.max - 1]
        fix = f"wait {wait:,.1f} hours, or override the gate as the policy lets you"
        reason = f"{says}, and there may be {check.max} with this one left out"
        finding = found(check, "fail", "too-often", reason=reason, fix=fix)
    return replace(finding, observed=float(len(recent)), threshold=float(check.max))
