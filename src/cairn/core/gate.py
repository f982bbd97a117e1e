"""Gates: a policy of checks that a version must pass before a label moves to it.

1. Every check is judged; each finding is pass, fail, inconclusive or not applicable.
2. Inconclusive is not a pass, and a gate in which nothing could be checked is inconclusive.
3. A decision names everything it was made of by digest; when one of those moved, it is void.
   A move of the label, a rollback or a bad mark voids it as well, and approvals with it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from cairn.core.approval import Approvals, Person, check_approvals
from cairn.core.card import card
from cairn.core.check import Check, CheckId, Floor, NoSubgroupRegression
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Conflict, Invalid
from cairn.core.evaluation import ResultInfo, Scorer
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.need import Grouped, Need, view_of
from cairn.core.request import Change, Record, Request
from cairn.core.version import Version

Outcome = Literal["pass", "fail", "inconclusive", "not-applicable"]
Verdict = Literal["pass", "fail", "inconclusive"]
Bootstrap = Literal["floors_only", "refuse"]
STATISTICS = 2
"""The version of the statistics that judges now; decisions are replayed by their own."""


class Reuse(Record, frozen=True):
    """How the error that a check is allowed is spent over looks at one evaluation set.

    `inverse_square` allows look k a share 6 / (pi^2 k^2) of it, for ever; `equal` the same
    share to each of `looks` looks, and nothing after them.
    """

    spending: Literal["inverse_square", "equal"] = "inverse_square"
    looks: Annotated[int, Meta(ge=1)] | None = None


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
    reuse: Reuse | None = None
    """Absent: every look has the whole error, as if it were the first."""
    approvals: Approvals | None = None
    override: tuple[Person, ...] = ()
    """Who may move the label against the gate in an emergency; nobody, unless named."""
    measurers: tuple[Person, ...] = ()
    """Whose evidence counts; anybody's, unless some are named."""
    authors: tuple[Person, ...] = ()
    """Who may make versions and ask; if any are named, others need one approval more."""
    reference: Digest | None = None
    """The version that checks of `reference: fixed` compare with, whatever is live."""


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
    by: str = ""
    """The grouping: a column, or columns joined by ` x `."""
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    discordant: int | None = None
    detectable: float | None = None


