"""Register, release and mark versions, and read them."""

from collections.abc import Sequence

from cairn.core import required
from cairn.core import version as rules
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, NotFound
from cairn.core.ledger import Entry
from cairn.core.name import REHEARSAL, require_model_name, shown
from cairn.core.run import Gap
from cairn.core.verdict import Verdict
from cairn.core.version import (
    Manifest,
    MarkBad,
    Origin,
    RegisterVersion,
    ReleaseVersion,
    Version,
)
from cairn.engine import ledger, pin, run, verdict
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require_needs
from cairn.sql import search
from cairn.sql.database import Row

REGISTERED, REMADE = "version.register", "version.remake"
RELEASED = "version.release"
MARKED, DELETED = "version.mark-bad", "version.delete"


def register(context: Context, asked: RegisterVersion) -> Draft | Version:
    """Give a manifest the next number, unless the model has it already."""
    known = context.tx.one("version_by_digest", model=asked.model, digest=asked.manifest)
    if known is not None:
        return _made_again(asked, rules.again(read(context, known)), context)
    manifest = context.objects.get_record(asked.manifest, Manifest)
    require_needs(context.objects, manifest)
    if asked.run is not None:
        run.find(context, asked.run)

    require_model_name(asked.model)
    gaps = rules.register(asked, manifest)
    number = (context.tx.one("version_next_number", model=asked.model) or (1,))[0]
    required.require(_fields(context, asked, manifest, number), known=asked.retroactive)
    return Draft(
        action=REGISTERED,
        subject=f"{asked.model}:{number}",
        after={
            "model": asked.model,
            "number": number,
            "digest": asked.manifest,
            "run": asked.run,
            "stage": asked.stage,
            "gaps": [{"field": g.field, "reason": g.reason, "fix": g.fix} for g in gaps],
            **_origin(asked.origin),
        },
        evidence=(asked.manifest,),
    )


def _fields(
    context: Context, asked: RegisterVersion, manifest: Manifest, number: int
) -> dict[str, object]:
    """Collect the nine fields of the version that this would become."""
    return {
        **required.stated(manifest),
        "model_name": asked.model,
        "version": number,
        "created_by": context.actor.id,
        "created_at": context.now,
        "stage": asked.stage,
    }


def _made_again(asked: RegisterVersion, known: Version, context: Context) -> Draft | Version:
    """Link a run that made a known version again, once."""
    if asked.run is None or asked.run == known.run:
        return known
    run.find(context, asked.run)
    made = context.tx.all("version_by_run", run=asked.run)
    if known.number in [row.number for row in made]:
        return known
    return Draft(
        action=REMADE,
        subject=f"{known.model}:{known.number}",
        after={"model": known.model, "number": known.number, "run": asked.run},
        evidence=(known.digest,),
    )


def apply_remade(context: Context, entry: Entry) -> None:
    """Write the view of a run that made a version again."""
    context.tx.run("version_remake", **entry.after, seq=entry.seq)


def apply_registered(context: Context, entry: Entry) -> None:
    """Write the views of a registered version."""
    after = entry.after
    manifest = context.objects.get_record(after["digest"], Manifest)
    context.tx.run(
        "version_add",
        model=after["model"],
        number=after["number"],
        digest=after["digest"],
        commit_id=manifest.code.commit if manifest.code else None,
        run=after["run"],
        seq=entry.seq,
    )
    for name, value in search.values(manifest):
        is_word = isinstance(value, str)
        context.tx.run(
            "version_add_value",
            model=after["model"],
            version=after["number"],
            name=name,
            amount=None if is_word else value,
            word=value if is_word else None,
        )


def release(context: Context, asked: ReleaseVersion) -> Draft:
    """Give a version the next release number of its model."""
    version = by_digest(context, asked.model, asked.version)
    earlier = [row[0] for row in context.tx.all("version_releases", model=asked.model)]
    number = rules.next_release(asked, version, earlier)
    return Draft(
        action=RELEASED,
        subject=f"{asked.model}:{version.number}",
        after={"model": asked.model, "number": version.number, "release": number},
        evidence=(version.digest,),
    )


def apply_released(context: Context, entry: Entry) -> None:
    """Write the view of a release."""
    context.tx.run("version_release", **entry.after, seq=entry.seq)


