"""Bind policies to labels, and judge versions by them on stored evidence only."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from cairn.core import gate as rules
from cairn.core.again import first_difference
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Corrupt, Erased, Inconclusive, NotFound, Refused, Unavailable
from cairn.core.gate import (
    Decision,
    DecisionInfo,
    Finding,
    GetPolicy,
    JudgeGate,
    ListPolicies,
    Policy,
    PolicyInfo,
    ReplayDecision,
    SetPolicy,
)
from cairn.core.ledger import Entry
from cairn.core.name import shown
from cairn.core.proposal import SwapPolicy
from cairn.engine import approval, decisions, judge, label_moves, policies, snapshot, version
from cairn.engine.context import Context, Draft

JUDGED, REFUSED = "gate.judge", "label.refuse"


def bind(context: Context, asked: SetPolicy) -> Draft | PolicyInfo:
    """Bind a policy to a label, if the one that is bound lets it; the same changes nothing."""
    label_moves.require_label(context, asked.model, asked.label, new=asked.new_label)
    policy = context.objects.get_record(asked.policy, Policy)
    rules.check_policy(policy)
    snapshot.find(context, policy.evaluation)
    if policy.reference is not None:
        version.by_digest(context, asked.model, policy.reference)
    known = policies.bound(context, asked.model, asked.label)
    if known is not None and known.digest == asked.policy:
        return known
    if known is not None:
        swap = SwapPolicy(label=asked.label, policy=asked.policy, replaces=known.digest)
        lacking = approval.for_policy(context, swap, model=asked.model, reason=asked.reason)
        if lacking is not None:
            return lacking
    return Draft(
        action=policies.BOUND,
        subject=f"{asked.model}@{asked.label}",
        before={"digest": known.digest} if known else {},
        after={"model": asked.model, "label": asked.label, "digest": asked.policy},
        evidence=(asked.policy,),
        reason=asked.reason,
    )


def policy(context: Context, asked: GetPolicy) -> PolicyInfo:
    """Answer `GetPolicy`."""
    found = policies.bound(context, asked.model, asked.label)
    if found is None:
        name = f"{shown(asked.model)}@{asked.label}"
        raise NotFound(f"{name} has no policy; `cairn gate set {name} FILE` binds one")
    return found


def every_policy(context: Context, asked: ListPolicies) -> tuple[PolicyInfo, ...]:
    """Answer `ListPolicies`."""
    return policies.history(context, asked.model, asked.label)


def check(context: Context, asked: JudgeGate) -> Draft:
    """Judge, and keep the decision; no label moves."""
    info = policy(context, GetPolicy(model=asked.model, label=asked.label))
    candidate = version.by_digest(context, asked.model, asked.version)
    decision = judge.now(context, info, candidate, waiver=asked.waiver)
    return decisions.draft(JUDGED, decision, number=candidate.number)


def answer_refused(context: Context, entry: Entry) -> None:
    """Raise the refusal that the entry records, with its report."""
    decision = decisions.read(context, entry).decision
    model = shown(decision.model)
    shown_digest = entry.after["decision"][:19].removeprefix("sha256:")
    open_points = [f for f in decision.findings if f.outcome in ("fail", "inconclusive")]
    kind = Refused if decision.verdict == "fail" else Inconclusive
    raise kind(
        f"{model}:{entry.after['number']} was not promoted to {decision.label}: "
        + "; ".join(_by_reason(open_points)),
        report="\n".join([rules.explain(decision), *_marked(context, entry)]),
        fix="\n".join(
            [
                *dict.fromkeys(line for f in open_points for line in f.fix.splitlines()),
                f"read the decision: `cairn gate explain decision:{shown_digest}`",
            ]
        ),
    )


def _marked(context: Context, entry: Entry) -> Iterator[str]:
    """Say what is held against the version that an entry refused."""
    found = version.by_number(context, entry.after["model"], entry.after["number"])
    if found.marked_bad is not None:
        yield f"{found.name} is marked bad: {found.marked_bad}"


def _by_reason(findings: Sequence[Finding]) -> Iterator[str]:
    """Say each reason once, after the checks that it stopped: `better, floor: ...`."""
    for reason in dict.fromkeys(finding.reason for finding in findings):
        checks = ", ".join(f.check for f in findings if f.reason == reason)
        yield f"{checks}: {reason}"


def require_unchanged(context: Context, digest: Digest, now: Decision) -> None:
    """Raise `Conflict` if a decision made before no longer describes what is."""
    made = decisions.read(context, decisions.find(context, digest)).decision
    rules.still_holds(made, now)


def replay(context: Context, asked: ReplayDecision) -> DecisionInfo:
    """Judge again what a decision was made on; `Corrupt` names the first difference.

    Raises `Inconclusive` where predictions were erased, with who did and why.
    """
    entry = decisions.find(context, asked.reference)
    info = decisions.read(context, entry)
    made = info.decision
    if made.statistics > rules.STATISTICS:
        raise Unavailable(
            f"decision {info.digest[:19]} was judged by version {made.statistics} of the "
            f"statistics, and this release has {rules.STATISTICS}: install a newer one"
        )
    try:
        again = _judged_then(context, made, entry)
    except Erased as error:
        digits = info.digest.removeprefix("sha256:")[:12]
        raise Inconclusive(
            f"decision {digits} cannot be judged again: {error}",
            fix=f"the ledger has what was said then: `cairn gate explain decision:{digits}`",
        ) from error
    if not made.looks:  # the first release, which did not count them by metric
        from cairn.stats.checks import as_first

        again = replace(again, look=made.look, looks=(), findings=as_first(again.findings))
    if made.since is None:  # decisions of earlier releases did not say
        again = replace(again, since=None)
    again = rules.advised_as(made, again)
    if digest_of(again) != info.digest:
        raise Corrupt(
            f"decision {info.digest[:19]} is not what its evidence gives: "
            f"{first_difference(made, again)}"
        )
    return info


def _judged_then(context: Context, made: Decision, entry: Entry) -> Decision:
    """Judge what a decision was made on, as it was when the entry was written."""
    return judge.then(
        context,
        _bound_as(context, made),
        version.by_digest(context, made.model, made.candidate),
        live=version.by_digest(context, made.model, made.live) if made.live else None,
        waiver=made.waiver,
        now=entry.time,
        before=entry.seq,
        statistics=made.statistics,
    )


def _bound_as(context: Context, made: Decision) -> PolicyInfo:
    """Read the policy that a decision was made by."""
    for info in policies.history(context, made.model, made.label):
        if info.digest == made.policy:
            return info
    raise Corrupt(f"{made.label} of {made.model} was never bound to policy {made.policy[:19]}")
