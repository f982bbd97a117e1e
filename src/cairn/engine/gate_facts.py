"""What the ledger knows when a gate is judged: where versions were, for how long, how often.

Nothing is read that the policy does not ask for, and nothing after a ledger entry, if one is
given: a decision that is judged again finds the facts of its time.
"""

from collections.abc import Iterator

from cairn.core.approval import expiry
from cairn.core.gate import Policy, PolicyInfo
from cairn.core.label import Drill
from cairn.core.ledger import Time
from cairn.core.need import Recorded, needs
from cairn.core.run import Scalar
from cairn.core.verdict import Safety
from cairn.core.version import Manifest, Version
from cairn.engine import label_moves, ledger, verdict, version
from cairn.engine.context import Context
from cairn.objects.folders.stored_tree import tree_entries
from cairn.stats.checks.evidence import Facts, Tenure

DAY_HOURS = 24.0
FARTHEST = 200
_SEEDS = ("seed", "random_state")


def gather(
    context: Context, info: PolicyInfo, candidate: Version, *, now: Time, before: int | None
) -> Facts:
    """Read what the checks of a policy ask for, as it is now or was before a ledger entry."""
    asked = {need.what for need in needs(info.policy) if isinstance(need, Recorded)}
    artifacts = candidate.manifest.artifacts
    entries = tree_entries(context.objects, artifacts.tree) if artifacts else ()
    safety, reasons = _judged(context, candidate, before=before)
    drilled, remade = "drill" in asked, "remake" in asked
    return Facts(
        now=now,
        label=info.label,
        tenures=_tenures(context, candidate, before=before) if "tenures" in asked else (),
        promotions=_promotions(context, info, now=now, before=before),
        drilled_at=_drilled_at(context, info, before=before) if drilled else None,
        reproduced_at=_remade_at(context, candidate, before=before) if remade else None,
        fields=candidate.manifest.fields,
        safety=safety,
        safety_reasons=reasons,
        size_bytes=sum(entry.size for entry in entries) if artifacts else None,
    )


def _judged(
    context: Context, candidate: Version, *, before: int | None
) -> tuple[Safety | None, tuple[str, ...]]:
    """Read what this store found in the candidate's weights; nothing that others claim."""
    artifacts = candidate.manifest.artifacts
    if artifacts is None:
        return None, ()
    found = verdict.newest(context, artifacts.tree, before=before)
    if found is not None:
        return found.safety, found.reasons
    return (artifacts.safety, artifacts.reasons) if candidate.origin is None else (None, ())


def _tenures(
    context: Context, candidate: Version, *, before: int | None
) -> tuple[Tenure, ...]:
    """Read which labels the candidate held, from when until when."""
    rows = context.tx.all(
        "label_tenures", model=candidate.model, number=candidate.number, before=before
    )
    found: list[Tenure] = []
    for label, seq, ended in rows:
        begun = label_moves.read(context, seq, model=candidate.model, label=label)
        until = ledger.read(context.tx, ended).time if ended is not None else None
        found.append(Tenure(label=label, since=begun.time, until=until))
    return tuple(found)


def _promotions(
    context: Context, info: PolicyInfo, *, now: Time, before: int | None
) -> tuple[Time, ...]:
    """When the label was promoted to something, as far back as a rate limit looks."""
    since = _since(info.policy, now)
    if since is None:
        return ()
    found: list[Time] = []
    for step in label_moves.backwards(context, info.model, info.label):
        if step.time < since:
            break
        if step.kind != "rollback" and (before is None or step.seq < before):
            found.append(step.time)
    return tuple(found)


def _since(policy: Policy, now: Time) -> Time | None:
    asked = [need for need in needs(policy) if isinstance(need, Recorded)]
    hours = [need.hours for need in asked if need.what == "promotions"]
    return expiry(now, -max(hours) / DAY_HOURS) if hours else None


def _drilled_at(context: Context, info: PolicyInfo, *, before: int | None) -> Time | None:
    """When a rollback of the label was last drilled and worked."""
    rows = context.tx.all("label_drills", model=info.model, label=info.label)
    for (seq,) in rows:
        if before is not None and seq >= before:
            continue
        entry = ledger.read(context.tx, seq)
        if context.objects.get_record(entry.after["digest"], Drill).passed:
            return entry.time
    return None


def _remade_at(context: Context, candidate: Version, *, before: int | None) -> Time | None:
    """When a run last made the candidate again, to the byte."""
    row = context.tx.one(
        "version_remade", model=candidate.model, number=candidate.number, before=before
    )
    if row is None:
        return None
    entry = ledger.read(context.tx, row[0])
    ledger.agree(entry, version.REMADE, model=candidate.model, number=candidate.number)
    return entry.time


def other_seeds(
    context: Context, candidate: Version, *, before: int | None
) -> Iterator[Version]:
    """Yield versions of the same code, data and parameters with other seeds, newest first."""
    rows = context.tx.all(
        "version_newest", model=candidate.model, before=before, limit=FARTHEST
    )
    own = candidate.manifest
    for row in rows:
        other = version.by_number(context, candidate.model, row.number)
        theirs = other.manifest
        if other.deleted is None and _seeds(theirs) != _seeds(own) and _alike(theirs, own):
            yield other


def _alike(one: Manifest, other: Manifest) -> bool:
    return (
        one.code == other.code
        and one.inputs == other.inputs
        and _settings(one) == _settings(other)
    )


def _settings(manifest: Manifest) -> dict[str, Scalar]:
    return {k: v for k, v in manifest.parameters.items() if not k.endswith(_SEEDS)}


def _seeds(manifest: Manifest) -> tuple[object, ...]:
    named = {k: v for k, v in manifest.parameters.items() if k.endswith(_SEEDS)}
    return manifest.seeds, named
