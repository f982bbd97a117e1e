"""Say what must stay, and record a sweep before it removes anything."""

from cairn.core.errors import Conflict, Corrupt
from cairn.core.ledger import Entry, Problem
from cairn.core.sweep import FindMissing, ListKept, RecordSweep, Sweep, SweepInfo, WhyKept
from cairn.engine import object_check
from cairn.engine.context import Context, Draft
from cairn.engine.reachable import every_entry, kept

SWEPT = "objects.sweep"
NAMED = 3


def every(context: Context, asked: ListKept) -> bytes:
    """Answer `ListKept`; raises `Corrupt` while anything that is needed cannot be read."""
    found = kept(context)
    if asked.incomplete:
        return b"".join(found.raw())
    problems = [*found.unread, *object_check.missing(context, every_entry(context.tx))]
    if problems:
        some = "; ".join(f"{p.place}: {p.reason}" for p in problems[:NAMED])
        raise Corrupt(
            f"{len(problems)} things that are needed cannot be read, so nothing is removed: "
            f"{some}; run `cairn fsck`"
        )
    return b"".join(found.raw())


def missing(context: Context, asked: FindMissing) -> tuple[Problem, ...]:
    """Answer `FindMissing`."""
    del asked
    return tuple(object_check.missing(context, every_entry(context.tx)))


def why(context: Context, asked: WhyKept) -> str | None:
    """Answer `WhyKept`."""
    return kept(context).why(asked.digest)


def record(context: Context, asked: RecordSweep) -> Draft:
    """Record what a sweep is about to do; raises `Conflict` if that is nothing."""
    swept = context.objects.get_record(asked.sweep, Sweep)
    if not swept.changes:
        raise Conflict("this sweep removes nothing, so there is nothing to record")
    return Draft(
        action=SWEPT,
        subject="objects",
        after={
            "sweep": asked.sweep,
            "buried": swept.count("bury"),
            "repacked": swept.count("repack"),
            "removed": swept.count("remove"),
            "removed_bytes": sum(p.size_bytes for p in swept.packs if p.act == "remove"),
        },
        evidence=(asked.sweep,),
        reason=asked.reason,
    )


def apply_swept(context: Context, entry: Entry) -> None:
    """Write nothing: no view shows sweeps, the ledger does."""


def answer_swept(context: Context, entry: Entry) -> SweepInfo:
    """Answer whoever swept."""
    del context
    return SweepInfo(
        digest=entry.after["sweep"],
        removed=entry.after["removed"],
        removed_bytes=entry.after["removed_bytes"],
        swept_by=entry.actor.id,
        swept_at=entry.time,
    )
