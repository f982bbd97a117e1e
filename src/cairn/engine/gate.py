"""Bind policies to labels, and judge versions by them on stored evidence only."""

from collections.abc import Iterator, Sequence

from cairn.core import gate as rules
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Conflict, Corrupt, Inconclusive, Invalid, NotFound, Refused
from cairn.core.gate import (
    Decision,
    DecisionInfo,
    Finding,
    GetDecision,
    GetPolicy,
    JudgeGate,
    ListDecisions,
    ListPolicies,
    Policy,
    PolicyInfo,
    ReplayDecision,
    SetPolicy,
)
from cairn.core.ledger import Entry
from cairn.core.name import shown
from cairn.core.version import Version
from cairn.engine import ledger, moves, snapshot, version
from cairn.engine.context import Context, Draft

BOUND, JUDGED, REFUSED = "gate.set", "gate.judge", "label.refuse"
SHORTEST_DIGEST = 8


def bind(context: Context, asked: SetPolicy) -> Draft | PolicyInfo:
    """Bind a policy to a label; binding the one that is bound changes nothing."""
    policy = context.objects.get_record(asked.policy, Policy)
    rules.check_policy(policy)
    snapshot.find(context, policy.evaluation)
    known = bound(context, asked.model, asked.label)
    if known is not None and known.digest == asked.policy:
        return known
    return Draft(
        action=BOUND,
        subject=f"{asked.model}@{asked.label}",
        before={"digest": known.digest} if known else {},
        after={"model": asked.model, "label": asked.label, "digest": asked.policy},
        evidence=(asked.policy,),
        reason=asked.reason,
    )


def apply_bound(context: Context, entry: Entry) -> None:
    """Write the view of a bound policy."""
    context.tx.run("policy_add", **entry.after, seq=entry.seq)


def answer_bound(context: Context, entry: Entry) -> PolicyInfo:
    """Answer whoever bound the policy."""
    return _policy(context, entry)


def bound(context: Context, model: str, label: str) -> PolicyInfo | None:
    """Read the policy that a label is judged by, if any."""
    rows = context.tx.all("policy_history", model=model, label=label)
    return _policy(context, ledger.read(context.tx, rows[0][0])) if rows else None


def policy(context: Context, asked: GetPolicy) -> PolicyInfo:
    """Answer `GetPolicy`."""
    found = bound(context, asked.model, asked.label)
    if found is None:
        name = f"{shown(asked.model)}@{asked.label}"
        raise NotFound(f"{name} has no policy; `cairn gate set {name} FILE` binds one")
    return found


def policies(context: Context, asked: ListPolicies) -> tuple[PolicyInfo, ...]:
    """Answer `ListPolicies`."""
    rows = context.tx.all("policy_history", model=asked.model, label=asked.label)
    return tuple(_policy(context, ledger.read(context.tx, row[0])) for row in rows)


def judge(
    context: Context, info: PolicyInfo, candidate: Version, *, waiver: str = ""
) -> Decision:
    """Judge a version now, against what is live now; nothing is written."""
    held = moves.current(context, info.model, info.policy.against.removeprefix("@"))
    looks = context.tx.one("decision_looks", snapshot=info.policy.evaluation) or (0,)
    return _judge(
        context,
        info,
        candidate,
        live=version.by_digest(context, info.model, held.after) if held else None,
        waiver=waiver,
        look=looks[0] + 1,
    )


def check(context: Context, asked: JudgeGate) -> Draft:
    """Judge, and keep the decision; no label moves."""
    info = policy(context, GetPolicy(model=asked.model, label=asked.label))
    candidate = version.by_digest(context, asked.model, asked.version)
    decision = judge(context, info, candidate)
    digest = context.objects.put_record(decision)
    return _decided(JUDGED, decision, digest, number=candidate.number)


def refusal(decision: Decision, digest: Digest, *, number: int, reason: str) -> Draft:
    """Draft the entry of a move that the gate did not let through."""
    return _decided(REFUSED, decision, digest, number=number, reason=reason)


def apply_decided(context: Context, entry: Entry) -> None:
    """Write the view of a decision, whether it stood alone or let a label move."""
    digest = entry.after["decision"]
    decision = context.objects.get_record(digest, Decision)
    context.tx.run(
        "decision_add",
        seq=entry.seq,
        digest=digest,
        model=decision.model,
        label=decision.label,
        candidate=decision.candidate,
        snapshot=decision.snapshot,
        verdict=decision.verdict,
    )


def answer_decided(context: Context, entry: Entry) -> DecisionInfo:
    """Answer whoever had the gate checked."""
    return _decision(context, entry)


def answer_refused(context: Context, entry: Entry) -> None:
    """Raise the refusal that the entry records, with its report."""
    decision = _decision(context, entry).decision
    model = shown(decision.model)
    shown_digest = entry.after["decision"][:19].removeprefix("sha256:")
    open_points = [f for f in decision.findings if f.outcome in ("fail", "inconclusive")]
    kind = Refused if decision.verdict == "fail" else Inconclusive
    raise kind(
        f"{model}:{entry.after['number']} was not promoted to {decision.label}: "
        + "; ".join(_by_reason(open_points)),
        report=rules.explain(decision),
        fix="\n".join(
            [
                *dict.fromkeys(f.fix for f in open_points if f.fix),
                f"read the decision: `cairn gate explain decision:{shown_digest}`",
            ]
        ),
    )


