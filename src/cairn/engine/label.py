"""Move labels; nothing else in Cairn does.

`move` and `rollback` draft the entries, `apply_moved` writes the one row that such an entry
stands for.
"""

from collections.abc import Mapping
from itertools import islice

from cairn.core import gate as gate_rules
from cairn.core import gated
from cairn.core import known_good as good_rules
from cairn.core import label as rules
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import CairnError, Invalid
from cairn.core.gate import Decision, Policy
from cairn.core.label import (
    Drill,
    DrillInfo,
    GetLabel,
    LabelHistory,
    ListDrills,
    ListLabels,
    Move,
    MoveLabel,
    RecordDrill,
    Rollback,
)
from cairn.core.ledger import Entry
from cairn.core.version import Version
from cairn.engine import (
    approval,
    decisions,
    gate,
    intact,
    judge,
    known_good,
    label_moves,
    ledger,
    marks,
    override,
    policies,
    signed,
    version,
)
from cairn.engine.context import Context, Draft
from cairn.engine.label_moves import MOVED, OVERRIDDEN, ROLLED_BACK

DRILLED = "label.drill"
KEPT = "kept"


def move(context: Context, asked: MoveLabel) -> Draft:
    """Judge the policy of the label, then point it at the version, or record the refusal."""
    label_moves.require_label(context, asked.model, asked.label, new=asked.new_label)
    candidate = version.by_digest(context, asked.model, asked.version)
    held = live(context, asked.model, asked.label)
    policy = policies.bound(context, asked.model, asked.label)

    rules.move(asked, candidate, held, gated=policy is not None)
    if asked.label != rules.ARCHIVED:
        intact.require(context.proofs, candidate.manifest)
    is_gated, rule = asked.label in context.gated, policy.policy if policy else None
    gated.ungated(asked, rule, is_gated=is_gated)
    if policy is None and asked.override is not None:
        raise Invalid(f"{asked.label} has no gate, so there is nothing to override")
    if policy is None:
        _demanded(context, asked, candidate, None)
        return _draft(OVERRIDDEN if is_gated else MOVED, asked, held, to=candidate)

    decision = judge.now(context, policy, candidate, waiver=asked.waiver)
    if asked.decision is not None:
        gate.require_unchanged(context, asked.decision, decision)
    digest = digest_of(decision)
    judged, number = (digest, decision), candidate.number
    if asked.override is not None:
        override.require(
            context,
            policy.policy,
            decision=digest,
            given=asked.override,
            reason=asked.reason,
        )
        _demanded(context, asked, candidate, rule)
        return _draft(OVERRIDDEN, asked, held, to=candidate, decision=judged)
    if gate_rules.to_accept(decision) is None:
        return decisions.draft(gate.REFUSED, decision, number=number, reason=asked.reason)
    waived = _demanded(context, asked, candidate, rule)
    marked = candidate.marked_bad is not None
    if marked:
        measured = marks.measured_since(context, candidate, decision.evidence)
        rules.clear(candidate, decision.snapshot, measured=measured)
    lacking = approval.for_promotion(
        context,
        policy.policy,
        decision,
        number=number,
        reason=asked.reason,
        people=marked or waived,
    )
    keeps = {"mark": KEPT} if marked and not is_gated else {}
    return lacking or _draft(MOVED, asked, held, to=candidate, decision=judged, also=keeps)


def _demanded(
    context: Context, asked: MoveLabel, candidate: Version, policy: Policy | None
) -> bool:
    """Hold a version against what a gated label demands; whether a waiver covers its files."""
    if asked.label not in context.gated:
        return False
    return gated.demand(asked, candidate, policy, trusted=context.trusted)


def weights_to_move(context: Context, asked: MoveLabel) -> Digest | None:
    """Name the weights that a move relies on."""
    archived = asked.label == rules.ARCHIVED
    return None if archived else intact.tree_of(context.objects, asked.version)


def rollback(context: Context, asked: Rollback) -> Draft:
    """Point the label at its last known-good version, or the chosen one; no gate, no copy."""
    label_moves.require_label(context, asked.model, asked.label)
    held = live(context, asked.model, asked.label)
    target = _chosen(context, asked, held) if asked.to else _known_good(context, asked, held)
    intact.require(context.proofs, target.manifest)

    return _draft(ROLLED_BACK, asked, held, to=target)


def weights_to_roll_back(context: Context, asked: Rollback) -> Digest | None:
    """Name the weights that a rollback relies on, as it would go now."""
    try:
        rollback(context, asked)
    except intact.Unproven as lacking:
        return lacking.tree
    except CairnError:
        pass  # the rollback itself says it
    return None


def _known_good(context: Context, asked: Rollback, held: Version | None) -> Version:
    ground = known_good.ground(context, asked.model, asked.label)
    good = known_good.of(context, asked.model, asked.label)
    return good_rules.rollback(
        asked,
        held,
        (version.by_digest(context, asked.model, digest) for digest in good),
        others=(
            (version.by_digest(context, asked.model, step.after), why)
            for step in known_good.targets(context, asked.model, asked.label)
            if (why := good_rules.doubt(step, ground)) is not None
        ),
        moves=label_moves.count(context, asked.model, asked.label),
    )


