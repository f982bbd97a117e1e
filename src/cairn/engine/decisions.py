"""Decisions as the ledger has them: drafted, entered in the views, found again."""

from collections.abc import Sequence

from cairn.core.digest import canonical, digest_of
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.gate import Decision, DecisionInfo, GetDecision, ListDecisions
from cairn.core.ledger import Entry
from cairn.engine import ledger
from cairn.engine.context import Context, Draft

SHORTEST_DIGEST = 8


def draft(action: str, decision: Decision, *, number: int, reason: str = "") -> Draft:
    """Draft the entry of a decision that lets no label move."""
    digest = digest_of(decision)
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
        records=(decision,),
    )


def apply(context: Context, entry: Entry) -> None:
    """Write the views of a decision, whether it stood alone or let a label move."""
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
    for look in decision.looks:
        context.tx.run(
            "look_add",
            seq=entry.seq,
            snapshot=decision.snapshot,
            metric=look.metric,
            grouping=canonical(look.by).decode(),
            evidence=look.evidence,
            number=look.number,
        )


def answer(context: Context, entry: Entry) -> DecisionInfo:
    """Answer whoever had the gate checked."""
    return read(context, entry)


def get(context: Context, asked: GetDecision) -> DecisionInfo:
    """Answer `GetDecision`."""
    return read(context, find(context, asked.reference))


def every(context: Context, asked: ListDecisions) -> tuple[DecisionInfo, ...]:
    """Answer `ListDecisions`."""
    rows = context.tx.all("decision_list", model=asked.model, label=asked.label)
    return tuple(read(context, ledger.read(context.tx, row[0])) for row in rows)


def read(context: Context, entry: Entry) -> DecisionInfo:
    """Read the decision that an entry names."""
    digest = entry.after["decision"]
    return DecisionInfo(
        digest=digest,
        decision=context.objects.get_record(digest, Decision),
        decided_by=entry.actor.id,
        decided_at=entry.time,
    )


def find(context: Context, reference: str) -> Entry:
    """Find the newest entry of a decision by its digest, or the beginning of it."""
    rows = context.tx.all("decision_by_digest", pattern=pattern(reference, "decision"))
    entries = [ledger.read(context.tx, row[0]) for row in rows]
    return _only(entries, reference)


def pattern(reference: str, noun: str) -> str:
    """Turn the beginning of a digest into a pattern; raises `Invalid` for anything else."""
    digits = reference.removeprefix("sha256:")
    if not all(char in "0123456789abcdef" for char in digits) or len(digits) < SHORTEST_DIGEST:
        raise Invalid(f"{reference!r} names no {noun}: give {SHORTEST_DIGEST} digits or more")
    return f"sha256:{digits}%"


def _only(entries: Sequence[Entry], reference: str) -> Entry:
    if not entries:
        raise NotFound(
            f"there is no decision {reference}; `cairn gate history MODEL@LABEL` lists them"
        )
    if len({entry.after["decision"] for entry in entries}) > 1:
        raise Conflict(f"{reference} begins more than one decision's digest; give more digits")
    return entries[0]
