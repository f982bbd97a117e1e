"""Ask people, record who agreed, and say how that stands."""

from collections.abc import Iterable, Sequence

from cairn.core import approval as rules
from cairn.core import gate as gates
from cairn.core.approval import (
    Approval,
    ApprovalInfo,
    Approvals,
    Approve,
    Covered,
    GetApproval,
    ListApprovals,
    State,
    Yes,
)
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Conflict, NotFound, Pending
from cairn.core.gate import Decision, Finding, Policy
from cairn.core.ledger import Actor, Entry
from cairn.core.name import Text, shown
from cairn.core.proposal import DropVersion, Erase, Proposal, SwapPolicy
from cairn.engine import (
    approval_case,
    decisions,
    erased,
    judge,
    label_moves,
    policies,
    signed,
    version,
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
    digest = context.objects.put_record(decision)
    asked = decisions.draft(ASKED, decision, digest, number=number, reason=reason)
    return _lacking(context, asked, kind="promotion", subject=digest)


def for_policy(
    context: Context, swap: SwapPolicy, *, model: str, reason: Text
) -> Draft | None:
    """Ask for whatever approval a change of policy lacks; None if it lacks none."""
    current = context.objects.get_record(swap.replaces, Policy).approvals
    if current is None or "policy" not in current.covers:
        return None
    subject = context.objects.put_record(Proposal(model=model, change=swap))
    asked = Draft(
        action=ASKED,
        subject=f"{model}@{swap.label}",
        after={"model": model, "label": swap.label, "number": None},
        evidence=(subject, swap.policy, swap.replaces),
        reason=reason,
    )
    return _lacking(context, asked, kind="policy", subject=subject)


def for_deletion(
    context: Context, version: Digest, *, model: str, number: int, reason: Text
) -> Draft | None:
    """Ask for whatever approval a deletion lacks; None if it lacks none."""
    if not approval_case.ruling_for(context, "deletion", model, None):
        return None
    subject = context.objects.put_record(
        Proposal(model=model, change=DropVersion(version=version))
    )
    asked = Draft(
        action=ASKED,
        subject=model,
        after={"model": model, "label": None, "number": number},
        evidence=(subject, version),
        reason=reason,
    )
    return _lacking(context, asked, kind="deletion", subject=subject)


def for_erasure(context: Context, wanted: Erase, *, reason: Text) -> Draft | None:
    """Ask for whatever approval an erasure lacks, a model at a time; None if it lacks none."""
    for model in _covering(context):
        subject = context.objects.put_record(Proposal(model=model, change=wanted))
        asked = Draft(
            action=ASKED,
            subject=model,
            after={"model": model, "label": None, "number": None},
            evidence=(subject,),
            reason=reason,
        )
        if waiting := _lacking(context, asked, kind="erasure", subject=subject):
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
    raise _pending(context, approval_case.of(context, entry), entry)


def give(context: Context, asked: Approve) -> Draft | ApprovalInfo:
    """Record that a person agrees; the same person's second time is nothing new."""
    signed.require(Approval(subject=asked.subject, reason=asked.reason), asked.signed)
    entry = approval_case.request(context, asked.subject)
    case = approval_case.of(context, entry)
    info = _info(context, case, entry)
    if info.state in ("done", "void", "expired"):
        raise Conflict(f"{info.about} {_OVER[info.state]}")
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
    context.tx.run("approval_add", seq=entry.seq, basis=row[1])


def answer_given(context: Context, entry: Entry) -> ApprovalInfo:
    """Answer whoever approved."""
    found = approval_case.request(context, entry.after["subject"])
    return _info(context, approval_case.of(context, found), found)


def get(context: Context, asked: GetApproval) -> ApprovalInfo:
    """Answer `GetApproval`."""
    entry = approval_case.request(context, asked.reference)
    return _info(context, approval_case.of(context, entry), entry)


def every(context: Context, asked: ListApprovals) -> tuple[ApprovalInfo, ...]:
    """Answer `ListApprovals`."""
    rows = context.tx.all("approval_asked", model=asked.model)
    entries = [approval_case.read(context, row[0]) for row in rows]
    found = [_info(context, approval_case.of(context, entry), entry) for entry in entries]
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
    context: Context, asked: Draft, *, kind: Covered, subject: Digest
) -> Draft | None:
    """Give the request if approvals are missing; raises `Pending` if it was made before."""
    basis = approval_case.basis_of(context, kind, subject)
    earlier = approval_case.requests(context, basis)
    if earlier:
        case, newest = approval_case.of(context, earlier[-1]), earlier[-1]
        if approval_case.enough(context, case):
            return None
        if _info(context, case, newest).state == "open":
            raise _pending(context, case, newest)
    return Draft(
        action=asked.action,
        subject=asked.subject,
        after={**asked.after, "kind": kind, "subject": subject},
        evidence=asked.evidence,
        reason=asked.reason,
    )


def _info(context: Context, case: approval_case.Case, entry: Entry) -> ApprovalInfo:
    """Say how a request stands now."""
    days = min((rule.expire_days for rule in case.rules), default=1.0)
    counting = [
        one for rule in case.rules for one in approval_case.counted(context, case, rule)
    ]
    still = [
        left
        for rule in case.rules
        if (
            left := rules.still(
                rule, approval_case.counted(context, case, rule), at=context.now
            )
        )
    ]
    count = max((rules.needed(rule) for rule in case.rules), default=1)
    return ApprovalInfo(
        subject=case.subject,
        kind=case.kind,
        model=case.model,
        label=case.label,
        about=_about(context, case),
        asked_by=entry.actor.id,
        asked_at=entry.time,
        until=rules.expiry(entry.time, days),
        people=tuple(dict.fromkeys(p for rule in case.rules for p in rules.everybody(rule))),
        count=count,
        wants=_wants(case, case.rules),
        have=count - max((rules.needed(rule) for rule in still), default=0),
        open=_wants(case, still) if still else "",
        state=_state(context, case, entry),
        then=_then(case),
        given=tuple(
            Yes(
                who=one.who.id,
                key=one.who.key,
                at=one.at,
                until=rules.expiry(one.at, days),
                reason=one.reason,
                counts=one in counting,
            )
            for one in approval_case.given(context, case)
        ),
    )


