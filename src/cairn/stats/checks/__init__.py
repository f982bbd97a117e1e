"""Checks: each turns stored evidence into a finding, and into nothing else.

Equal evidence gives an equal finding, to the last digit, wherever it is judged: a decision
can be made again from what it names.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cairn.core.check import (
    ArtifactSize,
    Calibration,
    Ceiling,
    Check,
    Complete,
    FairnessGap,
    Floor,
    LabelOrder,
    LatencyBudget,
    LatencyRatio,
    NonInferiority,
    NoSubgroupRegression,
    OwnCheck,
    RateLimit,
    Reproduced,
    RequiredArtifacts,
    RequiredMetadata,
    Robustness,
    RollbackDrill,
    SafetyScan,
    SoakTime,
    Superiority,
)
from cairn.core.gate import Finding, Policy
from cairn.stats.checks.alone import alone
from cairn.stats.checks.artifact_size import judge_artifact_size
from cairn.stats.checks.calibration import judge_calibration
from cairn.stats.checks.ceiling import judge_ceiling
from cairn.stats.checks.complete import judge_complete
from cairn.stats.checks.earlier import fairness_gap as first_fairness_gap
from cairn.stats.checks.earlier import latency as first_latency
from cairn.stats.checks.evidence import (
    Evidence,
    Facts,
    Problem,
    Tenure,
    no_evaluation,
    not_scored_alike,
    prepared,
    to_type,
    wrong_scorer,
    wrong_snapshot,
)
from cairn.stats.checks.fairness_gap import judge_fairness_gap
from cairn.stats.checks.floor import judge_floor
from cairn.stats.checks.label_order import judge_label_order
from cairn.stats.checks.latency import judge_latency
from cairn.stats.checks.latency_ratio import judge_latency_ratio
from cairn.stats.checks.legacy_findings import as_first
from cairn.stats.checks.non_inferiority import judge_non_inferiority
from cairn.stats.checks.own import judge_own
from cairn.stats.checks.rate_limit import judge_rate_limit
from cairn.stats.checks.reproduced import judge_reproduced
from cairn.stats.checks.required_artifacts import judge_required_artifacts
from cairn.stats.checks.required_metadata import judge_required_metadata
from cairn.stats.checks.robustness import judge_robustness
from cairn.stats.checks.rollback_drill import judge_rollback_drill
from cairn.stats.checks.safety_scan import judge_safety_scan
from cairn.stats.checks.settle import settle
from cairn.stats.checks.soak_time import judge_soak_time
from cairn.stats.checks.subgroup import judge_subgroups
from cairn.stats.checks.superiority import judge_superiority

__all__ = [
    "Evidence",
    "Facts",
    "Problem",
    "Tenure",
    "as_first",
    "judge",
    "judge_all",
    "no_evaluation",
    "not_scored_alike",
    "to_type",
    "wrong_scorer",
    "wrong_snapshot",
]


Judges = dict[type[Check], Callable[[Any, Evidence], Finding]]
_JUDGES: Judges = {
    ArtifactSize: judge_artifact_size,
    Calibration: judge_calibration,
    Ceiling: judge_ceiling,
    Complete: judge_complete,
    FairnessGap: judge_fairness_gap,
    Floor: judge_floor,
    LabelOrder: judge_label_order,
    LatencyBudget: judge_latency,
    LatencyRatio: judge_latency_ratio,
    NonInferiority: judge_non_inferiority,
    NoSubgroupRegression: judge_subgroups,
    OwnCheck: judge_own,
    RateLimit: judge_rate_limit,
    Reproduced: judge_reproduced,
    RequiredArtifacts: judge_required_artifacts,
    RequiredMetadata: judge_required_metadata,
    Robustness: judge_robustness,
    RollbackDrill: judge_rollback_drill,
    SafetyScan: judge_safety_scan,
    SoakTime: judge_soak_time,
    Superiority: judge_superiority,
}
_EARLIER: dict[int, Judges] = {
    1: {
        FairnessGap: first_fairness_gap.judge_fairness_gap,
        LatencyBudget: first_latency.judge_latency,
    },
}
"""Checks that an earlier version of the statistics judged otherwise."""


def judge(check: Check, evidence: Evidence) -> Finding:
    """Judge one check; its numbers are rounded so that every machine finds the same."""
    judges = _JUDGES | _EARLIER.get(evidence.statistics, {})
    return settle(alone(judges[type(check)](check, evidence), check, evidence))


def judge_all(policy: Policy, evidence: Evidence) -> tuple[Finding, ...]:
    """Judge every check of a policy, and completeness whether it is listed or not."""
    listed = any(isinstance(check, Complete) for check in policy.checks)
    checks = policy.checks if listed else (*policy.checks, Complete())
    ruled = prepared(replace(evidence, reuse=policy.reuse))
    return tuple(judge(check, ruled) for check in checks)
