"""Ask people, record who agreed, and say how that stands."""

from cairn.core import approval as rules
from cairn.core import gate as gates
from cairn.core.approval import (
    Approval,
    ApprovalInfo,
    Approve,
    Covered,
    GetApproval,
    ListApprovals,
)
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Conflict, NotFound
from cairn.core.gate import Decision, Policy
from cairn.core.ledger import Actor, Entry
from cairn.core.name import Text
from cairn.core.proposal import DropVersion, Erase, Proposal, SwapPolicy
from cairn.engine import (
    approval_case,
    approval_state,
    decisions,
    policies,
    signed,
)
from cairn.engine.approval_case import ASKED, GIVEN
from cairn.engine.context import Context, Draft


def for_promotion(
    context: Context,
    policy: Policy,
    decision: Decision,
    *,
    number: int,
    reason: Text,
    people: bool,
) -> Draft | None:
    """Ask for whatever approval a promotion lacks; None if it lacks none.

    With `people`, those whom the policy has are asked whatever they cover: about a version
    that is marked bad, or a waiver. Raises `Pending` if it was asked for already.
    """
    rule, accept = policy.approvals, gates.to_accept(decision)
    if rule is None or not (accept or people or "promotion" in rule.covers):
        return None
    asked = decisions.draft(ASKED, decision, number=number, reason=reason)
    return _lacking(
        context,
        asked,
        kind="promotion",
        subject=digest_of(decision),
        basis=gates.basis(decision),
    )


def for_policy(
    context: Context, swap: SwapPolicy, *, model: str, reason: Text
) -> Draft | None:
    """Ask for whatever approval a change of policy lacks; None if it lacks none."""
    current = context.objects.get_record(swap.replaces, Policy).approvals
    if current is None or "policy" not in current.covers:
        return None
    proposal = Proposal(model=model, change=swap)
    subject = digest_of(proposal)
    asked = Draft(
        action=ASKED,
        subject=f"{model}@{swap.label}",
        after={"model": model, "label": swap.label, "number": None},
        evidence=(subject, swap.policy, swap.replaces),
        reason=reason,
        records=(proposal,),
    )
    return _lacking(context, asked, kind="policy", subject=subject, basis=subject)


def for_deletion(
    context: Context, version: Digest, *, model: str, number: int, reason: Text
) -> Draft | None:
    """Ask for whatever approval a deletion lacks; None if it lacks none."""
    if not approval_case.ruling_for(context, "deletion", model, None):
        return None
    proposal = Proposal(model=model, change=DropVersion(version=version))
    subject = digest_of(proposal)
    asked = Draft(
        action=ASKED,
        subject=model,
        after={"model": model, "label": None, "number": number},
        evidence=(subject, version),
        reason=reason,
        records=(proposal,),
    )
    return _lacking(context, asked, kind="deletion", subject=subject, basis=subject)


def for_erasure(context: Context, wanted: Erase, *, reason: Text) -> Draft | None:
    """Ask for whatever approval an erasure lacks, a model at a time; None if it lacks none."""
    for model in _covering(context):
        proposal = Proposal(model=model, change=wanted)
        subject = digest_of(proposal)
        asked = Draft(
            action=ASKED,
            subject=model,
            after={"model": model, "label": None, "number": None},
            evidence=(subject,),
            reason=reason,
            records=(proposal,),
        )
        if waiting := _lacking(context, asked, kind="erasure", subject=subject, basis=subject):
            return waiting
    return None


def of_erasure(context: Context, wanted: Erase) -> tuple[Text, ...]:
    """Name whoever agreed to an erasure, by name and key."""
    found: list[Text] = []
    for model in _covering(context):
        for entry in approval_case.requests(
            context, digest_of(Proposal(model=model, change=wanted))
        )[-1:]:
            case = approval_case.of(context, entry)
            found += [
                g.name
                for rule in case.rules
                for g in approval_case.counted(context, case, rule)
            ]
    return tuple(dict.fromkeys(found))


def _covering(context: Context) -> list[str]:
    """Name the models with a policy that covers erasures."""
    models = policies.models(context)
    return [
        model for model in models if approval_case.ruling_for(context, "erasure", model, None)
    ]


