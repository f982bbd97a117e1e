"""Who agreed to what came about: read from the ledger, each signature verified."""

from collections.abc import Iterator

from cairn.core import approval as rules
from cairn.core import gate as gates
from cairn.core.approval import Given, ListApprovers
from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.gate import Decision, Policy
from cairn.core.ledger import Entry
from cairn.engine import approval_case, decisions, label_moves, ledger, signed
from cairn.engine.context import Context


def every(context: Context, asked: ListApprovers) -> tuple[Given, ...]:
    """Answer `ListApprovers`."""
    if asked.move is None:
        entry = decisions.find(context, asked.decision)
        return tuple(_given(context, entry.after["decision"], before=label_moves.NEVER))
    return _counted(context, ledger.read(context.tx, asked.move), asked.decision)


def _counted(context: Context, move: Entry, decision: Digest) -> tuple[Given, ...]:
    """The approvals that let a label move: not expired then, by people its policy named."""
    if move.action != label_moves.MOVED or move.after["decision"] != decision:
        raise Invalid(f"ledger entry {move.seq} let no label move by {decision[:19]}")
    made = context.objects.get_record(decision, Decision)
    rule = context.objects.get_record(made.policy, Policy).approvals
    asked = approval_case.requests(context, gates.basis(made))
    if rule is None or not asked:
        return ()
    given = tuple(_given(context, decision, before=move.seq))
    own = approval_case.of(context, asked[0]).own
    return rules.counted(given, rule, own=own, now=move.time)


def _given(context: Context, decision: Digest, *, before: int) -> Iterator[Given]:
    """Read every approval on what a decision was made of, in the order of the ledger."""
    made = context.objects.get_record(decision, Decision)
    for (seq,) in context.tx.all("approval_given", basis=gates.basis(made)):
        if seq < before:
            entry = ledger.read(context.tx, seq)
            ledger.agree(entry, approval_case.GIVEN, model=made.model)
            yield Given(who=signed.signer(entry), at=entry.time, reason=entry.reason)
