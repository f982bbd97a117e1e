"""Check `complete`: the version has no gaps, or somebody accepted them by name."""

from cairn.core.check import Complete
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence


def judge_complete(check: Complete, evidence: Evidence) -> Finding:
    """Pass without gaps; with a waiver the finding still lists every gap that was accepted."""
    gaps = "; ".join(f"{gap.field}: {gap.reason}" for gap in evidence.gaps)
    if not evidence.gaps:
        outcome, code, reason = "pass", "ok", f"{evidence.version} has no gaps"
    elif evidence.waiver:
        outcome, code = "pass", "waived"
        reason = f"{evidence.version} has gaps, accepted because: {evidence.waiver} ({gaps})"
    else:
        outcome, code = "fail", "incomplete"
        reason = f"{evidence.version} is incomplete: {gaps}"
    return Finding(
        check=check.id,
        type="complete",
        outcome=outcome,
        code=code,
        reason=reason,
        fix=_fix(evidence) if outcome == "fail" else "",
    )


def _fix(evidence: Evidence) -> str:
    steps = [f"{gap.field}: {gap.fix}" for gap in evidence.gaps if gap.fix]
    waive = f"or accept the gaps: `cairn promote {evidence.where} --waiver REASON`"
    return "\n".join([*steps, waive])
