"""Check `required_metadata`: the manifest says what the policy wants to know."""

from cairn.core.check import RequiredMetadata
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.without import found, missing


def judge_required_metadata(check: RequiredMetadata, evidence: Evidence) -> Finding:
    """Pass if every field has a value in the version's manifest; empty text is none."""
    if evidence.facts is None:
        return missing(check, NOT_KNOWN)
    known = evidence.facts.fields
    lacking = [name for name in check.fields if known.get(name) in (None, "")]
    if not lacking:
        reason = f"{evidence.version} says {', '.join(check.fields)}"
        return found(check, "pass", "ok", reason=reason)
    return found(
        check,
        "fail",
        "missing-metadata",
        reason=f"{evidence.version} does not say {', '.join(lacking)}",
        fix=f"register the version again with `--field {lacking[0]}=VALUE`",
    )