def _wants(case: approval_case.Case, wanting: Iterable[Approvals]) -> str:
    """Say who must agree, and for whose sake one person more than the policy's number."""
    wanted = "; and ".join(dict.fromkeys(rules.wants(rule) for rule in wanting))
    if not case.unlisted:
        return wanted
    others = tuple(dict.fromkeys(map(rules.known_as, case.unlisted)))
    are = "is" if len(others) == 1 else "are"
    return f"{wanted} (one more, for {' and '.join(others)} {are} not among the authors)"


def _about(context: Context, case: approval_case.Case) -> str:
    """Say what people are asked about, and what is held against it."""
    if case.kind != "promotion" or case.number is None:
        return case.name
    bad = version.by_number(context, case.model, case.number).marked_bad
    return case.name if bad is None else f"{case.name} (marked bad: {bad})"


def _state(context: Context, case: approval_case.Case, entry: Entry) -> State:
    over = _over(context, case, entry)
    if over is not None:
        return over
    agreed = approval_case.enough(context, case)
    days = min(rule.expire_days for rule in case.rules)
    if not agreed and context.now >= rules.expiry(entry.time, days):
        return "expired"
    if case.kind == "promotion" and not _judged_alike(context, case):
        return "void"
    return "granted" if agreed else "open"


def _over(context: Context, case: approval_case.Case, entry: Entry) -> State | None:
    """Whether what was asked for came about, or can no longer come about."""
    if case.kind == "deletion":
        row = context.tx.one("version_by_number", model=case.model, number=case.number)
        return "done" if row is not None and row[8] is not None else _unruled(case)
    if case.kind == "erasure":
        asked = context.objects.get_record(case.subject, Proposal).change
        gone = erased.by_object(context.tx).keys()
        done = isinstance(asked, Erase) and gone >= set(asked.objects)
        return "done" if done else _unruled(case)
    label = str(case.label)
    policy = policies.bound(context, case.model, label)
    if case.kind == "policy":
        swap = context.objects.get_record(case.subject, Proposal).change
        now = policy.digest if policy else None
        if isinstance(swap, SwapPolicy) and now != swap.replaces:
            return "done" if now == swap.policy else "void"
        return _unruled(case)
    moved = label_moves.next_after(context, case.model, label, after=entry.seq)
    if moved is not None:  # by what was asked for, or else it is void
        made_of = moved.decision
        alike = made_of and approval_case.basis_of(context, case.kind, made_of) == case.basis
        return "done" if alike else "void"
    return _unruled(case)


def _judged_alike(context: Context, case: approval_case.Case) -> bool:
    """Whether a promotion would be judged on the same basis now."""
    made = context.objects.get_record(case.subject, Decision)
    policy = policies.bound(context, made.model, made.label)
    candidate = version.by_digest(context, made.model, made.candidate)
    if policy is None or policy.digest != made.policy or candidate.deleted is not None:
        return False
    return gates.basis(judge.now(context, policy, candidate, waiver=made.waiver)) == case.basis


def _unruled(case: approval_case.Case) -> State | None:
    return None if case.rules else "void"


def _pending(context: Context, case: approval_case.Case, entry: Entry) -> Pending:
    info = _info(context, case, entry)
    waits = f", so it waits for {info.open}" if info.have else ""
    accept: Sequence[Finding] = ()
    if case.kind == "promotion":
        decision = context.objects.get_record(case.subject, Decision)
        accept = gates.to_accept(decision) or ()
    noted = "".join(f"; they accept that {f.approval}" for f in accept)
    prefix = "decision" if case.kind == "promotion" else "proposal"
    digits = case.subject.removeprefix("sha256:")[:12]
    return Pending(
        f"{info.about} waits for people: {info.wants} must "
        f"agree, {info.have} {'has' if info.have == 1 else 'have'} so far{waits}{noted}",
        fix=f"one of them, before {info.until[:16].replace('T', ' ')} UTC: "
        f"`cairn approve {prefix}:{digits} --reason WHY`\n"
        f"then go on: `{info.then}`{_unsigned(case)}",
    )


def _unsigned(case: approval_case.Case) -> str:
    """Say what becomes of the one more for whom nobody's signature is there."""
    names = dict.fromkeys(who.id for who in case.unlisted if not who.key)
    if not names:
        return ""
    return (
        f"\nthe one more is for what {' and '.join(names)} made without a signature, as a "
        "Cairn before signed entries did: it stays wanted for this version; one that is "
        "trained and signed by one of the authors does without"
    )


def _then(case: approval_case.Case) -> str:
    model = shown(case.model)
    match case.kind:
        case "promotion":
            return f"cairn promote {model}:{case.number} {case.label}"
        case "policy":
            return f"cairn gate set {model}@{case.label} FILE"
        case "erasure" if case.of_secret:
            return "cairn forget-secret --erase --reason WHY"
        case "erasure":
            return "cairn erase --row COLUMN=VALUE --reason WHY"
        case _:
            return f"cairn delete {model}:{case.number} --reason WHY"


_OVER = {
    "done": "came about already",
    "void": "cannot come about any more: the policy, the evidence, what the label holds or "
    "what is marked bad changed since; ask again",
    "expired": "expired; ask again",
}
