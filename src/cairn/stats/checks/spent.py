"""The error that a check may spend at this look, and how a finding says so."""

from msgspec.structs import replace

from cairn.core.check import Check
from cairn.core.gate import Finding
from cairn.core.need import view_of
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.without import found
from cairn.stats.checks.words import count
from cairn.stats.spending import Allowance, allowance


def allowed(check: Check, evidence: Evidence) -> Allowance:
    """What the policy's rule allows this look; rounded, for 1 - 0.95 is not quite 0.05."""
    confidence: float = getattr(check, "confidence", 0.95)
    way = view_of(check)
    look = evidence.looks.get(way, 1) if way else 1
    return allowance(evidence.reuse, round(1 - confidence, 12), look, seen=evidence.seen)


def exhausted(check: Check, evidence: Evidence) -> Finding | None:
    """The finding of a look that comes after the last one that the policy allows."""
    share = allowed(check, evidence)
    if not share.exhausted:
        return None
    finding = found(
        check,
        "inconclusive",
        "looks-exhausted",
        reason=f"this is look {share.look} at the evaluation set, after the last one that "
        "the policy shares its error among",
        fix=_REFRESH,
    )
    return with_look(finding, check, evidence)


def with_look(finding: Finding, check: Check, evidence: Evidence) -> Finding:
    """Write look, error and what is left of it into a finding, if the policy has a rule."""
    if evidence.reuse is None:
        return finding
    share = allowed(check, evidence)
    finding = replace(
        finding, look=share.look, alpha=share.alpha, alpha_left=max(share.left, 0.0)
    )
    if share.exhausted:
        return finding
    if share.seen:
        finding = replace(finding, reason=f"{finding.reason}; {_chosen(share)}")
    if (share.look == 1 and not share.seen) or finding.outcome == "pass":
        return finding
    counted = f"; look {share.look} at this set, at an error of {share.alpha:.2g}"
    return replace(
        finding,
        reason=f"{finding.reason}{'' if share.seen else counted}",
        fix=f"{finding.fix}\n{_REFRESH}: a first look sees differences "
        f"{share.dearer:.2f} times smaller".lstrip("\n"),
    )


def _chosen(share: Allowance) -> str:
    others = count(share.seen, "other version")
    return (
        f"{others} seen on this set and never judged share{'s' * (share.seen == 1)} the error "
        f"of look {share.look}, which leaves {share.alpha:.2g}"
    )


_REFRESH = "take a fresh snapshot for the evaluation and set it in the policy"
