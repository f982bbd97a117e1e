"""Which versions were there to be chosen among by what they are worth on an evaluation set.

A version is seen once it was evaluated on the set, as `cairn evaluate` and `cairn compare` do,
or its run read the set and recorded metrics. Judged, it has a look of its own.
"""

from collections.abc import Iterator, Sequence

from cairn.core.digest import Digest
from cairn.core.name import ModelName
from cairn.core.version import Manifest, Version
from cairn.engine import version
from cairn.engine.context import Context

FARTHEST = 200
"""How many of a model's newest versions are asked for the metrics of their runs."""


def unjudged(
    context: Context,
    snapshot: Digest,
    candidate: Version,
    *,
    against: Sequence[Version],
    before: int | None,
) -> int:
    """Count the other versions that were seen on a set, and not judged on it."""
    known = {_identity(one.manifest) for one in (candidate, *against)}
    seen = {
        row[0]
        for row in context.tx.all("evaluation_artifacts", snapshot=snapshot, before=before)
    }
    seen.update(_measured(context, snapshot, candidate.model, before=before))
    for model, digest in context.tx.all("look_candidates", snapshot=snapshot, before=before):
        known.add(_identity(version.by_digest(context, model, digest).manifest))
    return len(seen - known)


def _measured(
    context: Context, snapshot: Digest, model: ModelName, *, before: int | None
) -> Iterator[str]:
    """The versions whose runs read the set and recorded metrics."""
    rows = context.tx.all("version_newest", model=model, before=before, limit=FARTHEST)
    for row in rows:
        manifest = version.manifest(
            context, row.registered, model=model, number=row.number, digest=row.digest
        )
        read = any(given.snapshot == snapshot for given in manifest.inputs)
        if read and manifest.metrics and manifest.artifacts is not None:
            yield manifest.artifacts.tree


def _identity(manifest: Manifest) -> str:
    """What an evaluation is of: the artifact tree."""
    return manifest.artifacts.tree if manifest.artifacts else ""