class Finding(Record, frozen=True):
    """What one check concluded: `reason` in words, the numbers beside it.

    `code` is stable for machines; `difference` is candidate minus live in units of the metric,
    `lower` and `upper` its bounds, `threshold` the margin, floor or budget that it is held
    against. `detectable` is the smallest difference that these rows would most likely have
    shown, `rows_needed` how many would have decided. `look` counts the looks at the evaluation
    set, this one included; `alpha` is the error that this look was allowed, `alpha_left` what
    remains for later ones. `approval` says what a person must accept before the finding
    counts as a pass; it is then inconclusive.
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
    method: str = ""
    p_adjusted: float | None = None
    flipped: tuple[str, ...] = ()
    """Ids of rows on which candidate and live version decide differently, clearest first."""
    rows_needed: int | None = None
    look: int | None = None
    alpha: float | None = None
    alpha_left: float | None = None
    approval: Text = ""
    units: int | None = None
    """How many units the rows belong to, if they come in units."""
    effective: float | None = None
    """How many units of equal weight they are worth, if they have weights or units."""


class Look(Record, frozen=True):
    """One look at an evaluation set: through which metric and grouping, at which evidence.

    `evidence` is the digest of the evaluations that were compared: judged again they are the
    same look. `number` counts the looks of this kind, this one included. Without a metric it
    is the look at the set as a whole. `seen` counts the other versions whose metrics on the
    set were there to be seen and were never judged: whoever chose among them looked as well.
    """

    number: Annotated[int, Meta(ge=0)]
    evidence: Digest
    metric: str = ""
    by: tuple[Grouped, ...] = ()
    seen: Annotated[int, Meta(ge=0)] = 0


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
    looks: tuple[Look, ...] = ()
    since: Annotated[int, Meta(ge=0)] | None = None
    """The ledger entry of the last move or mark before it; a later one voids it."""
    statistics: Annotated[int, Meta(ge=1)] = 1
    """The version of the statistics that judged it."""


class SetPolicy(Change["PolicyInfo"], frozen=True, tag="gate.set"):
    """Bind a stored policy to a label; from now on every move of the label is judged by it."""

    model: ModelName
    label: LabelName
    policy: Digest
    reason: Text = ""
    new_label: bool = False


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
    waiver: Text = ""


class FindUnmeasured(Request["Unmeasured"], frozen=True, tag="gate.unmeasured"):
    """Find what has to be measured before a candidate is judged.

    `key` is that of whoever would measure: where the policy names them among its measurers,
    only what they signed is there already. `scorer` is how the project scores, for a policy
    that does not say.
    """

    model: ModelName
    label: LabelName
    version: Digest
    key: str = ""
    scorer: Scorer | None = None


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


class Unmeasured(Record, frozen=True):
    """Whom a candidate is judged against, by which policy, and what is missing.

    `held` is the version that the label holds. Without a policy nothing is needed. What was
    found in the candidate's files (`Scanned`, `Tried`) is always listed: whoever measures
    compares it, and `results`, with the judges and programs of today.
    """

    held: Digest | None = None
    policy: PolicyInfo | None = None
    live: Version | None = None
    reference: Version | None = None
    needs: tuple[Need, ...] = ()
    results: tuple[ResultInfo, ...] = ()


class DecisionInfo(Record, frozen=True):
    """A decision, and who asked for it when."""

    digest: Digest
    decision: Decision
    decided_by: str
    decided_at: str

    def __repr__(self) -> str:
        """Say what was decided."""
        return f"<decision:{self.digest[7:19]} {explain(self.decision).splitlines()[0]}>"

    def _repr_html_(self) -> str:
        """Show each check and what was found."""
        found = [(one.check, f"{one.outcome}: {one.reason}") for one in self.decision.findings]
        return card(explain(self.decision).splitlines()[0], found)


def advised_as(made: Decision, again: Decision) -> Decision:
    """Give findings that are judged again the advice that was given when they were made.

    Advice is worded anew now and then; what was found stays what the evidence gives.
    """
    same = len(made.findings) == len(again.findings)
    pairs = zip(again.findings, made.findings, strict=True) if same else ()
    findings = tuple(replace(now, fix=then.fix) for now, then in pairs)
    return replace(again, findings=findings) if same else again


def check_policy(policy: Policy) -> None:
    """Raise `Invalid` for doubled ids and for a bootstrap rule that could never pass."""
    ids = [check.id for check in policy.checks]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise Invalid(f"check ids must differ: {', '.join(doubled)} comes twice")
    floors = any(isinstance(check, Floor) for check in policy.checks)
    if policy.bootstrap == "floors_only" and not floors:
        raise Invalid("bootstrap: floors_only needs at least one check of type floor")
    check_approvals(policy.approvals, policy.override, authors=policy.authors)
    sent = [c.id for c in policy.checks if getattr(c, "small_groups", "list") == "approve"]
    if sent and policy.approvals is None:
        raise Invalid(
            f"check {sent[0]!r}: small_groups: approve needs approvals, which say who may"
        )
    for check in policy.checks:
        if isinstance(check, NoSubgroupRegression) and check.burden == "prove":
            _require_margin(check)
        if getattr(check, "reference", "live") == "fixed" and policy.reference is None:
            raise Invalid(
                f"check {check.id!r}: reference: fixed needs a version to compare with: write "
                "`reference: MODEL:NUMBER` in the policy"
            )
    if policy.reuse and policy.reuse.spending == "equal" and policy.reuse.looks is None:
        raise Invalid(
            "reuse: spending equal needs `looks`, the number of looks to share among"
        )


def _require_margin(check: NoSubgroupRegression) -> None:
    if check.margin == 0:
        raise Invalid(
            f"check {check.id!r}: burden: prove needs a margin above 0, for no number of rows "
            "proves that there is no difference at all"
        )


def spends(check: Check) -> bool:
    """Whether a check spends the error of looks: one that only searches groups does not."""
    searches = isinstance(check, NoSubgroupRegression) and check.burden == "detect"
    return view_of(check) is not None and not searches


def to_accept(decision: Decision) -> tuple[Finding, ...] | None:
    """What people must accept before the label may move: often nothing; None if it may not."""
    open_points = [f for f in decision.findings if f.outcome in ("fail", "inconclusive")]
    passed = any(f.outcome == "pass" for f in decision.findings)
    if decision.verdict == "pass":
        return ()
    if not passed or not all(f.outcome == "inconclusive" and f.approval for f in open_points):
        return None
    return tuple(open_points)


def basis(decision: Decision) -> Digest:
    """The digest of all that a decision was made of, its conclusions left out.

    What people agreed to holds for as long as this stays the same.
    """
    return digest_of(replace(decision, findings=(), verdict="pass"))


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
        "the number of looks at it": made.looks != now.looks and bool(made.looks),
        "what the label held, or what is marked bad,": made.since != now.since,
        "how Cairn judges": made.statistics != now.statistics,
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
