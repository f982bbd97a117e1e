"""Gates: a policy of checks that a version must pass before a label moves to it.

1. Every check is judged; each finding is pass, fail, inconclusive or not applicable.
2. Inconclusive is not a pass, and a gate in which nothing could be checked is inconclusive.
3. A decision names everything it was made of by digest; when one of those moved, it is void.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Invalid
from cairn.core.name import LabelName, MetricName, ModelName, Text
from cairn.core.request import Change, Record, Request

CheckId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,49}$(?!\n)")]
Margin = Annotated[float, Meta(ge=0)]
Confidence = Annotated[float, Meta(gt=0.5, lt=1)]
Outcome = Literal["pass", "fail", "inconclusive", "not-applicable"]
Verdict = Literal["pass", "fail", "inconclusive"]


class Superiority(Record, frozen=True, tag="superiority"):
    """The metric is better than the live version's by more than `margin`, beyond chance."""

    id: CheckId
    metric: MetricName
    margin: Margin = 0.0
    confidence: Confidence = 0.95


class NonInferiority(Record, frozen=True, tag="non_inferiority"):
    """The metric is at most `margin` worse than the live version's, beyond chance."""

    id: CheckId
    metric: MetricName
    margin: Annotated[float, Meta(gt=0)]
    confidence: Confidence = 0.95


class Floor(Record, frozen=True, tag="floor"):
    """The metric's lower confidence bound reaches `value`."""

    id: CheckId
    metric: MetricName
    value: float
    confidence: Confidence = 0.95


class NoSubgroupRegression(Record, frozen=True, tag="no_subgroup_regression"):
    """No group is worse than with the live version by more than `margin` (Holm-corrected).

    Groups with fewer than `min_rows` rows are pooled as `other` and listed.
    """

    id: CheckId
    by: Annotated[tuple[str, ...], Meta(min_length=1, max_length=1)]
    metric: MetricName
    margin: Margin = 0.0
    min_rows: Annotated[int, Meta(ge=2)] = 200
    confidence: Confidence = 0.95


class LatencyBudget(Record, frozen=True, tag="latency"):
    """The upper confidence bound of a latency percentile stays within `max_ms`."""

    id: CheckId
    max_ms: Annotated[float, Meta(gt=0)]
    percentile: Annotated[float, Meta(gt=0, lt=100)] = 99.0
    confidence: Confidence = 0.95


class RequiredArtifacts(Record, frozen=True, tag="required_artifacts"):
    """The artifact tree holds a file for each of these patterns (`*.skops`, `schema.json`)."""

    id: CheckId
    files: Annotated[tuple[str, ...], Meta(min_length=1)]


class Complete(Record, frozen=True, tag="complete"):
    """The version has no gaps. Judged for every gated label, whether listed or not."""

    id: CheckId = "complete"


Check = (
    Superiority
    | NonInferiority
    | Floor
    | NoSubgroupRegression
    | LatencyBudget
    | RequiredArtifacts
    | Complete
)

Bootstrap = Literal["floors_only", "refuse"]


class Policy(Record, frozen=True, tag_field="cairn", tag="policy/1"):
    """What a label demands. `evaluation` and `scorer` are pinned by digest.

    `bootstrap` says what happens while nothing is live: `floors_only` judges all checks that
    need no live version, and wants at least one floor; `refuse` lets nothing through.
    """

    evaluation: Digest
    checks: Annotated[tuple[Check, ...], Meta(min_length=1)]
    scorer: Digest | None = None
    against: Annotated[str, Meta(pattern=r"^@[a-z][a-z0-9-]*$(?!\n)")] = "@production"
    bootstrap: Bootstrap = "refuse"


class GroupFinding(Record, frozen=True):
    """One subgroup's part of a finding; `pooled` lists the small groups inside `other`."""

    group: str
    rows: int
    observed: float | None = None
    baseline: float | None = None
    difference: float | None = None
    p_adjusted: float | None = None
    outcome: Outcome = "pass"
    reason: Text = ""
    pooled: tuple[str, ...] = ()


class Finding(Record, frozen=True):
    """What one check concluded: `reason` in words, the numbers beside it.

    `code` is stable for machines; `difference` is candidate minus live in units of the metric.
    """

    check: CheckId
    type: str
    outcome: Outcome
    code: str
    reason: Text
    fix: Text = ""
    metric: str | None = None
    observed: float | None = None
    baseline: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    threshold: float | None = None
    rows: int | None = None
    discordant: int | None = None
    detectable: float | None = None
    groups: tuple[GroupFinding, ...] = ()


