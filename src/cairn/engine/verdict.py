"""Record verdicts on trees, and read the newest.

There is no view: the newest verdict on a tree is the newest entry with its subject.
"""

from cairn.core import verdict as rules
from cairn.core.digest import Digest
from cairn.core.ledger import Entry
from cairn.core.verdict import GetVerdict, RecordVerdict, Verdict
from cairn.engine import ledger
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require_tree

RECORDED = "verdict.record"


def record(context: Context, asked: RecordVerdict) -> Draft | Verdict:
    """Record a verdict on a tree that is stored, unless it is known."""
    known = newest(context, asked.tree)
    if known is not None and rules.same(asked, known):
        return known
    require_tree(context.objects, asked.tree)
    return Draft(
        action=RECORDED,
        subject=_subject(asked.tree),
        before={"safety": known.safety} if known else {},
        after={
            "tree": asked.tree,
            "safety": asked.safety,
            "reasons": list(asked.reasons),
            "judge": asked.judge,
            "allow_list": asked.allow_list,
        },
    )


def apply_recorded(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer_recorded(_context: Context, entry: Entry) -> Verdict:
    """Answer whoever judged it."""
    return _read(entry)


def get(context: Context, asked: GetVerdict) -> Verdict | None:
    """Answer `GetVerdict`."""
    return newest(context, asked.tree)


def newest(context: Context, tree: Digest, *, before: int | None = None) -> Verdict | None:
    """Read the newest verdict on a tree, or the newest before a ledger entry."""
    row = context.tx.one("verdict_newest", subject=_subject(tree), before=before)
    return _read(ledger.read(context.tx, row[0])) if row else None


def _subject(tree: Digest) -> str:
    return f"tree:{tree}"


def _read(entry: Entry) -> Verdict:
    after = entry.after
    return Verdict(
        tree=after["tree"],
        safety=after["safety"],
        reasons=tuple(after["reasons"]),
        judge=after["judge"],
        allow_list=after["allow_list"],
    )
