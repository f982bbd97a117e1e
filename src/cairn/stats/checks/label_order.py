"""Check `label_order`: a version comes by way of dev and staging, never straight."""

from itertools import pairwise

from cairn.core.check import LabelOrder
from cairn.core.gate import Finding
from cairn.stats.checks.ages import NOT_KNOWN
from cairn.stats.checks.evidence import Evidence
from cairn.stats.checks.without import found, missing


def judge_label_order(check: LabelOrder, evidence: Evidence) -> Finding:
    """Pass if the version held each label, first ones first."""
    if evidence.facts is None:
        return missing(check, NOT_KNOWN)
    first: dict[str, str] = {}
    for tenure in sorted(evidence.facts.tenures, key=lambda one: one.since):
        first.setdefault(tenure.label, tenure.since)
    way = ", ".join(check.after)
    if skipped := [label for label in check.after if label not in first]:
        return found(
            check,
            "fail",
            "label-skipped",
            reason=f"{evidence.version} never was {', '.join(skipped)}; the way is {way}",
            fix=f"promote it there first: `cairn promote {evidence.version} {skipped[0]}`",
        )
    for before, after in pairwise(check.after):
        if first[before] > first[after]:
            reason = f"{evidence.version} was {after} before it was {before}; the way is {way}"
            fix = "register the version again and take it the way that the policy asks for"
            return found(check, "fail", "label-order", reason=reason, fix=fix)
    return found(check, "pass", "ok", reason=f"{evidence.version} came by way of {way}")