def mark_bad(context: Context, asked: MarkBad) -> Draft:
    """Take a version out of every rollback until it passes a gate afresh."""
    version = by_digest(context, asked.model, asked.version)
    return Draft(
        action=MARKED,
        subject=f"{asked.model}:{version.number}",
        after={"model": asked.model, "number": version.number},
        evidence=(version.digest,),
        reason=asked.reason,
    )


def apply_marked(context: Context, entry: Entry) -> None:
    """Write the view of a bad mark."""
    context.tx.run("version_mark", **entry.after, seq=entry.seq)


def answer(context: Context, entry: Entry) -> Version:
    """Answer whoever changed a version."""
    return by_number(context, entry.after["model"], entry.after["number"])


def by_number(context: Context, model: str, number: int) -> Version:
    """Read a version by its number."""
    row = context.tx.one("version_by_number", model=model, number=number)
    if row is None:
        raise NotFound(f"{shown(model)} has no version {number}{_known(context, model)}")
    return read(context, row)


def by_digest(context: Context, model: str, digest: Digest) -> Version:
    """Read a version by its digest."""
    row = context.tx.one("version_by_digest", model=model, digest=digest)
    if row is None:
        raise NotFound(f"{shown(model)} has no version {digest[:19]}{_known(context, model)}")
    return read(context, row)


def read(context: Context, row: Row) -> Version:
    """Build a version from its row, checked against the ledger, and its manifest."""
    model, number, digest = row.model, row.number, row.digest
    entry = ledger.read(context.tx, row.registered)
    ledger.agree(entry, REGISTERED, model=model, number=number, digest=digest, run=row.run)
    labels = context.tx.all("version_labels", model=model, number=number)
    manifest = context.objects.get_record(digest, Manifest)
    pinned = pin.gaps(context, (given.snapshot for given in manifest.inputs))
    if row.released is not None:
        made = ledger.read(context.tx, row.released)
        ledger.agree(made, RELEASED, model=model, number=number, release=row.release)
    return Version(
        model=model,
        number=number,
        digest=digest,
        manifest=manifest,
        registered_by=entry.actor.id,
        registered_at=entry.time,
        gaps=(*(Gap(**gap) for gap in entry.after["gaps"]), *pinned),
        run=row.run,
        release=row.release,
        labels=()
        if row.deleted
        else tuple(each.label for each in labels if each.label != REHEARSAL),
        stage_at_creation=entry.after["stage"],
        archived=bool(row.archived),
        marked_bad=_reason(context, row.marked, MARKED),
        deleted=_reason(context, row.deleted, DELETED),
        origin=Origin(**pulled) if (pulled := entry.after.get("origin")) else None,
        verdict=_verdict(context, manifest),
    )


def manifest(
    context: Context, registered: int, *, model: str, number: int, digest: Digest
) -> Manifest:
    """Read the manifest alone of a version, if its row says what the ledger says."""
    entry = ledger.read(context.tx, registered)
    ledger.agree(entry, REGISTERED, model=model, number=number, digest=digest)
    return context.objects.get_record(digest, Manifest)


def registered(context: Context, version: Version) -> int:
    """Tell by which ledger entry a version was registered."""
    rows = context.tx.all("version_by_number", model=version.model, number=version.number)
    return rows[0].registered


def one_of(rows: Sequence[Row], context: Context, *, reference: str) -> Version:
    """Return the only version among rows; the newest of equal digests; else raise."""
    found = [read(context, row) for row in rows]
    if not found:
        raise NotFound(f"no version is called {reference}; `cairn list` shows all")
    if len({version.digest for version in found}) > 1:
        names = ", ".join(version.name for version in found[:5])
        raise Conflict(f"{reference} means more than one version: {names}")
    return found[0]


def _origin(origin: Origin | None) -> dict[str, object]:
    """Say where a version was pulled from; of one that was not, nothing is written."""
    if origin is None:
        return {}
    return {"origin": {"log": origin.log, "number": origin.number, "seq": origin.seq}}


def _verdict(context: Context, manifest: Manifest) -> Verdict | None:
    artifacts = manifest.artifacts
    return verdict.newest(context, artifacts.tree) if artifacts else None


def _reason(context: Context, seq: int | None, action: str) -> str | None:
    if seq is None:
        return None
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, action)
    return entry.reason


def _known(context: Context, model: str) -> str:
    last = (context.tx.one("version_next_number", model=model) or (1,))[0] - 1
    if last == 0:
        return f"; there is no model {shown(model)} yet (`cairn list` shows the models)"
    return f"; it has 1 to {last}" if last > 1 else "; it has only 1"
