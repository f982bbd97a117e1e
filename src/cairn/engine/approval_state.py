"""How a request for approval stands: who agreed, who is still asked, and what comes then."""

from collections.abc import Iterable, Sequence

from cairn.core import approval as rules
from cairn.core import gate as gates
from cairn.core.approval import (
    ApprovalInfo,
    Approvals,
    State,
    Yes,
)
from cairn.core.errors import Pending
from cairn.core.gate import Decision, Finding
from cairn.core.ledger import Entry
from cairn.core.name import shown
from cairn.core.proposal import Erase, Proposal, SwapPolicy
from cairn.engine import (
    approval_case,
    erased,
    judge,
    label_moves,
    policies,
    version,
)
from cairn.engine.context import Context


def info(context: Context, case: approval_case.Case, entry: Entry) -> ApprovalInfo:
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
        return "done" if row is not None and row.deleted is not None else _unruled(case)
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


def pending(context: Context, case: approval_case.Case, entry: Entry) -> Pending:
    """Say that a change waits for people, which of them, and what to type then."""
    stands = info(context, case, entry)
    waits = f", so it waits for {stands.open}" if stands.have else ""
    accept: Sequence[Finding] = ()
    if case.kind == "promotion":
        decision = context.objects.get_record(case.subject, Decision)
        accept = gates.to_accept(decision) or ()
    noted = "".join(f"; they accept that {f.approval}" for f in accept)
    prefix = "decision" if case.kind == "promotion" else "proposal"
    digits = case.subject.removeprefix("sha256:")[:12]
    return Pending(
        f"{stands.about} waits for people: {stands.wants} must "
        f"agree, {stands.have} {'has' if stands.have == 1 else 'have'} so far{waits}{noted}",
        fix=f"one of them, before {stands.until[:16].replace('T', ' ')} UTC: "
        f"`cairn approve {prefix}:{digits} --reason WHY`\n"
        f"then go on: `{stands.then}`{_unsigned(case)}",
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


OVER = {
    "done": "came about already",
    "void": "cannot come about any more: the policy, the evidence, what the label holds or "
    "what is marked bad changed since; ask again",
    "expired": "expired; ask again",
}
