"""Check `safety_scan`: nothing in the model's files could run code."""

from cairn.core.check import SafetyScan
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import found, missing


def judge_safety_scan(check: SafetyScan, evidence: Evidence) -> Finding:
    """Pass for `safe` alone: what the scan does not know is not safe."""
    facts = evidence.facts
    if facts is None or facts.size_bytes is None:
        return missing(check, _NEVER)
    if facts.safety is None:
        return missing(check, _NOT_HERE)
    if facts.safety == "safe":
        return found(check, "pass", "ok", reason=f"the scan of {evidence.version} is clean")
    why = "; ".join(facts.safety_reasons) or "the scan does not know its format"
    return found(
        check,
        "fail",
        "unsafe" if facts.safety == "unsafe" else "safety-unknown",
        reason=f"the scan of {evidence.version} says {facts.safety}: {why}",
        fix="save the model in a safe format (skops, safetensors, ONNX) and register it again",
    )


_NOT_HERE = Problem(
    code="not-judged-here",
    reason="what another store says of the files counts for nothing, and this one has not "
    "judged them",
    fix="judge them here: `cairn gate check VERSION`",
)
_NEVER = Problem(
    code="no-scan",
    reason="there are no files that a scan could have looked at",
    fix="register the version with its weights",
)