def apply_asked(context: Context, entry: Entry) -> None:
    """Write the views of a request, and of the decision that it is about."""
    after = entry.after
    context.tx.run(
        "approval_ask",
        seq=entry.seq,
        subject=after["subject"],
        basis=approval_case.basis_of(context, after["kind"], after["subject"]),
        model=after["model"],
    )
    if after["kind"] == "promotion":
        decisions.apply(context, entry)


def answer_asked(context: Context, entry: Entry) -> None:
    """Raise what whoever asked has to wait for."""
    raise approval_state.pending(context, approval_case.of(context, entry), entry)


def give(context: Context, asked: Approve) -> Draft | ApprovalInfo:
    """Record that a person agrees; the same person's second time is nothing new."""
    signed.require(Approval(subject=asked.subject, reason=asked.reason), asked.signed)
    entry = approval_case.request(context, asked.subject)
    case = approval_case.of(context, entry)
    info = approval_state.info(context, case, entry)
    if info.state in ("done", "void", "expired"):
        raise Conflict(f"{info.about} {approval_state.OVER[info.state]}")
    who = Actor(id=context.actor.id, assurance=context.actor.assurance, key=asked.signed.key)
    for rule in case.rules:
        rules.may_approve(who, rule, own=case.own, now=context.now)
    if any(
        rules.same_person(who, one.who)
        for rule in case.rules
        for one in approval_case.counted(context, case, rule)
    ):
        return info
    return Draft(
        action=GIVEN,
        subject=f"approval:{asked.subject}",
        after={
            "subject": asked.subject,
            "model": case.model,
            **signed.fields(asked.signed),
        },
        evidence=(asked.subject,),
        reason=asked.reason,
    )


def apply_given(context: Context, entry: Entry) -> None:
    """Write the view of an approval."""
    row = context.tx.one("approval_by_subject", pattern=entry.after["subject"])
    if row is None:
        raise NotFound(f"nobody asked for {entry.after['subject'][:19]}")
    context.tx.run("approval_add", seq=entry.seq, basis=row.basis)


def answer_given(context: Context, entry: Entry) -> ApprovalInfo:
    """Answer whoever approved."""
    found = approval_case.request(context, entry.after["subject"])
    return approval_state.info(context, approval_case.of(context, found), found)


def get(context: Context, asked: GetApproval) -> ApprovalInfo:
    """Answer `GetApproval`."""
    entry = approval_case.request(context, asked.reference)
    return approval_state.info(context, approval_case.of(context, entry), entry)


def every(context: Context, asked: ListApprovals) -> tuple[ApprovalInfo, ...]:
    """Answer `ListApprovals`."""
    rows = context.tx.all("approval_asked", model=asked.model)
    entries = [approval_case.read(context, row[0]) for row in rows]
    found = [
        approval_state.info(context, approval_case.of(context, entry), entry)
        for entry in entries
    ]
    return tuple(i for i in found if asked.past or i.state in ("open", "granted"))


def agreed(context: Context) -> frozenset[tuple[str, Digest]]:
    """List the versions, with their models, that enough people let into production."""
    asked = every(context, ListApprovals(past=True))
    return frozenset(
        (info.model, context.objects.get_record(info.subject, Decision).candidate)
        for info in asked
        if info.kind == "promotion" and info.state in ("granted", "done")
    )


def _lacking(
    context: Context, asked: Draft, *, kind: Covered, subject: Digest, basis: Digest
) -> Draft | None:
    """Give the request if approvals are missing; raises `Pending` if it was made before."""
    earlier = approval_case.requests(context, basis)
    if earlier:
        case, newest = approval_case.of(context, earlier[-1]), earlier[-1]
        if approval_case.enough(context, case):
            return None
        if approval_state.info(context, case, newest).state == "open":
            raise approval_state.pending(context, case, newest)
    return Draft(
        action=asked.action,
        subject=asked.subject,
        after={**asked.after, "kind": kind, "subject": subject},
        evidence=asked.evidence,
        reason=asked.reason,
        records=asked.records,
    )
