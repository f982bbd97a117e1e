"""Put tombstones on versions that nothing holds, where people agree whom a policy asks."""

from cairn.core import version as rules
from cairn.core.ledger import Entry
from cairn.core.version import DeleteVersion
from cairn.engine import deletion_holds, version
from cairn.engine.context import Context, Draft


def delete(context: Context, asked: DeleteVersion) -> Draft:
    """Put a tombstone on a version that nothing holds; its bytes stay until a sweep."""
    from cairn.engine import approval  # what may wait for people, which reading never does

    found = version.by_digest(context, asked.model, asked.version)
    rules.delete(found, deletion_holds.of(context, found))
    lacking = approval.for_deletion(
        context,
        found.digest,
        model=found.model,
        number=found.number,
        reason=asked.reason,
    )
    return lacking or Draft(
        action=version.DELETED,
        subject=f"{asked.model}:{found.number}",
        after={"model": asked.model, "number": found.number},
        evidence=(found.digest,),
        reason=asked.reason,
    )


def apply_deleted(context: Context, entry: Entry) -> None:
    """Write the view of a tombstone."""
    context.tx.run("version_delete", **entry.after, seq=entry.seq)