def _by_reason(findings: Sequence[Finding]) -> Iterator[str]:
    """Say each reason once, after the checks that it stopped: `better, floor: ...`."""
    for reason in dict.fromkeys(finding.reason for finding in findings):
        checks = ", ".join(f.check for f in findings if f.reason == reason)
        yield f"{checks}: {reason}"


def require_unchanged(context: Context, digest: Digest, now: Decision) -> None:
    """Raise `Conflict` if a decision made before no longer describes what is."""
    made = _decision(context, _entry(context, digest)).decision
    rules.still_holds(made, now)


def decision(context: Context, asked: GetDecision) -> DecisionInfo:
    """Answer `GetDecision`."""
    return _decision(context, _entry(context, asked.reference))


def decisions(context: Context, asked: ListDecisions) -> tuple[DecisionInfo, ...]:
    """Answer `ListDecisions`."""
    rows = context.tx.all("decision_list", model=asked.model, label=asked.label)
    return tuple(_decision(context, ledger.read(context.tx, row[0])) for row in rows)


def replay(context: Context, asked: ReplayDecision) -> DecisionInfo:
    """Judge again what a decision was made on; raises `Corrupt` if it comes out otherwise."""
    entry = _entry(context, asked.reference)
    info = _decision(context, entry)
    made = info.decision
    again = _judge(
        context,
        _bound_as(context, made),
        version.by_digest(context, made.model, made.candidate),
        live=version.by_digest(context, made.model, made.live) if made.live else None,
        waiver=made.waiver,
        look=made.look,
        before=entry.seq,
    )
    if digest_of(again) != info.digest:
        raise Corrupt(
            f"decision {info.digest[:19]} is not what its evidence gives: it says "
            f"{made.verdict}, the evidence says {again.verdict}"
        )
    return info


def _judge(
    context: Context,
    info: PolicyInfo,
    candidate: Version,
    *,
    live: Version | None,
    waiver: str,
    look: int,
    before: int | None = None,
) -> Decision:
    """Judge on the newest evidence, or on the newest before a ledger entry."""
    # NumPy loads slowly, and a rollback or a move without a policy has no use for it.
    from cairn.engine import evidence
    from cairn.stats.checks import judge_all

    found, used = evidence.gather(
        context, info.policy, candidate, live=live, waiver=waiver, before=before
    )
    findings = judge_all(info.policy, found)
    return Decision(
        model=info.model,
        label=info.label,
        candidate=candidate.digest,
        policy=info.digest,
        snapshot=info.policy.evaluation,
        verdict=rules.verdict(findings),
        findings=findings,
        live=live.digest if live else None,
        evidence=used,
        look=look,
        waiver=waiver,
    )


def _bound_as(context: Context, made: Decision) -> PolicyInfo:
    """Read the policy that a decision was made by."""
    for info in policies(context, ListPolicies(model=made.model, label=made.label)):
        if info.digest == made.policy:
            return info
    raise Corrupt(f"{made.label} of {made.model} was never bound to policy {made.policy[:19]}")


def _decided(
    action: str, decision: Decision, digest: Digest, *, number: int, reason: str = ""
) -> Draft:
    return Draft(
        action=action,
        subject=f"{decision.model}@{decision.label}",
        after={
            "model": decision.model,
            "label": decision.label,
            "digest": decision.candidate,
            "number": number,
            "decision": digest,
            "verdict": decision.verdict,
        },
        evidence=(digest, *decision.evidence),
        reason=reason,
    )


def _policy(context: Context, entry: Entry) -> PolicyInfo:
    ledger.agree(entry, BOUND)
    digest = entry.after["digest"]
    return PolicyInfo(
        digest=digest,
        model=entry.after["model"],
        label=entry.after["label"],
        policy=context.objects.get_record(digest, Policy),
        set_by=entry.actor.id,
        set_at=entry.time,
        reason=entry.reason,
    )


def _decision(context: Context, entry: Entry) -> DecisionInfo:
    digest = entry.after["decision"]
    return DecisionInfo(
        digest=digest,
        decision=context.objects.get_record(digest, Decision),
        decided_by=entry.actor.id,
        decided_at=entry.time,
    )


def _entry(context: Context, reference: str) -> Entry:
    digits = reference.removeprefix("sha256:")
    if not all(char in "0123456789abcdef" for char in digits) or len(digits) < SHORTEST_DIGEST:
        raise Invalid(
            f"{reference!r} names no decision: give {SHORTEST_DIGEST} digits or more"
        )
    rows = context.tx.all("decision_by_digest", pattern=f"sha256:{digits}%")
    entries = [ledger.read(context.tx, row[0]) for row in rows]
    return _only(entries, reference)


def _only(entries: Sequence[Entry], reference: str) -> Entry:
    if not entries:
        raise NotFound(f"there is no decision {reference}; `cairn gate history` lists them")
    if len({entry.after["decision"] for entry in entries}) > 1:
        raise Conflict(f"{reference} begins more than one decision's digest; give more digits")
    return entries[-1]
