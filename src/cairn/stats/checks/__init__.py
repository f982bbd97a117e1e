"""Checks: each turns stored evidence into a finding, and into nothing else.

Equal evidence gives an equal finding, to the last digit, wherever it is judged: a decision
can be made again from what it names.
"""

from cairn.core.check import (
    Check,
    Complete,
    Floor,
    LatencyBudget,
    NonInferiority,
    NoSubgroupRegression,
    RequiredArtifacts,
    Superiority,
)
from cairn.core.gate import Finding, Policy
from cairn.stats.checks.complete import judge_complete
from cairn.stats.checks.evidence import (
    Evidence,
    Problem,
    no_evaluation,
    not_scored_alike,
    wrong_scorer,
    wrong_snapshot,
)
from cairn.stats.checks.floor import judge_floor
from cairn.stats.checks.latency import judge_latency
from cairn.stats.checks.non_inferiority import judge_non_inferiority
from cairn.stats.checks.required_artifacts import judge_required_artifacts
from cairn.stats.checks.settle import settle
from cairn.stats.checks.subgroup import judge_subgroups
from cairn.stats.checks.superiority import judge_superiority
from cairn.stats.checks.without import missing

__all__ = [
    "Evidence",
    "Problem",
    "judge",
    "judge_all",
    "no_evaluation",
    "not_scored_alike",
    "wrong_scorer",
    "wrong_snapshot",
]


def judge(check: Check, evidence: Evidence) -> Finding:
    """Judge one check; its numbers are rounded so that every machine finds the same."""
    match check:
        case Superiority():
            finding = judge_superiority(check, evidence)
        case NonInferiority():
            finding = judge_non_inferiority(check, evidence)
        case Floor():
            finding = judge_floor(check, evidence)
        case NoSubgroupRegression():
            finding = judge_subgroups(check, evidence)
        case LatencyBudget():
            finding = judge_latency(check, evidence)
        case RequiredArtifacts():
            finding = judge_required_artifacts(check, evidence)
        case Complete():
            finding = judge_complete(check, evidence)
        case _:
            finding = missing(check, _UNKNOWN)
    return settle(finding)


_UNKNOWN = Problem(
    code="not-measurable", reason="nothing can judge this yet", fix="take it out of the policy"
)


def judge_all(policy: Policy, evidence: Evidence) -> tuple[Finding, ...]:
    """Judge every check of a policy, and completeness whether it is listed or not."""
    listed = any(isinstance(check, Complete) for check in policy.checks)
    checks = policy.checks if listed else (*policy.checks, Complete())
    return tuple(judge(check, evidence) for check in checks)
