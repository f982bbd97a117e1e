"""Record what became of pinned snapshots.

There is no view: the newest check of a pin is the newest entry with its subject.
"""

from collections.abc import Iterable

from cairn.core import pin as rules
from cairn.core.digest import Digest
from cairn.core.ledger import Entry
from cairn.core.pin import CheckPin, GetPin, PinCheck
from cairn.core.run import Gap
from cairn.core.snapshot import Snapshot, is_kept
from cairn.engine import ledger, snapshot
from cairn.engine.context import Context, Draft

CHECKED = "pin.check"


def check(context: Context, asked: CheckPin) -> Draft:
    """Record a check of a snapshot that is pinned."""
    info = snapshot.find(context, asked.snapshot)
    source = context.objects.get_record(info.digest, Snapshot).source
    rules.check(asked, files=info.files, pinned=not is_kept(source))
    before = newest(context, info.digest)

    return Draft(
        action=CHECKED,
        subject=f"snap:{info.digest}",
        before={"status": before.status} if before else {},
        after={
            "digest": info.digest,
            "intact": asked.intact,
            "changed": asked.changed,
            "lost": asked.lost,
            "named": list(asked.named),
        },
        evidence=(info.digest,),
    )


def apply_checked(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer_checked(_context: Context, entry: Entry) -> PinCheck:
    """Answer whoever checked it."""
    return _read(entry)


def get(context: Context, asked: GetPin) -> PinCheck | None:
    """Answer `GetPin`."""
    return newest(context, asked.snapshot)


def newest(context: Context, digest: Digest) -> PinCheck | None:
    """Read the newest check of a snapshot."""
    row = context.tx.one("pin_newest", subject=f"snap:{digest}")
    return _read(ledger.read(context.tx, row[0])) if row else None


def gaps(context: Context, digests: Iterable[Digest]) -> tuple[Gap, ...]:
    """List what is not as it was pinned, of the snapshots that a version was made from."""
    found = (rules.gap(newest(context, digest)) for digest in sorted(set(digests)))
    return tuple(gap for gap in found if gap is not None)


def _read(entry: Entry) -> PinCheck:
    after = entry.after
    return PinCheck(
        snapshot=after["digest"],
        intact=after["intact"],
        changed=after["changed"],
        lost=after["lost"],
        named=tuple(after["named"]),
        checked_by=entry.actor.id,
        checked_at=entry.time,
    )
