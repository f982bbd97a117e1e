"""The policies that labels are judged by, as the ledger has them."""

from cairn.core.gate import Policy, PolicyInfo
from cairn.core.ledger import Entry
from cairn.engine import ledger
from cairn.engine.context import Context

BOUND = "gate.set"


def apply(context: Context, entry: Entry) -> None:
    """Write the view of a bound policy."""
    context.tx.run("policy_add", **entry.after, seq=entry.seq)


def answer(context: Context, entry: Entry) -> PolicyInfo:
    """Answer whoever bound the policy."""
    return _policy(context, entry)


def bound(context: Context, model: str, label: str) -> PolicyInfo | None:
    """Read the policy that a label is judged by, if any."""
    row = context.tx.one("policy_now", model=model, label=label)
    return _read(context, row[0], model=model, label=label) if row else None


def models(context: Context) -> tuple[str, ...]:
    """Name the models that have a policy."""
    return tuple(row[0] for row in context.tx.all("policy_models"))


def of_model(context: Context, model: str) -> tuple[PolicyInfo, ...]:
    """Read the policies that a model's labels are judged by."""
    rows = context.tx.all("policy_labels", model=model)
    found = (bound(context, model, row[0]) for row in rows)
    return tuple(info for info in found if info is not None)


def history(context: Context, model: str, label: str) -> tuple[PolicyInfo, ...]:
    """Read every policy that a label had, newest first."""
    rows = context.tx.all("policy_history", model=model, label=label)
    return tuple(_read(context, row[0], model=model, label=label) for row in rows)


def _read(context: Context, seq: int, *, model: str, label: str) -> PolicyInfo:
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, BOUND, model=model, label=label)
    return _policy(context, entry)


def _policy(context: Context, entry: Entry) -> PolicyInfo:
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