class Decision(Record, frozen=True, tag_field="cairn", tag="decision/1"):
    """A judgement with everything it was made of; equal evidence gives equal bytes."""

    model: ModelName
    label: LabelName
    candidate: Digest
    policy: Digest
    snapshot: Digest
    verdict: Verdict
    findings: tuple[Finding, ...]
    live: Digest | None = None
    evidence: tuple[Digest, ...] = ()
    """Evaluations and latency measurements that were judged."""
    look: Annotated[int, Meta(ge=1)] = 1
    """How many decisions, this one included, were made on the evaluation snapshot."""
    waiver: Text = ""


class SetPolicy(Change["PolicyInfo"], frozen=True, tag="gate.set"):
    """Bind a stored policy to a label; from now on every move of the label is judged by it."""

    model: ModelName
    label: LabelName
    policy: Digest
    reason: Text = ""


class GetPolicy(Request["PolicyInfo"], frozen=True, tag="gate.policy"):
    """Read the policy bound to a label, `NotFound` if there is none."""

    model: ModelName
    label: LabelName


class ListPolicies(Request["tuple[PolicyInfo, ...]"], frozen=True, tag="gate.policies"):
    """Read every policy that a label had, newest first."""

    model: ModelName
    label: LabelName


class JudgeGate(Change["DecisionInfo"], frozen=True, tag="gate.judge"):
    """Judge stored evidence now and keep the decision; no label moves."""

    model: ModelName
    label: LabelName
    version: Digest


class GetDecision(Request["DecisionInfo"], frozen=True, tag="gate.decision"):
    """Read a decision by digest (eight characters or more of it)."""

    reference: Text


class ListDecisions(Request["tuple[DecisionInfo, ...]"], frozen=True, tag="gate.decisions"):
    """Read the decisions of a model's label, newest first."""

    model: ModelName
    label: LabelName


class ReplayDecision(Request["DecisionInfo"], frozen=True, tag="gate.replay"):
    """Judge the evidence of a decision again; `Corrupt` unless it gives the same bytes."""

    reference: Text


class PolicyInfo(Record, frozen=True):
    """A policy, the label it is bound to, and who bound it when."""

    digest: Digest
    model: ModelName
    label: LabelName
    policy: Policy
    set_by: str
    set_at: str
    reason: Text = ""


class DecisionInfo(Record, frozen=True):
    """A decision, and who asked for it when."""

    digest: Digest
    decision: Decision
    decided_by: str
    decided_at: str


def check_policy(policy: Policy) -> None:
    """Raise `Invalid` for doubled ids and for a bootstrap rule that could never pass."""
    ids = [check.id for check in policy.checks]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise Invalid(f"check ids must differ: {', '.join(doubled)} comes twice")
    floors = any(isinstance(check, Floor) for check in policy.checks)
    if policy.bootstrap == "floors_only" and not floors:
        raise Invalid("bootstrap: floors_only needs at least one check of type floor")


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Combine findings: all that apply must pass, and at least one must apply."""
    outcomes = {finding.outcome for finding in findings} - {"not-applicable"}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"


def still_holds(made: Decision, now: Decision) -> None:
    """Raise `Conflict` naming what moved since a decision was made."""
    moved = {
        "the policy": made.policy != now.policy,
        "the live version": made.live != now.live,
        "the candidate": (made.model, made.label, made.candidate)
        != (now.model, now.label, now.candidate),
        "the evaluation snapshot": made.snapshot != now.snapshot,
        "the evidence": made.evidence != now.evidence,
    }
    if changed := [name for name, differs in moved.items() if differs]:
        raise Conflict(
            f"the decision is out of date: {' and '.join(changed)} changed since; "
            "check the gate again"
        )


def explain(decision: Decision) -> str:
    """Say in plain words, one line a finding, what was judged and with what result."""
    head = {
        "pass": f"The candidate passes the gate of {decision.label}.",
        "fail": f"The candidate is refused by the gate of {decision.label}.",
        "inconclusive": f"The evidence does not decide: no pass to {decision.label}.",
    }[decision.verdict]
    marks = {"pass": "pass", "fail": "FAIL", "inconclusive": "????", "not-applicable": "n/a "}
    lines = [f"{marks[f.outcome]}  {f.check}: {f.reason}" for f in decision.findings]
    return "\n".join([head, *lines])
