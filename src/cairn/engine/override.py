"""Moves against the gate: who may make them, and who looked into them afterwards."""

from cairn.core import override as rules
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Corrupt, NotFound
from cairn.core.gate import Policy
from cairn.core.ledger import Actor, Entry, Signed
from cairn.core.name import Text
from cairn.core.override import ListOverrides, Override, OverrideInfo, Review, ReviewOverride
from cairn.engine import ledger, policies, signed
from cairn.engine.context import Context, Draft
from cairn.engine.label_moves import OVERRIDDEN
from cairn.sql.database import Row

REVIEWED = "approval.review"


def require(
    context: Context, policy: Policy, *, decision: Digest, given: Signed, reason: Text
) -> None:
    """Raise unless the policy lets whoever acts override it, and they signed for it."""
    signed.require(Override(decision=decision, reason=reason), given)
    rules.may_override(_who(context, given), policy.override)


def review(context: Context, asked: ReviewOverride) -> Draft:
    """Record that somebody looked into an override; once."""
    signed.require(Review(override=asked.override, reason=asked.reason), asked.signed)
    row = context.tx.one("override_by_seq", override=asked.override)
    if row is None:
        raise NotFound(
            f"ledger entry {asked.override} is not an override; `cairn gate review` lists them"
        )
    known = _info(context, row)
    if known.reviewed_by is not None:
        raise Conflict(f"{known.reviewed_by} reviewed this override: {known.review}")
    policy = policies.bound(context, known.model, known.label)
    rules.may_review(
        _who(context, asked.signed),
        policy.policy.approvals if policy else None,
        own=_mover(ledger.read(context.tx, known.entry)),
        now=context.now,
        ungated=known.decision is None,
    )
    return Draft(
        action=REVIEWED,
        subject=f"override:{asked.override}",
        after={
            "override": asked.override,
            "model": known.model,
            **signed.fields(asked.signed),
        },
        evidence=(known.decision,) if known.decision else (),
        reason=asked.reason,
    )


def apply_reviewed(context: Context, entry: Entry) -> None:
    """Write the view of a review."""
    context.tx.run("override_review", override=entry.after["override"], seq=entry.seq)


def answer_reviewed(context: Context, entry: Entry) -> OverrideInfo:
    """Answer whoever reviewed."""
    row = context.tx.one("override_by_seq", override=entry.after["override"])
    if row is None:
        raise NotFound(f"ledger entry {entry.after['override']} is not an override")
    return _info(context, row)


def every(context: Context, asked: ListOverrides) -> tuple[OverrideInfo, ...]:
    """Answer `ListOverrides`."""
    rows = context.tx.all("override_list", model=asked.model)
    return tuple(_info(context, row) for row in rows)


def _info(context: Context, row: Row) -> OverrideInfo:
    entry = ledger.read(context.tx, row.seq)
    if entry.action != OVERRIDDEN:
        raise Corrupt(f"ledger entry {row.seq} is not an override; run `cairn verify --all`")
    looked = ledger.read(context.tx, row.reviewed) if row.reviewed is not None else None
    if looked is not None:
        ledger.agree(looked, REVIEWED, override=row.seq)
    return OverrideInfo(
        entry=row.seq,
        model=entry.after["model"],
        label=entry.after["label"],
        number=entry.after["number"],
        decision=entry.after["decision"],
        moved_by=entry.actor.id,
        moved_at=entry.time,
        reason=entry.reason,
        reviewed_by=looked.actor.id if looked else None,
        reviewed_at=looked.time if looked else None,
        review=looked.reason if looked else "",
    )


def _mover(entry: Entry) -> Actor:
    """Say who made a move against a gate, and signed for it, or one without a gate."""
    return entry.actor if entry.after["decision"] is None else signed.signer(entry)


def _who(context: Context, given: Signed) -> Actor:
    return Actor(id=context.actor.id, assurance=context.actor.assurance, key=given.key)
