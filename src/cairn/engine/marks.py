"""What happened to a label and its versions since: marks, moves, new evidence."""

from collections.abc import Iterable

from cairn.core.digest import Digest
from cairn.core.gate import PolicyInfo
from cairn.core.version import Version
from cairn.engine import ledger
from cairn.engine.context import Context
from cairn.engine.label_moves import NEVER


def newest(context: Context, version: Version, *, before: int | None = None) -> int | None:
    """Find the entry that last marked a version bad, cleared or not."""
    subject = f"{version.model}:{version.number}"
    row = context.tx.one("version_last_mark", subject=subject, before=before)
    return row[0] if row else None


def since(
    context: Context, info: PolicyInfo, versions: Iterable[Version], *, before: int | None
) -> int | None:
    """Find the newest entry that voids what was decided before it.

    It is a move of the label or of the one that it is compared with, or a mark on one of the
    `versions`: the candidate and the live one.
    """
    labels = {info.label, info.policy.against.removeprefix("@")}
    last = NEVER if before is None else before
    moved = [
        row[0]
        for label in labels
        for row in context.tx.all(
            "label_before", model=info.model, label=label, before=last, limit=1
        )
    ]
    marks = (newest(context, version, before=before) for version in versions)
    return max([*moved, *(mark for mark in marks if mark is not None)], default=None)


def measured_since(context: Context, version: Version, evidence: Iterable[Digest]) -> bool:
    """Whether any evidence about a version was made, or signed afresh, after its last mark."""
    mark, artifacts = newest(context, version), version.manifest.artifacts
    if mark is None or artifacts is None:
        return False
    for digest in evidence:
        recorded = _recorded(context, digest)
        if recorded is None:
            continue
        signed = [
            row[0] for row in context.tx.all("measurer_list", digest=digest, before=None)
        ]
        about = ledger.read(context.tx, recorded).after["artifacts"]
        if about == artifacts.tree and max(recorded, *signed, -1) > mark:
            return True
    return False


def _recorded(context: Context, digest: Digest) -> int | None:
    rows = (
        context.tx.one("evaluation_by_digest", digest=digest),
        context.tx.one("latency_by_digest", digest=digest),
        context.tx.one("result_by_digest", digest=digest),
    )
    return next((row[0] for row in rows if row is not None), None)
