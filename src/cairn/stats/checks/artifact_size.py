"""Check `artifact_size`: the model's files are not larger than agreed."""

from msgspec.structs import replace

from cairn.core.check import ArtifactSize
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.without import found, missing

_MEGABYTE = 1_000_000


def judge_artifact_size(check: ArtifactSize, evidence: Evidence) -> Finding:
    """Pass if all files together keep `max_mb`; a version without files fails."""
    size = evidence.facts.size_bytes if evidence.facts else None
    if size is None:
        return missing(check, _unknown(evidence))
    megabytes = size / _MEGABYTE
    says = f"{evidence.version} has {megabytes:,.3g} MB"
    if megabytes <= check.max_mb:
        reason = f"{says}: within {check.max_mb:g} MB"
        finding = found(check, "pass", "within-size", reason=reason)
    else:
        reason = f"{says}: more than {check.max_mb:g} MB"
        finding = found(check, "fail", "too-large", reason=reason, fix=_SMALLER)
    return replace(finding, observed=megabytes, threshold=check.max_mb)


def _unknown(evidence: Evidence) -> Problem:
    return Problem(
        code="no-artifacts",
        reason=f"{evidence.version} has no files whose size could be judged",
        fix="register the version with its weights",
    )


_SMALLER = "make the model smaller, or raise max_mb in the policy"
