"""Check `soak_time`: a version has been in use elsewhere long enough to show its faults."""

from msgspec.structs import replace

from cairn.core.check import SoakTime
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN, hours_between
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.without import found, missing


def judge_soak_time(check: SoakTime, evidence: Evidence) -> Finding:
    """Pass if the version held the label for `min_hours`, all times together."""
    facts = evidence.facts
    if facts is None:
        return missing(check, NOT_KNOWN)
    held = [tenure for tenure in facts.tenures if tenure.label == check.label]
    hours = sum(hours_between(one.since, one.until or facts.now) for one in held)
    says = f"{evidence.version} has been {check.label} for {hours:,.1f} hours"
    if hours >= check.min_hours:
        finding = found(check, "pass", "ok", reason=f"{says}, at least {check.min_hours:g}")
    else:
        fix = f"wait {check.min_hours - hours:,.1f} hours more"
        if not held:
            fix = f"promote it there: `cairn promote {evidence.version} {check.label}`"
        reason = f"{says}, less than {check.min_hours:g}"
        finding = found(check, "fail", "not-soaked", reason=reason, fix=fix)
    return replace(finding, observed=hours, threshold=check.min_hours)