def _chosen(context: Context, asked: Rollback, held: Version | None) -> Version:
    chosen = version.by_digest(context, asked.model, str(asked.to))
    stand = known_good.targets(context, asked.model, asked.label)
    stands = any(step.after == chosen.digest for step in stand)
    return good_rules.roll_back_to(asked, held, chosen, stands=stands)


def apply_moved(context: Context, entry: Entry) -> None:
    """Write the row of a move, and what a move says about its version."""
    after = entry.after
    context.tx.run(
        "label_add_move",
        seq=entry.seq,
        model=after["model"],
        label=after["label"],
        version=after["number"],
    )
    if after["decision"] is not None:
        decisions.apply(context, entry)
    if entry.action == OVERRIDDEN:
        context.tx.run("override_add", seq=entry.seq, model=after["model"])
    elif after["decision"] is not None and after.get("mark") != KEPT:
        context.tx.run("version_mark", model=after["model"], number=after["number"], seq=None)
    if after["label"] in (rules.ARCHIVED, rules.WORKBENCH):
        context.tx.run(
            "version_archive",
            model=after["model"],
            number=after["number"],
            archived=int(after["label"] == rules.ARCHIVED),
        )


def answer_moved(_context: Context, entry: Entry) -> Move:
    """Answer whoever moved the label."""
    return label_moves.from_entry(entry)


def live(context: Context, model: str, label: str) -> Version | None:
    """Read the version that a label holds."""
    held = label_moves.current(context, model, label)
    return version.by_digest(context, model, held.after) if held else None


def get(context: Context, asked: GetLabel) -> Move | None:
    """Answer `GetLabel`: now, or as it was at an instant."""
    if asked.at is None:
        return label_moves.current(context, asked.model, asked.label)
    return label_moves.at(context, asked.model, asked.label, asked.at)


def every(context: Context, asked: ListLabels) -> tuple[Move, ...]:
    """Answer `ListLabels`."""
    return label_moves.last_of_each(context, asked.model)


def history(context: Context, asked: LabelHistory) -> tuple[Move, ...]:
    """Answer `LabelHistory`."""
    if asked.limit is None and asked.before is None:
        return label_moves.history(context, asked.model, asked.label)
    past = label_moves.backwards(context, asked.model, asked.label, before=asked.before)
    return tuple(islice(past, asked.limit))[::-1]


def record_drill(context: Context, asked: RecordDrill) -> Draft:
    """Record the stored proof of a rollback drill."""
    drill = context.objects.get_record(asked.drill, Drill)
    return Draft(
        action=DRILLED,
        subject=f"{drill.model}@{drill.label}",
        after={
            "model": drill.model,
            "label": drill.label,
            "digest": asked.drill,
            "passed": drill.passed,
        },
        evidence=(asked.drill,),
    )


def apply_drilled(context: Context, entry: Entry) -> None:
    """Write the view of a drill."""
    context.tx.run(
        "label_add_drill",
        seq=entry.seq,
        model=entry.after["model"],
        label=entry.after["label"],
        digest=entry.after["digest"],
    )


def answer_drilled(context: Context, entry: Entry) -> DrillInfo:
    """Answer whoever recorded the drill."""
    return _drill(context, entry)


def drills(context: Context, asked: ListDrills) -> tuple[DrillInfo, ...]:
    """Answer `ListDrills`."""
    rows = context.tx.all("label_drills", model=asked.model, label=asked.label)
    return tuple(_drill(context, ledger.read(context.tx, row[0])) for row in rows)


def _drill(context: Context, entry: Entry) -> DrillInfo:
    digest = entry.after["digest"]
    return DrillInfo(
        digest=digest,
        drill=context.objects.get_record(digest, Drill),
        run_by=entry.actor.id,
        run_at=entry.time,
    )


def _draft(
    action: str,
    asked: MoveLabel | Rollback,
    held: Version | None,
    *,
    to: Version,
    decision: tuple[Digest, Decision] | None = None,
    also: Mapping[str, str] | None = None,
) -> Draft:
    digest, judged = decision or (None, None)
    return Draft(
        action=action,
        subject=f"{asked.model}@{asked.label}",
        before={"digest": held.digest, "number": held.number} if held else {},
        after={
            "model": asked.model,
            "label": asked.label,
            "digest": to.digest,
            "number": to.number,
            "decision": digest,
            "waiver": asked.waiver if isinstance(asked, MoveLabel) else "",
            **signed.fields(asked.override if isinstance(asked, MoveLabel) else None),
            **(also or {}),
            **({"chosen": True} if isinstance(asked, Rollback) and asked.to else {}),
        },
        evidence=(digest, *judged.evidence) if digest and judged else (),
        reason=asked.reason,
        records=(judged,) if judged else (),
    )
